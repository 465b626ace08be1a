"""Stores that are missing, damaged, newer or older, and URLs that are none."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from made_store import RANDOM, judge, made_store
from sempairs.core.errors import UserError
from sempairs.review.store import Store, migrating
from sempairs.review.store.engine import connect, parse
from sempairs.review.store.schema import TABLES

Make = Callable[..., Store]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A closed SQLite store with three verdicts."""
    path = tmp_path / "made.db"
    with made_store(f"sqlite:///{path}") as store:
        anna = store.add_person("Anna")
        judge(store, anna, store.lease(anna, 3, lanes=RANDOM))
    return path


@pytest.mark.parametrize(
    "url", ["review.db", "", "mysql://localhost/x", "sqlite://", "sqlite:///:memory:", "postgresql://localhost", "://"]
)
def test_what_names_no_store_is_refused(url: str) -> None:
    with pytest.raises(UserError, match=r"sqlite:///FILE.db, or postgresql://"):
        Store.open(url)


def test_a_missing_file_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no review at"):
        Store.open(f"sqlite:///{tmp_path}/none.db")
    with pytest.raises(UserError, match="there is no folder"):
        made_store(f"sqlite:///{tmp_path}/none/review.db")
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_is_not_there_is_told_without_the_password() -> None:
    with pytest.raises(UserError, match="cannot be used") as error:
        Store.open("postgresql://anna:secret@127.0.0.1:1/review")
    assert "secret" not in str(error.value)


def test_an_empty_database_holds_no_review(url: str) -> None:
    engine = connect(parse(url))
    engine.connect().close()  # makes the file
    engine.dispose()
    with pytest.raises(UserError, match="holds no review"):
        Store.open(url)


def test_what_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "photo.db"
    path.write_bytes(b"\xff\xd8\xff" * 1000)
    for use in (Store.open, made_store):
        with pytest.raises(UserError, match="cannot be used"):
            use(f"sqlite:///{path}")
    assert path.read_bytes() == b"\xff\xd8\xff" * 1000


def test_a_damaged_file_is_refused(file: Path) -> None:
    content = bytearray(file.read_bytes())
    size, kept = 4096, 0  # SQLite's pages
    for start in range(4 * size, len(content), 3 * size):
        content[start : start + size] = b"\x55" * size
        kept += 1
    assert kept > 3
    file.write_bytes(content)
    with pytest.raises(UserError, match=r"is damaged|cannot be used"):
        Store.open(f"sqlite:///{file}")


def test_a_cut_file_is_refused(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(UserError, match=r"is damaged|cannot be used"):
        Store.open(f"sqlite:///{file}")


def test_sqlite_is_as_careful_as_it_can_be(file: Path) -> None:
    with Store.open(f"sqlite:///{file}") as store, store._engine.connect() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 60_000}  # 2: FULL


def test_postgres_does_not_acknowledge_what_is_not_on_disk(make: Make) -> None:
    store = make()
    if store._engine.dialect.name == "postgresql":
        with store._engine.connect() as connection:
            assert connection.execute(text("SHOW synchronous_commit")).scalar() == "on"


def test_the_migrations_make_the_tables_that_the_program_knows(make: Make) -> None:
    store = make()
    with store._engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, TABLES) == []
        assert context.get_current_revision() == migrating.newest()
        checks = {check["name"] for check in inspect(connection).get_check_constraints("pairs")}
    assert checks == {"votes_never_overshoot", "nothing_below_zero"}


@pytest.mark.parametrize("change", ["leased = 99", "accepts = -1"])
def test_the_database_itself_refuses_votes_that_overshoot(make: Make, change: str) -> None:
    store = make()
    with store._engine.connect() as connection, pytest.raises(Exception, match=r"(?i)check constraint"):
        connection.execute(text(f"UPDATE pairs SET {change} WHERE number = 3"))


def test_a_newer_schema_is_refused(url: str, make: Make) -> None:
    store = make()
    with store._engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(UserError, match="of a newer sempairs"):
        Store.open(url)


NEXT = '''
"""A made change."""
import sqlalchemy as sa
from alembic import op
revision, down_revision = "0002", "0001"

def upgrade():
    op.add_column("people", sa.Column("language", sa.Text(), nullable=False, server_default="en"))
    op.execute("{statement}")
'''


@pytest.fixture
def future(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """`future(statement)`: this sempairs is of a later version, whose migration also runs a statement."""

    def made(statement: str) -> None:
        scripts = tmp_path / "scripts"
        shutil.copytree(migrating.SCRIPTS, scripts, ignore=shutil.ignore_patterns("__pycache__"))
        (scripts / "versions" / "r0002_next.py").write_text(NEXT.format(statement=statement))
        monkeypatch.setattr(migrating, "SCRIPTS", scripts)

    return made


def columns(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [row[1] for row in connection.execute("PRAGMA table_info(people)")]


def test_an_older_store_is_copied_and_brought_up_to_date(file: Path, future: Callable[[str], None]) -> None:
    # A connection that holds back a checkpoint: the copy must be of what was committed, not of the bare file.
    with closing(sqlite3.connect(file)) as other:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM events").fetchall()
        with Store.open(f"sqlite:///{file}") as store:
            judge(store, store.people()[0], store.lease(store.people()[0], 1, lanes=RANDOM))
        future("UPDATE people SET language = 'de'")
        with Store.open(f"sqlite:///{file}") as store:
            store.verify_chain()
            assert len(store.judgements()) == 4
    assert "language" in columns(file)
    copy = file.with_name("made.db.before-0001")
    assert "language" not in columns(copy)
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT count(*) FROM events").fetchone() == (4,)
    assert [path.name for path in file.parent.glob(".*")] == []
    before = copy.stat().st_mtime_ns
    with Store.open(f"sqlite:///{file}"):
        assert copy.stat().st_mtime_ns == before  # nothing is left to do


def test_a_store_is_brought_up_to_date(url: str, make: Make, future: Callable[[str], None]) -> None:
    make().add_person("Anna")
    future("UPDATE people SET language = 'de'")
    with Store.open(url) as store, store._engine.connect() as connection:
        assert connection.execute(text("SELECT language FROM people")).scalar() == "de"
        assert migrating.revision(connection) == "0002"


def test_a_migration_that_fails_leaves_everything_as_it_was(
    url: str, make: Make, future: Callable[[str], None]
) -> None:
    store = make()
    store.add_person("Anna")
    future("UPDATE nothing SET a = 1")
    with pytest.raises(UserError, match="cannot be used"):
        Store.open(url)
    with store._engine.connect() as connection:
        assert migrating.revision(connection) == "0001"
        assert "language" not in {column["name"] for column in inspect(connection).get_columns("people")}
    assert [person.name for person in store.people()] == ["Anna"]
