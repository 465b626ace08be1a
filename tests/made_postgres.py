"""A throwaway PostgreSQL server for the tests: its own folder, port and user, gone when they end."""

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text


@dataclass(frozen=True)
class Cluster:
    """A server that trusts whoever comes from this machine."""

    port: int

    def url(self, database: str) -> str:
        return f"postgresql://tests@127.0.0.1:{self.port}/{database}"

    def run(self, statement: str) -> None:
        engine = create_engine(self.url("postgres").replace("://", "+psycopg://"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()

    @contextlib.contextmanager
    def database(self) -> Iterator[str]:
        """The URL of an empty database that goes afterwards."""
        name = f"review_{uuid.uuid4().hex}"
        self.run(f"CREATE DATABASE {name}")
        try:
            yield self.url(name)
        finally:
            self.run(f"DROP DATABASE {name} WITH (FORCE)")


def binaries() -> Path | None:
    """The folder of the server's programs: the newest of Debian's, or that on the PATH."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda place: int(place.parent.name), reverse=True)
    places += [Path(found).parent for found in [shutil.which("initdb")] if found]
    return next((p for p in places if (p / "initdb").exists() and (p / "pg_ctl").exists()), None)


@contextlib.contextmanager
def made_cluster(*settings: str) -> Iterator[Cluster]:
    """A new server. `settings` are PostgreSQL's own, as NAME=VALUE."""
    found = binaries()
    assert found is not None
    port, user = _free_port(), _unprivileged()
    with tempfile.TemporaryDirectory(prefix="postgres-") as folder:
        if user is not None:  # PostgreSQL refuses to run as root
            shutil.chown(folder, user)
        data = f"{folder}/data"

        def run(program: str, *arguments: str) -> None:
            command = [str(found / program), "-D", data, *arguments]
            # Its output goes to a file: a server that inherited a pipe would hold it open.
            with open(f"{folder}.log", "a") as log:
                subprocess.run(command, check=True, user=user, cwd=folder, stdout=log, stderr=log, env=_environment())

        try:
            run("initdb", "-U", "tests", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C")
            options = f"-c listen_addresses=127.0.0.1 -p {port} -k {folder}" + "".join(f" -c {s}" for s in settings)
            run("pg_ctl", "start", "-w", "-l", f"{folder}/log", "-o", options)
            try:
                yield Cluster(port)
            finally:
                run("pg_ctl", "stop", "-m", "immediate")
        finally:
            os.unlink(f"{folder}.log")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _unprivileged() -> str | None:
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in known)


def _environment() -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "LC_ALL": "C"}


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """One server for all tests; without fsync, since the machine does not fail while they run."""
    if binaries() is None:
        pytest.skip("PostgreSQL's initdb and pg_ctl are not installed (Debian: apt-get install postgresql)")
    pytest.importorskip("psycopg", reason="psycopg is not installed: pip install 'sempairs[postgres]'")
    with made_cluster("fsync=off", "max_connections=200") as cluster:
        yield cluster
