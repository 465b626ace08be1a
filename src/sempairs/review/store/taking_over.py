"""Verdicts that were made elsewhere: leased and judged in one transaction, all of a list or nothing."""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import select

from sempairs.core.errors import UserError
from sempairs.core.progress import Bar, progress
from sempairs.review.base import Decision, Kind, Lane, Person, Status
from sempairs.review.store import people, recording
from sempairs.review.store.leases import assign
from sempairs.review.store.schema import events, leases
from sempairs.review.store.state import Writer
from sempairs.review.verdict_lists import ListedVerdict, need_no_wrong

LANE = Lane.more
"""Votes like any other, but the model of the queue does not learn from them."""


def take_over(w: Writer, verdicts: Sequence[ListedVerdict], simulated: bool) -> int:
    """Store verdicts as votes; returns how many were new. See `Store.take_over`."""
    w.free(limit=1_000_000)
    by_person: defaultdict[str, list[ListedVerdict]] = defaultdict(list)
    for verdict in verdicts:
        by_person[verdict.person].append(verdict)
    known = people.everyone(w.connection)
    named = {person.pseudonym: person for person in known} | {person.name: person for person in known}
    new, wrong = 0, list[str]()
    with progress("taking over", len(verdicts), "verdicts") as bar:
        for name, own in by_person.items():
            person = named.get(name) or people.add(w.connection, name, simulated, w.now)
            if person.simulated != simulated:
                kind = "is a program" if person.simulated else "is a person"
                raise UserError(
                    f"{name!r} {kind}, and these verdicts are {'' if simulated else 'not '}simulated",
                    todo="say so with --simulated, or choose another name",
                )
            new += _of_person(w, person, own, wrong, bar)
    need_no_wrong(wrong, "the list is not taken over")
    return new


def _of_person(w: Writer, person: Person, verdicts: list[ListedVerdict], wrong: list[str], bar: Bar) -> int:
    """Store the verdicts of one person; what stands in the way of others is added to `wrong`."""
    decisions, holder = [], w.holder(person.number)
    for verdict in verdicts:
        bar()
        uuid = f"import-{person.number}-{verdict.pair}"
        before = w.connection.scalar(select(events.c.verdict).where(events.c.uuid == uuid))
        if before == verdict.verdict:
            continue
        reason = f"{before} was taken over before" if before else _why_not(w, person, verdict.pair)
        if reason:
            wrong.append(f"line {verdict.line}: {reason}")
            continue
        (task,) = assign(w, holder, [verdict.pair], LANE)
        decisions.append(Decision(uuid, task.id, Kind.verdict, verdict=verdict.verdict, seconds=verdict.seconds))
        if verdict.note.strip():
            decisions.append(Decision(f"{uuid}-note", task.id, Kind.note, text=verdict.note))
    w.keep_holder(holder)
    receipts = recording.record(w, person, decisions)
    assert all(receipt.status == Status.saved for receipt in receipts), "each was leased a moment ago"
    return sum(decision.kind == Kind.verdict for decision in decisions)


def _why_not(w: Writer, person: Person, pair: int) -> str:
    """Why a person may not judge a pair; "" if nothing stands in the way."""
    mine = select(leases.c.state).where(
        leases.c.person == person.number, leases.c.pair == pair, leases.c.state != "expired"
    )
    state = w.connection.scalars(mine).first()
    if state is not None:
        return f"{person.name} " + ("has the pair open on a page" if state == "open" else "judged the pair before")
    return "" if w.pair(pair).has_room else "the pair has all its votes, or is open on others' pages"
