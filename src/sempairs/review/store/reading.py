"""What the store tells: verdicts that stand, history, flags and notes, counts and the chain."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Connection, Engine, select

from sempairs.review.base import VERDICTS, Judgements, Kind, Person
from sempairs.review.store.engine import reading
from sempairs.review.store.schema import events, head, people, votes
from sempairs.review.store.state import DAY, Facts

EVENTS_AT_ONCE = 5000
_TYPES = {
    "seq": np.int64, "pair": np.int64, "person": np.int64, "verdict": np.int64, "lane": np.int64, "swapped": np.bool_,
    "class_shown": np.bool_, "seconds": np.float64, "at": np.float64,
}  # fmt: skip


def judgements(connection: Connection, after: int) -> Judgements:
    """All verdicts that stand and came after an event."""
    columns = [votes.c[name] for name in _TYPES]
    rows = connection.execute(select(*columns).where(votes.c.seq > after).order_by(votes.c.seq)).all()
    values = list(zip(*rows, strict=True)) or [()] * len(_TYPES)
    return Judgements(*(np.array(v, dtype=kind) for v, kind in zip(values, _TYPES.values(), strict=True)))


def history(connection: Connection, person: Person, count: int) -> list[dict[str, Any]]:
    """The newest verdicts of a person that stand, with this person's own marks on the pairs."""
    newest = select(votes).where(votes.c.person == person.number).order_by(votes.c.seq.desc()).limit(count)
    rows = connection.execute(newest).all()
    mine = (events.c.person == person.number, events.c.pair.in_([row.pair for row in rows]))
    flagged, notes = _marks(connection, *mine)
    texts = {note["pair"]: note["text"] for note in notes}  # the newest wins
    return [
        {
            "uuid": row.uuid, "task": row.task, "pair": row.pair, "swapped": row.swapped,
            "verdict": str(VERDICTS[row.verdict]), "flagged": (person.number, row.pair) in flagged,
            "note": texts.get(row.pair, ""), "at": row.at,
        }
        for row in rows
    ]  # fmt: skip


def flags(connection: Connection) -> list[dict[str, Any]]:
    """Who flagged which pair, oldest first."""
    return list(_marks(connection)[0].values())


def notes(connection: Connection) -> list[dict[str, Any]]:
    """All notes that stand, oldest first."""
    return _marks(connection)[1]


def _marks(
    connection: Connection, *wanted: ColumnElement[bool]
) -> tuple[dict[tuple[int, int], dict[str, Any]], list[dict[str, Any]]]:
    """Flags by person and pair, and notes, without those that were taken back or replaced."""
    columns = [events.c[name] for name in ("seq", "uuid", "kind", "person", "pair", "task", "supersedes", "text", "at")]
    marked = select(*columns).where(events.c.kind != "verdict", *wanted).order_by(events.c.seq)
    rows = connection.execute(marked).all()
    gone = {row.supersedes for row in rows}
    flagged: dict[tuple[int, int], dict[str, Any]] = {}
    noted: list[dict[str, Any]] = []
    for row in rows:
        said = {"uuid": row.uuid, "person": row.person, "pair": row.pair, "task": row.task, "at": row.at}
        if row.kind == Kind.unflag:
            flagged.pop((row.person, row.pair), None)
        elif row.kind == Kind.flag and row.uuid not in gone:
            flagged.setdefault((row.person, row.pair), said)
        elif row.kind == Kind.note and row.uuid not in gone:
            noted.append({**said, "text": row.text})
    return flagged, noted


def counts(connection: Connection, facts: Facts, person: Person | None, now: float) -> dict[str, int]:
    """The counters of the project, or of a person; none of them is counted here."""
    table = head if person is None else people
    row = connection.execute(
        select(table).where(table.c.id == 1 if person is None else table.c.number == person.number)
    ).one()
    today = row.today if row.day == int(now // DAY) else 0
    if person is not None:
        return {"judged": row.judged, "today": today}
    return {
        "candidates": facts.first_gold, "gold": facts.candidates - facts.first_gold, "begun": row.begun,
        "judged": row.judged, "wanted_votes": facts.wanted_votes, "given_votes": row.given_votes, "today": today,
    }  # fmt: skip


def all_events(engine: Engine, after: int, limit: int | None) -> Iterator[dict[str, Any]]:
    """Events in the order of the chain, read in blocks, so that nobody is kept waiting by a slow reader."""
    left = limit
    while left is None or left > 0:
        block = min(EVENTS_AT_ONCE, left or EVENTS_AT_ONCE)
        with reading(engine) as connection:
            newer = select(events).where(events.c.seq > after).order_by(events.c.seq).limit(block)
            rows = connection.execute(newer).mappings().all()
        yield from (dict(row) for row in rows)
        if len(rows) < block:
            return
        after, left = rows[-1]["seq"], None if left is None else left - block
