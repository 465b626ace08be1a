"""Which pair a person gets next: each lane is an index, read from where the person stands, so nothing is counted.

The lane of a person's t-th task is f(seed, person, t), and its sides are f(seed, pair, person, showing).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from sqlalchemy import BindParameter, Column, Select, bindparam, case, insert, select, update

from sempairs.core.seeds import rng, seed_of, uniforms
from sempairs.review.base import Lane, Task
from sempairs.review.store.schema import leases, pairs, queue, votes
from sempairs.review.store.state import Holder, Writer

AGAIN_AFTER = 20
"""So many decisions lie between the two showings of a pair to one person."""
FREED_AT_ONCE = 50
"""Expired leases that one call gives back, so that no call is long."""
INSTEAD = (Lane.more, Lane.ordered, Lane.random)
"""Lanes that stand in for one of a mixture that has nothing."""


# Built once: see `state`.
_OPEN = (
    select(leases, pairs.c.stratum)
    .join(pairs, pairs.c.number == leases.c.pair)
    .where(leases.c.person == bindparam("person"), leases.c.state == "open")
    .order_by(leases.c.place)
)
_THESE: BindParameter[int] = bindparam("numbers", expanding=True)
_RENEW = update(leases).where(leases.c.number.in_(_THESE))
_SETTLING = update(pairs).where(pairs.c.number.in_(_THESE)).values(adjudicating=True, disputed=None)
_HELD = pairs.c.accepts + pairs.c.rejects + pairs.c.unsures + pairs.c.leased + 1
_BEGIN = (
    update(pairs)
    .where(pairs.c.number.in_(_THESE))
    .values(leased=pairs.c.leased + 1, fresh=None, turn=case((pairs.c.wanted > _HELD, pairs.c.turn), else_=None))
)


@dataclass(frozen=True)
class _Found:
    """A pair for a person; `swapped` is None where it is left to chance."""

    pair: int
    lane: Lane
    model: str = ""
    swapped: bool | None = None


def lease(w: Writer, person: int, count: int, lanes: Mapping[Lane, float], stratum: int | None) -> list[Task]:
    """The next tasks of a person; see `Store.lease`."""
    until = w.now + 60 * w.facts.settings.lease_minutes
    tasks = _renewed(w, person, count, lanes, stratum, until)
    w.free(FREED_AT_ONCE)
    if len(tasks) < count:
        holder = w.holder(person)
        found = _mixture(w, holder, count - len(tasks), lanes, stratum)
        tasks += _written(w, holder, found, until)
        w.keep_holder(holder)
    return tasks


def _renewed(
    w: Writer, person: int, count: int, lanes: Mapping[Lane, float], stratum: int | None, until: float
) -> list[Task]:
    """What the person has open, in its order: also what has expired, as long as nobody else asked since."""
    mixture = len(lanes) > 1
    known = {*lanes, *INSTEAD} if mixture else set(lanes)
    tasks: list[Task] = []
    numbers: list[int] = []
    for row in w.connection.execute(_OPEN, {"person": person}):
        # In a mixture, whatever an undo opened again comes first.
        wanted = row.lane in known or (mixture and row.place < 0)
        if wanted and stratum in (None, row.stratum) and len(tasks) < count:
            tasks.append(Task(row.id, row.pair, Lane(row.lane), row.swapped, row.model))
            numbers.append(row.number)
    if numbers:
        w.connection.execute(_RENEW, {"numbers": numbers, "until": until})
    return tasks


def assign(w: Writer, holder: Holder, numbers: list[int], lane: Lane) -> list[Task]:
    """These very pairs, for verdicts that were made elsewhere; they must have room and be new to this person."""
    _take(w, lane, numbers)
    w.unqueue(numbers)
    until = w.now + 60 * w.facts.settings.lease_minutes
    return _written(w, holder, [_Found(pair, lane) for pair in numbers], until)


def _mixture(w: Writer, holder: Holder, count: int, lanes: Mapping[Lane, float], stratum: int | None) -> list[_Found]:
    """New pairs in the order in which their lanes were drawn."""
    drawn = _drawn(w, holder, count, lanes)
    found = {lane: _claim(w, holder, lane, drawn.count(lane), stratum) for lane in dict.fromkeys(drawn)}
    spare: list[_Found] = []
    for lane in INSTEAD if len(lanes) > 1 else ():
        missing = count - len(spare) - sum(map(len, found.values()))
        spare += _claim(w, holder, lane, missing, stratum)
    mixed = []
    for lane in drawn:
        source = found[lane] or spare
        if source:
            mixed.append(source.pop(0))
    return mixed


def _drawn(w: Writer, holder: Holder, count: int, lanes: Mapping[Lane, float]) -> list[Lane]:
    names = list(lanes)
    edges = np.cumsum([lanes[lane] for lane in names], dtype=np.float64)
    seed = seed_of("lane", w.facts.settings.seed, holder.number)
    chance = uniforms(seed, np.arange(holder.tasks, holder.tasks + count), 1)[:, 0] * edges[-1]
    return [names[min(i, len(names) - 1)] for i in np.searchsorted(edges, chance, side="right")]


def _claim(w: Writer, holder: Holder, lane: Lane, count: int, stratum: int | None) -> list[_Found]:
    """Up to `count` pairs of a lane, which nobody else can get any more (of `gold` and `again`: this person cannot)."""
    if count <= 0:
        return []
    match lane:
        case Lane.gold:
            return _gold(w, holder, count)
        case Lane.again:
            return _again(w, holder, count)
        case Lane.more:
            found, holder.more_after = _waiting(w, holder, pairs.c.turn, holder.more_after, count, stratum)
        case Lane.adjudicate:
            found, holder.disputes_after = _waiting(w, holder, pairs.c.disputed, holder.disputes_after, count, stratum)
        case Lane.random:
            found = _drawn_by_chance(w, count, stratum)
        case Lane.ordered | Lane.grid:
            return _queued(w, lane, count, stratum)
    _take(w, lane, found)
    return [_Found(pair, lane) for pair in found]


def _drawn_by_chance(w: Writer, count: int, stratum: int | None) -> list[int]:
    """The first pairs of the random order that nobody has begun."""
    first = select(pairs.c.number).where(pairs.c.fresh >= 0)
    if stratum is not None:
        first = first.where(pairs.c.stratum == stratum)
    return list(w.connection.scalars(first.order_by(pairs.c.fresh).limit(count)))


def _queued(w: Writer, lane: Lane, count: int, stratum: int | None) -> list[_Found]:
    """The first pairs of a queue."""
    first = select(queue.c.pair, queue.c.model).where(queue.c.lane == lane)
    if stratum is not None:
        first = first.where(queue.c.stratum == stratum)
    rows = w.connection.execute(first.order_by(queue.c.place).limit(count)).all()
    _take(w, lane, [row.pair for row in rows])
    return [_Found(row.pair, lane, row.model) for row in rows]


def _waiting(
    w: Writer, holder: Holder, turn: Column[int | None], after: int, count: int, stratum: int | None
) -> tuple[list[int], int]:
    """Pairs that wait since `turn` and that this person has not had, and the new cursor.

    What the cursor passes is never this person's to judge: a pair that opens again gets a new turn.
    """
    had = select(leases.c.number).where(
        leases.c.person == holder.number, leases.c.pair == pairs.c.number, leases.c.state != "expired"
    )
    waiting = select(pairs.c.number, turn.label("turn")).where(turn > after, ~had.exists())
    if stratum is not None:
        waiting = waiting.where(pairs.c.stratum == stratum)
    rows = w.connection.execute(waiting.order_by(turn).limit(count)).all()
    if stratum is None:  # the cursor of one stratum would pass the pairs of others
        after = rows[-1].turn if len(rows) == count else w.head.turn
    return [row.number for row in rows], after


def _take(w: Writer, lane: Lane, numbers: list[int]) -> None:
    """Note the leases on pairs; what is full, or about to be settled, waits no more."""
    if not numbers:
        return
    if lane == Lane.adjudicate:
        w.connection.execute(_SETTLING, {"numbers": numbers})
    else:
        w.connection.execute(_BEGIN, {"numbers": numbers})
        if lane != Lane.more:
            w.unqueue(numbers)


def _gold(w: Writer, holder: Holder, count: int) -> list[_Found]:
    """Gold questions in this person's own order, without those they have had."""
    first, end = w.facts.first_gold, w.facts.candidates
    had = select(leases.c.pair).where(
        leases.c.person == holder.number, leases.c.pair >= first, leases.c.state != "expired"
    )
    seen = set(w.connection.scalars(had))
    order = first + rng("gold", w.facts.settings.seed, holder.number).permutation(end - first)
    unseen = [pair for pair in order.tolist() if pair not in seen]
    return [_Found(pair, Lane.gold) for pair in unseen[:count]]


