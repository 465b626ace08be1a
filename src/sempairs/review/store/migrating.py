"""The schema of a store, brought up to date by Alembic; an SQLite file is copied beside itself before it changes."""

import contextlib
import os
import sqlite3
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from sempairs.core.errors import UserError
from sempairs.core.files import sync_folder
from sempairs.core.progress import say
from sempairs.review.store.engine import reading, writing

SCRIPTS = Path(__file__).parent / "migrations"
_LOCK = 0x5E3A1125  # any number; PostgreSQL lets one process hold it at a time


def revision(connection: Connection) -> str | None:
    """The revision of the schema in a database; None where there is none."""
    return MigrationContext.configure(connection).get_current_revision()


def newest() -> str:
    """The revision that this sempairs writes."""
    return str(_scripts().get_current_head())


def migrate(engine: Engine, file: Path | None) -> None:
    """Bring a store up to date, in one transaction; nothing happens where it is.

    Parameters
    ----------
    file: of an SQLite store, which is copied to `FILE.before-REVISION` first. PostgreSQL needs no copy for a migration
        that fails, since the transaction leaves everything as it was.

    Raises
    ------
    UserError: the schema is newer than this sempairs, or not a review's.
    """
    with reading(engine) as connection:
        found = revision(connection)
    if found == newest():
        return
    if found not in {script.revision for script in _scripts().walk_revisions()}:
        raise UserError(
            "the review's store is of a newer sempairs", got=f"schema {found}", todo="install the version that made it"
        )
    if file is not None:
        copy = _copy(file, file.with_name(f"{file.name}.before-{found}"))
        say(f"the review's store is brought from schema {found} to {newest()}; the old one is kept as {copy}")
    upgrade(engine)


def upgrade(engine: Engine) -> None:
    """Run the migrations that a database lacks; of several processes that try, one does."""
    with writing(engine) as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _copy(file: Path, target: Path) -> Path:
    """Copy a database that others may be writing to: whole or not at all."""
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    with contextlib.closing(sqlite3.connect(file)) as source, contextlib.closing(sqlite3.connect(temporary)) as copy:
        source.backup(copy)
    with temporary.open("rb") as written:
        os.fsync(written.fileno())
    os.replace(temporary, target)
    sync_folder(target.parent)
    return target
