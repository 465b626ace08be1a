"""Verdicts that were made elsewhere: leased and judged in one transaction, all of a list or nothing."""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import select

from sempairs.core.errors import UserError
from sempairs.core.progress import progress
from sempairs.review.base import Decision, Kind, Lane, Person, Status
from sempairs.review.store import people, recording
from sempairs.review.store.leases import assign
from sempairs.review.store.schema import events, leases, pairs
from sempairs.review.store.state import Writer
from sempairs.review.verdict_lists import ListedVerdict, need_no_wrong

LANE = Lane.more
"""Votes like any other, but not of the queue: its model learns from them only when the queue comes to the pairs."""
AT_ONCE = 500


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
            for at in range(0, len(own), AT_ONCE):
                new += _of_person(w, person, own[at : at + AT_ONCE], wrong)
                bar(len(own[at : at + AT_ONCE]))
    need_no_wrong(wrong, "the list is not taken over")
    return new


def _of_person(w: Writer, person: Person, verdicts: list[ListedVerdict], wrong: list[str]) -> int:
    """Store verdicts of one person; what stands in the way of others is added to `wrong`."""
    names = {verdict.pair: f"import-{person.number}-{verdict.pair}" for verdict in verdicts}
    stored = select(events.c.uuid, events.c.verdict).where(events.c.uuid.in_(names.values()))
    before = {uuid: verdict for uuid, verdict in w.connection.execute(stored)}
    new = [verdict for verdict in verdicts if before.get(names[verdict.pair]) != verdict.verdict]
    against = _obstacles(w, person, [verdict.pair for verdict in new])
    for verdict in new:
        if names[verdict.pair] in before:
            against[verdict.pair] = f"{before[names[verdict.pair]]} was taken over before"
    wrong += [f"line {verdict.line}: {against[verdict.pair]}" for verdict in new if verdict.pair in against]
    free = {verdict.pair: verdict for verdict in new if verdict.pair not in against}

    holder = w.holder(person.number)
    decisions = []
    for task in assign(w, holder, list(free), LANE):
        said, uuid = free[task.pair], names[task.pair]
        decisions.append(Decision(uuid, task.id, Kind.verdict, verdict=said.verdict, seconds=said.seconds))
        if said.note.strip():
            decisions.append(Decision(f"{uuid}-note", task.id, Kind.note, text=said.note))
    w.keep_holder(holder)
    receipts = recording.record(w, person, decisions)
    assert all(receipt.status == Status.saved for receipt in receipts), "each was leased a moment ago"
    return len(free)


def _obstacles(w: Writer, person: Person, numbers: list[int]) -> dict[int, str]:
    """Why a person may not judge some of these pairs."""
    votes = pairs.c.accepts + pairs.c.rejects + pairs.c.unsures + pairs.c.leased
    full = select(pairs.c.number).where(pairs.c.number.in_(numbers), votes >= pairs.c.wanted)
    against = dict.fromkeys(w.connection.scalars(full), "the pair has all its votes, or is open on others' pages")
    had = select(leases.c.pair, leases.c.state).where(
        leases.c.person == person.number, leases.c.pair.in_(numbers), leases.c.state != "expired"
    )
    for pair, state in w.connection.execute(had):
        against[pair] = f"{person.name} " + (
            "has the pair open on a page" if state == "open" else "judged the pair before"
        )
    return against
