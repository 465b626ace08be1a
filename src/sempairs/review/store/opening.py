"""How a store is made and opened: whole, known, and brought up to date before anybody reads it."""

from sqlalchemy import Connection, Engine, text

from sempairs.core.errors import UserError
from sempairs.review.store import creating, migrating
from sempairs.review.store.engine import connect, file_of, parse, reading
from sempairs.review.store.state import Facts


def open_empty(url: str) -> Engine:
    """An empty store with all its tables. Raises UserError if it holds a project already, or cannot be written."""
    parsed = parse(url)
    file = file_of(parsed)
    if file is not None and not file.parent.is_dir():
        raise UserError(f"there is no folder {file.parent} for the review's store", todo="make it first")
    engine = connect(parsed)
    try:
        migrating.upgrade(engine)
        with reading(engine) as connection:
            if creating.has_project(connection):
                shown = parsed.render_as_string(hide_password=True)
                raise UserError(
                    f"{shown} holds a review already", todo="open that one, or give another file or database"
                )
    except BaseException:
        engine.dispose()
        raise
    return engine


def open_project(url: str) -> tuple[Engine, Facts]:
    """The project in a store, brought up to date.

    Raises
    ------
    UserError: there is none, it is damaged, or of a newer sempairs.
    """
    parsed = parse(url)
    shown = parsed.render_as_string(hide_password=True)
    file = file_of(parsed)
    if file is not None and not file.is_file():
        raise UserError(f"there is no review at {shown}", todo="make one with `sempairs review create`")
    engine = connect(parsed)
    try:
        with reading(engine) as connection:
            if file is not None:
                _need_whole(connection, shown)
            if not creating.has_project(connection):
                raise UserError(f"{shown} holds no review", todo="make one with `sempairs review create`")
        migrating.migrate(engine, file)
        with reading(engine) as connection:
            return engine, creating.read_facts(connection)
    except BaseException:
        engine.dispose()
        raise


def _need_whole(connection: Connection, shown: str) -> None:
    """Raise UserError if SQLite finds anything wrong in the file."""
    found = connection.scalar(text("PRAGMA integrity_check(1)"))
    if found != "ok":
        raise UserError(
            f"the review's store {shown} is damaged",
            got=str(found).splitlines()[0],
            todo="go back to a copy of it, or rescue what is whole with `sqlite3 FILE .recover`",
        )
