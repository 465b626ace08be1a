"""What becomes of a decision: a new event at the end of the chain, and the tables that follow from it.

A decision that contradicts what is stored is refused, with a reason, before anything changes.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update

from sempairs.review.base import LANES, VERDICTS, VOTING, Decision, Kind, Lane, Person, Receipt, Status, Verdict
from sempairs.review.store.chain import link
from sempairs.review.store.schema import events, leases, votes
from sempairs.review.store.state import DAY, Holder, Lease, Writer

TEXT = 2000
"""Characters of a note."""
MARKS = (Kind.flag, Kind.unflag, Kind.note)


# Built once: see `state`.
_KNOWN = select(events).where(events.c.uuid == bindparam("name"))
_LEASE = select(leases).where(leases.c.id == bindparam("name"))
_KEEP_LEASE = update(leases).where(leases.c.number == bindparam("at"))
_ADD_EVENT, _ADD_VOTE = insert(events), insert(votes)


class _Refused(Exception):
    """The reason why a decision is not stored."""


@dataclass(frozen=True)
class _Vote:
    """A verdict that stands."""

    seq: int
    verdict: Verdict
    at: float


def record(w: Writer, person: Person, decisions: Sequence[Decision]) -> list[Receipt]:
    """Store decisions in order; see `Store.record`."""
    holder = w.holder(person.number)
    receipts = [_receipt(w, holder, decision) for decision in decisions]
    w.keep_holder(holder)
    return receipts


def _receipt(w: Writer, holder: Holder, decision: Decision) -> Receipt:
    try:
        _check(decision)
        known = w.connection.execute(_KNOWN, {"name": decision.uuid}).mappings().one_or_none()
        if known is not None:
            return _same(dict(known), holder, decision)
        lease = _lease(w, decision.task)
        if lease is None or lease.person != holder.number:
            raise _Refused("this task is not yours")
        handle = {Kind.verdict: _judge, Kind.undo: _undo}.get(decision.kind, _mark)
        status = handle(w, holder, lease, decision)
    except _Refused as reason:
        return Receipt(decision.uuid, Status.refused, reason=str(reason))
    _append(w, lease, decision, status)
    return Receipt(decision.uuid, status, w.head.seq)


def _check(decision: Decision) -> None:
    """Refuse what could not be stored, or means nothing."""
    strings = (decision.uuid, decision.task, decision.supersedes or "")
    if not (all(len(s) <= 64 and s.isascii() and s.isprintable() for s in strings) and decision.uuid):
        raise _Refused("uuid, task and supersedes are printable ASCII of at most 64 characters")
    if len(decision.text) > TEXT or "\0" in decision.text or any(0xD800 <= ord(c) < 0xE000 for c in decision.text):
        raise _Refused(f"a note is text of at most {TEXT:,} characters")
    if not 0 <= decision.seconds < math.inf:
        raise _Refused("seconds are a number from 0")
    if (decision.kind == Kind.verdict) != (decision.verdict is not None):
        raise _Refused("a verdict, and nothing else, says accept, reject or unsure")
    if decision.kind == Kind.undo and decision.supersedes is None:
        raise _Refused("an undo says what it takes back")
    if (decision.kind == Kind.note) != bool(decision.text.strip()):
        raise _Refused("a note, and nothing else, has a text")


def _said(decision: Decision) -> dict[str, Any]:
    """The columns of an event that the page decides."""
    return {
        "uuid": decision.uuid, "task": decision.task, "kind": str(decision.kind),
        "verdict": None if decision.verdict is None else str(decision.verdict), "supersedes": decision.supersedes,
        "class_shown": decision.class_shown, "seconds": round(float(decision.seconds), 3), "text": decision.text,
    }  # fmt: skip


def _same(known: Mapping[str, Any], holder: Holder, decision: Decision) -> Receipt:
    said = {**_said(decision), "person": holder.number}
    if any(known[name] != value for name, value in said.items()):
        raise _Refused("this uuid stands for another decision")
    return Receipt(decision.uuid, Status(known["status"]), known["seq"])


def _lease(w: Writer, task: str) -> Lease | None:
    row = w.connection.execute(_LEASE, {"name": task}).mappings().one_or_none()
    return None if row is None else _of(row)


def _of(row: Mapping[Any, Any]) -> Lease:
    return Lease(**{**row, "lane": Lane(row["lane"])})


def _append(w: Writer, lease: Lease, decision: Decision, status: Status) -> None:
    """Add the event to the chain."""
    event = {
        **_said(decision), "seq": w.head.seq + 1, "at": w.now, "person": lease.person, "pair": lease.pair,
        "lane": str(lease.lane), "swapped": lease.swapped, "model": lease.model, "status": str(status),
    }  # fmt: skip
    previous, w.head.seq, w.head.hash = w.head.hash, w.head.seq + 1, link(w.head.hash, event)
    w.connection.execute(_ADD_EVENT, {**event, "previous": previous, "hash": w.head.hash})


def _judge(w: Writer, holder: Holder, lease: Lease, decision: Decision) -> Status:
    assert decision.verdict is not None
    if decision.supersedes is not None:
        return _revise(w, holder, lease, decision)
    if lease.state in ("judged", "surplus"):
        raise _Refused("this pair is judged already; revise that verdict")
    saved = lease.state == "open" or _still_wanted(w, lease)
    _set_state(w, lease, "judged" if saved else "surplus")
    if not saved:
        return Status.surplus
    _count(w, lease, decision.verdict, 1)
    nth = None
    if lease.lane in VOTING:
        holder.decisions += 1
        nth = holder.decisions
    vote = {
        "task": lease.id, "person": lease.person, "pair": lease.pair, "again": lease.again,
        "lane": LANES.index(lease.lane), "swapped": lease.swapped, "nth": nth, **_judged(w, decision),
    }  # fmt: skip
    w.connection.execute(_ADD_VOTE, vote)
    _tally(w, holder, 1)
    return Status.saved


def _judged(w: Writer, decision: Decision) -> dict[str, Any]:
    """The columns of a vote that a revision changes."""
    assert decision.verdict is not None
    said = {name: _said(decision)[name] for name in ("uuid", "class_shown", "seconds")}
    return {**said, "seq": w.head.seq + 1, "verdict": VERDICTS.index(decision.verdict), "at": w.now}


def _still_wanted(w: Writer, lease: Lease) -> bool:
    """Whether a verdict may count although its lease expired; if so, the lease is made as if it had not."""
    others = select(leases).where(
        leases.c.person == lease.person, leases.c.pair == lease.pair, leases.c.again == lease.again,
        leases.c.state != "expired",
    )  # fmt: skip
    found = [_of(row) for row in w.connection.execute(others).mappings()]
    settles = lease.lane == Lane.adjudicate
    if any(other.state != "open" or (other.lane == Lane.adjudicate) != settles for other in found):
        return False
    if found:  # the same pair was given to the same person once more: the verdict takes the place of that lease
        _set_state(w, found[0], "expired")
        return True
    if lease.lane in (Lane.gold, Lane.again):
        return True
    pair = w.pair(lease.pair)
    if settles:
        wanted = pair.is_disputed
        pair.adjudicating = wanted or pair.adjudicating
    else:
        wanted = pair.has_room
        pair.leased += wanted
    if wanted:
        w.unqueue([pair.number])
        w.settle(pair)
    return wanted


def _revise(w: Writer, holder: Holder, lease: Lease, decision: Decision) -> Status:
    """Another verdict in the place of the one that stands."""
    assert decision.verdict is not None
    standing = _standing(w, lease, decision)
    if standing is None:
        return Status.surplus
    if lease.lane in VOTING:
        pair = w.pair(lease.pair)
        w.vote(pair, standing.verdict, -1)
        w.vote(pair, decision.verdict, 1)
        w.settle(pair)
    w.connection.execute(update(votes).where(votes.c.seq == standing.seq).values(_judged(w, decision)))
    return Status.saved


def _undo(w: Writer, holder: Holder, lease: Lease, decision: Decision) -> Status:
    """Take back a verdict, whose pair is the person's next one again; or a mark."""
    marked = select(events.c.seq).where(
        events.c.uuid == decision.supersedes, events.c.task == lease.id, events.c.kind.in_(["flag", "note"])
    )
    if w.connection.execute(marked).one_or_none() is not None:
        return Status.saved
    standing = _standing(w, lease, decision)
    if standing is None:
        return Status.surplus
    w.connection.execute(delete(votes).where(votes.c.seq == standing.seq))
    _count(w, lease, standing.verdict, -1)
    _set_state(w, lease, "open")
    _tally(w, holder, -1, of_today=int(standing.at // DAY) == w.head.day)
    return Status.saved


def _standing(w: Writer, lease: Lease, decision: Decision) -> _Vote | None:
    """The vote that a decision supersedes; None if that verdict was surplus."""
    superseded = select(votes.c.seq, votes.c.verdict, votes.c.at).where(
        votes.c.uuid == decision.supersedes, votes.c.task == lease.id
    )
    row = w.connection.execute(superseded).one_or_none()
    if row is None and lease.state != "surplus":
        raise _Refused("the verdict that this replaces does not stand any more")
    return None if row is None else _Vote(row.seq, VERDICTS[row.verdict], row.at)


def _mark(w: Writer, holder: Holder, lease: Lease, decision: Decision) -> Status:
    return Status.saved


def _set_state(w: Writer, lease: Lease, state: str) -> None:
    until = w.now + 60 * w.facts.settings.lease_minutes if state == "open" else None
    place = -w.next_turn() if state == "open" else lease.place
    w.connection.execute(_KEEP_LEASE, {"at": lease.number, "state": state, "until": until, "place": place})


def _count(w: Writer, lease: Lease, verdict: Verdict, step: int) -> None:
    """Turn the lease on a pair into a vote (`step` 1), or the vote into a lease again (-1)."""
    if lease.lane in (Lane.gold, Lane.again):
        return
    pair = w.pair(lease.pair)
    if lease.lane == Lane.adjudicate:
        pair.adjudicated, pair.adjudicating = step > 0, step < 0
    else:
        w.vote(pair, verdict, step)
        pair.leased -= step
    w.settle(pair)


def _tally(w: Writer, holder: Holder, step: int, of_today: bool = True) -> None:
    """Count a standing verdict of a person."""
    holder.judged += step
    if of_today:
        holder.today += step
        w.head.today += step
