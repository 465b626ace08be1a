"""Connections to SQLite and PostgreSQL that lose nothing, and errors of a database as sentences for people."""

import contextlib
import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, IntegrityError

from sempairs.core.errors import UserError

BUSY_SECONDS = 60
_FORMS = "sqlite:///FILE.db, or postgresql://USER@HOST/DATABASE"


def parse(url: str) -> URL:
    """The URL of a store. Raises UserError if it is none, or its database cannot hold one."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise UserError("a review's store is named by a URL", got=repr(url), todo=_FORMS) from None
    if parsed.drivername == "sqlite" and parsed.database not in (None, "", ":memory:"):
        return parsed
    if parsed.drivername in ("postgresql", "postgres") and parsed.database:
        if importlib.util.find_spec("psycopg") is None:
            raise UserError("PostgreSQL needs psycopg", todo="pip install 'sempairs[postgres]'")
        return parsed.set(drivername="postgresql+psycopg")
    raise UserError(
        "a review's store is a file of SQLite or a database of PostgreSQL",
        got=parsed.render_as_string(hide_password=True),
        todo=_FORMS,
    )


def connect(url: URL) -> Engine:
    """An engine whose transactions are durable when they are committed, and whose writers take turns."""
    if url.drivername != "sqlite":
        durable = {"options": "-c synchronous_commit=on", "application_name": "sempairs review"}
        return create_engine(url, connect_args=durable, pool_pre_ping=True)
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def file_of(url: URL) -> Path | None:
    """The file of an SQLite store; None for PostgreSQL."""
    return Path(str(url.database)) if url.drivername == "sqlite" else None


def _prepare(connection: Any, record: object) -> None:
    connection.isolation_level = None  # we begin transactions ourselves
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "trusted_schema=OFF"):
        connection.execute(f"PRAGMA {pragma}").fetchall()


def _begin(connection: Connection) -> None:
    # A reader that turns into a writer half-way would fail when another wrote in between; a writer waits at once.
    writer = connection.get_execution_options().get("writer", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writer else "BEGIN")


@contextlib.contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection that sees one state of the store. Raises UserError if the database cannot answer."""
    with told(engine.url), engine.connect() as connection:
        yield connection


@contextlib.contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction: all of it or nothing. Raises UserError if the database cannot do it."""
    with told(engine.url), engine.connect().execution_options(writer=True) as connection, connection.begin():
        yield connection


@contextlib.contextmanager
def told(url: URL) -> Iterator[None]:
    """Errors that a database's state causes, as UserError; our own mistakes stay what they are."""
    try:
        yield
    except IntegrityError:
        raise
    except DatabaseError as error:
        raise UserError(
            f"the review's store {url.render_as_string(hide_password=True)} cannot be used",
            got=(str(error.orig).strip() or type(error.orig).__name__).splitlines()[0],
            todo="check that the database is there, whole, writable and not full; what was acknowledged is safe in it",
        ) from None