def _again(w: Writer, holder: Holder, count: int) -> list[_Found]:
    """Earlier verdicts of this person, at random distances: each step goes to one between the last and the newest."""
    found: list[_Found] = []
    newest = holder.decisions - AGAIN_AFTER
    while len(found) < count and holder.again_after < newest:
        chance = rng("again", w.facts.settings.seed, holder.number, holder.tasks, len(found))
        nth = int(chance.integers(holder.again_after + 1, newest + 1))
        row = w.connection.execute(_shown_once(holder.number, nth, newest)).one_or_none()
        holder.again_after = newest if row is None else row.nth
        if row is not None:
            found.append(_Found(row.pair, Lane.again, swapped=not row.swapped))
    return found


def _shown_once(person: int, first: int, last: int) -> Select[tuple[int, bool, int | None]]:
    """The first of a person's votes that stand, from the `first`-th to the `last`-th, whose pair was shown once."""
    twice = select(leases.c.number).where(
        leases.c.person == person, leases.c.pair == votes.c.pair, leases.c.again, leases.c.state != "expired"
    )
    standing = select(votes.c.pair, votes.c.swapped, votes.c.nth).where(votes.c.person == person, ~twice.exists())
    return standing.where(votes.c.nth.between(first, last)).order_by(votes.c.nth).limit(1)


def _written(w: Writer, holder: Holder, found: list[_Found], until: float) -> list[Task]:
    """The leases of pairs that were found."""
    seed, tasks, rows = w.facts.settings.seed, [], []
    for one in found:
        number, again = w.next_turn(), one.lane == Lane.again
        swapped = one.swapped
        if swapped is None:
            side = uniforms(seed_of("side", seed, holder.number, int(again)), np.array([one.pair]), 1)
            swapped = bool(side[0, 0] < 0.5)
        task = Task(f"{seed_of('task', w.facts.genesis, number):016x}", one.pair, one.lane, swapped, one.model)
        tasks.append(task)
        rows.append(
            {
                "number": number, "id": task.id, "person": holder.number, "pair": one.pair, "lane": str(one.lane),
                "again": again, "swapped": swapped, "model": one.model, "state": "open", "place": number,
                "until": until,
            }
        )  # fmt: skip
    if rows:
        w.connection.execute(insert(leases), rows)
    holder.tasks += len(tasks)
    return tasks
