"""What one transaction reads, changes and writes back: the head of the chain, a person's counts, a pair's votes.

Writers take turns (see `Writer.begin`), so a row that was read stays true until the transaction ends.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from sempairs.review.base import VOTING, Lane, Stratum, Verdict
from sempairs.review.settings import ReviewSettings
from sempairs.review.store.schema import head, leases, pairs, people, queue

QUEUES = (Lane.ordered, Lane.grid)
"""Lanes that the planner fills."""
DAY = 24 * 3600


@dataclass(frozen=True)
class Facts:
    """What never changes in a project: `candidates` counts all pairs, gold questions are those from `first_gold`."""

    name: str
    created_at: float
    policy: str
    settings: ReviewSettings
    strata: tuple[Stratum, ...]
    candidates: int
    first_gold: int
    wanted_votes: int
    pairs_sha256: str
    candidates_sha256: str
    genesis: str


@dataclass
class Head:
    """The end of the chain, the clock of waiting pairs, and the counts of the project."""

    id: int
    seq: int
    hash: str
    turn: int
    begun: int
    judged: int
    given_votes: int
    day: int
    today: int


@dataclass
class Holder:
    """The counts and cursors of a person."""

    number: int
    tasks: int
    decisions: int
    judged: int
    more_after: int
    disputes_after: int
    again_after: int
    day: int
    today: int


@dataclass(frozen=True)
class Lease:
    """A pair in the hands of a person; `state` is open, judged, surplus or expired."""

    number: int
    id: str
    person: int
    pair: int
    lane: Lane
    again: bool
    swapped: bool
    model: str
    state: str
    place: int
    until: float | None


@dataclass
class Pair:
    """The votes and leases of a pair, and since when it waits for more."""

    number: int
    stratum: int
    chance: int
    wanted: int
    accepts: int
    rejects: int
    unsures: int
    leased: int
    adjudicating: bool
    adjudicated: bool
    fresh: int | None
    turn: int | None
    disputed: int | None

    @property
    def votes(self) -> int:
        """How many votes stand."""
        return self.accepts + self.rejects + self.unsures

    @property
    def has_room(self) -> bool:
        """Whether one more person may judge it."""
        return self.votes + self.leased < self.wanted

    @property
    def is_disputed(self) -> bool:
        """Whether all votes are there and differ, and nobody has settled it or is about to."""
        differ = max(self.accepts, self.rejects, self.unsures) < self.votes
        return self.votes == self.wanted and differ and not (self.adjudicated or self.adjudicating)


# Built once: they run with every decision, and building a statement takes longer than running it.
_LOCK = select(head).with_for_update()
_KEEP_HEAD = update(head)
_HOLDER = select(*(people.c[name] for name in Holder.__dataclass_fields__)).where(people.c.number == bindparam("at"))
_KEEP_HOLDER = update(people).where(people.c.number == bindparam("at"))
_PAIR = select(pairs).where(pairs.c.number == bindparam("at"))
_KEEP_PAIR = update(pairs).where(pairs.c.number == bindparam("at"))
_UNQUEUE = delete(queue).where(queue.c.pair.in_(bindparam("numbers", expanding=True)))
_EXPIRED = (
    select(leases.c.number, leases.c.pair, leases.c.lane)
    .where(leases.c.until <= bindparam("now"))
    .order_by(leases.c.until, leases.c.number)
    .limit(bindparam("limit"))
)


@dataclass(frozen=True)
class Writer:
    """A transaction that holds the one lock of the store."""

    connection: Connection
    facts: Facts
    head: Head
    now: float

    @classmethod
    def begin(cls, connection: Connection, facts: Facts, now: float) -> "Writer":
        """Wait for the lock: BEGIN IMMEDIATE took it in SQLite, the row of the head is it in PostgreSQL."""
        found = Head(**connection.execute(_LOCK).one()._mapping)
        day = int(now // DAY)
        if found.day != day:
            found.day, found.today = day, 0
        return cls(connection, facts, found, now)

    def end(self) -> None:
        """Write the head back."""
        self.connection.execute(_KEEP_HEAD, vars(self.head))

    def next_turn(self) -> int:
        """The clock of waiting pairs: each number is given once."""
        self.head.turn += 1
        return self.head.turn

    def holder(self, number: int) -> Holder:
        """The counts of a person."""
        found = Holder(**self.connection.execute(_HOLDER, {"at": number}).one()._mapping)
        if found.day != self.head.day:
            found.day, found.today = self.head.day, 0
        return found

    def keep_holder(self, holder: Holder) -> None:
        """Write the counts of a person back."""
        self.connection.execute(_KEEP_HOLDER, _kept(holder))

    def pair(self, number: int) -> Pair:
        """The state of a pair."""
        return Pair(**self.connection.execute(_PAIR, {"at": number}).one()._mapping)

    def vote(self, pair: Pair, verdict: Verdict, step: int) -> None:
        """Count a vote (`step` 1) or take it out again (-1); `settle` writes it."""
        before = pair.votes
        name = {Verdict.accept: "accepts", Verdict.reject: "rejects", Verdict.unsure: "unsures"}[verdict]
        setattr(pair, name, getattr(pair, name) + step)
        self.head.given_votes += step
        self.head.begun += (pair.votes > 0) - (before > 0)
        self.head.judged += (pair.votes == pair.wanted) - (before == pair.wanted)

    def settle(self, pair: Pair, freed: Lane | None = None) -> None:
        """Write a pair, and put it where those who need it find it.

        Parameters
        ----------
        freed: the lane of a lease on it that expired. Then it waits anew, since people who looked while it was leased
            are past its old turn.
        """
        begun = pair.votes + pair.leased > 0
        pair.fresh = None if begun or pair.chance < 0 else pair.chance
        lacking = pair.votes > 0 and pair.has_room
        if not lacking:
            pair.turn = None
        elif pair.turn is None or freed is not None:
            pair.turn = self.next_turn()
        if not pair.is_disputed:
            pair.disputed = None
        elif pair.disputed is None:
            pair.disputed = self.next_turn()
        self.connection.execute(_KEEP_PAIR, _kept(pair))
        if freed in QUEUES and not begun:  # back to the front
            row = {"lane": freed, "place": -self.next_turn(), "pair": pair.number, "stratum": pair.stratum, "model": ""}
            self.connection.execute(insert(queue), row)

    def unqueue(self, numbers: list[int]) -> None:
        """Take pairs out of the planner's queues: somebody has begun them."""
        self.connection.execute(_UNQUEUE, {"numbers": numbers})

    def free(self, limit: int) -> None:
        """Give back the pairs of leases that expired, the oldest first."""
        rows = self.connection.execute(_EXPIRED, {"now": self.now, "limit": limit}).all()
        if not rows:
            return
        ended = update(leases).where(leases.c.number.in_([row.number for row in rows]))
        self.connection.execute(ended.values(state="expired", until=None))
        for row in rows:
            lane = Lane(row.lane)
            if lane in (*VOTING, Lane.adjudicate):
                pair = self.pair(row.pair)
                if lane == Lane.adjudicate:
                    pair.adjudicating = False
                else:
                    pair.leased -= 1
                self.settle(pair, freed=lane)


def _kept(row: Holder | Pair) -> dict[str, Any]:
    """The columns to write back. Not the key: SQLite would look through all events for rows that refer to it."""
    return {"at" if name == "number" else name: value for name, value in vars(row).items()}
