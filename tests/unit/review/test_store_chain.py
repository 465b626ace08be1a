"""The chain of events: what it says, that it cannot be changed from inside, and that changes from outside are seen."""

import hashlib
import json
from collections.abc import Callable

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from made_store import MIXTURE, mark, undo, verdict
from sempairs.core.errors import UserError
from sempairs.review.base import Verdict
from sempairs.review.store import Store
from sempairs.review.store import reading as store_reading

Make = Callable[..., Store]


def filled(make: Make) -> Store:
    """A store with ten events of several kinds, the last of which is a revision."""
    store = make(n=20, gold=3)
    anna = store.add_person("Anna")
    tasks = store.lease(anna, 6, lanes=MIXTURE)
    decisions = [verdict(task, Verdict.unsure, class_shown=True, seconds=0.1) for task in tasks]
    store.record(anna, [*decisions, undo(decisions[0]), mark(tasks[1], "flag"), mark(tasks[1], "note", "né 鞋")])
    store.record(anna, [verdict(tasks[2], Verdict.reject, supersedes=decisions[2].uuid)], now=12345.678901)
    return store


def test_the_chain_is_what_its_definition_says(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    store = filled(make)
    monkeypatch.setattr(store_reading, "EVENTS_AT_ONCE", 3)  # so that events come in several blocks
    events = list(store.events())
    assert [event["seq"] for event in events] == list(range(1, 11)) == list(range(1, store.last_seq() + 1))
    assert list(store.events(after=4, limit=5)) == events[4:9]
    assert list(store.events(limit=0)) == []
    previous = events[0]["previous"]
    for event in events:
        said = {name: value for name, value in event.items() if name not in ("previous", "hash")}
        assert len(said) == 16
        # The definition: sha256 of the previous hash and of canonical JSON.
        canonical = json.dumps(said, sort_keys=True, separators=(",", ":"))
        assert event["previous"] == previous
        previous = hashlib.sha256((previous + canonical).encode()).hexdigest()
        assert event["hash"] == previous
    assert events[-1]["at"] == 12345.678901
    assert events[-1]["supersedes"] == events[2]["uuid"]
    store.verify_chain()


def test_an_empty_chain_verifies(make: Make) -> None:
    make().verify_chain()


@pytest.mark.parametrize("table", ["events", "models", "looks", "files", "project"])
def test_the_database_itself_refuses_to_change_the_past(make: Make, table: str) -> None:
    store = filled(make)
    store.save_model("abc", 1, {})
    store.add_look({})
    column = {"events": "text", "models": "weights", "looks": "look", "files": "name", "project": "name"}[table]
    statements = [f"UPDATE {table} SET {column} = 'changed'", f"DELETE FROM {table}"]
    if store._engine.dialect.name == "postgresql":
        statements += [f"TRUNCATE {table}", f"TRUNCATE {table} CASCADE"]
    for statement in statements:
        with store._engine.connect() as connection, pytest.raises(DatabaseError, match="append-only"):
            connection.execute(text(statement))
    store.verify_chain()


def without_triggers(store: Store, statement: str) -> None:
    """Do what somebody can who has the database in their hands."""
    with store._engine.begin() as connection:
        if store._engine.dialect.name == "postgresql":
            connection.execute(text("ALTER TABLE events DISABLE TRIGGER ALL"))
        else:
            connection.execute(text("DROP TRIGGER events_no_update"))
            connection.execute(text("DROP TRIGGER events_no_delete"))
        connection.execute(text(statement))


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("UPDATE events SET verdict = 'accept' WHERE seq = 4", 4),
        ("UPDATE events SET at = at + 0.001 WHERE seq = 1", 1),
        ("UPDATE events SET person = 2 WHERE seq = 6", 6),
        ("UPDATE events SET swapped = NOT swapped WHERE seq = 5", 5),
        ("DELETE FROM events WHERE seq = 3", 3),
        ("DELETE FROM events WHERE seq = 10", 10),
        ("DELETE FROM events", 1),
        ("UPDATE events SET seq = 11 WHERE seq = 10", 10),
    ],
)
def test_a_change_from_outside_is_found(make: Make, statement: str, broken: int) -> None:
    store = filled(make)
    store.add_person("Ben")
    without_triggers(store, statement)
    with pytest.raises(UserError, match=f"broken at event {broken}\\b"):
        store.verify_chain()


def test_the_chain_starts_from_all_that_never_changes(make: Make) -> None:
    store = filled(make)
    with store._engine.connect() as connection:
        project = dict(connection.execute(text("SELECT * FROM project")).mappings().one())
    start = project.pop("genesis")
    canonical = json.dumps(project, sort_keys=True, separators=(",", ":"))
    assert hashlib.sha256(canonical.encode()).hexdigest() == start == next(store.events())["previous"]


def test_files_that_were_changed_are_refused(make: Make) -> None:
    store = make()
    with store._engine.begin() as connection:
        if store._engine.dialect.name == "postgresql":
            connection.execute(text("ALTER TABLE files DISABLE TRIGGER ALL"))
        else:
            connection.execute(text("DROP TRIGGER files_no_update"))
        connection.execute(text("UPDATE files SET content = :other"), {"other": b"PAR1"})
    for read in (store.pair_set, store.candidates):
        with pytest.raises(UserError, match="were changed"):
            read()
