"""One review project in a database: a decision is durable before it is acknowledged, and nobody waits for a count."""

import contextlib
import time
from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any

import numpy as np
from jaxtyping import Int64
from sqlalchemy import Engine, select

from sempairs.pairs.pairset import PairSet
from sempairs.review.base import Candidates, Decision, Judgements, Lane, Person, Receipt, Stratum, Task
from sempairs.review.settings import ReviewSettings
from sempairs.review.store import (
    chain,
    creating,
    files,
    leases,
    opening,
    people,
    queues,
    reading,
    recording,
    taking_over,
)
from sempairs.review.store.engine import reading as read
from sempairs.review.store.engine import writing as write
from sempairs.review.store.schema import head
from sempairs.review.store.state import Facts, Writer
from sempairs.review.verdict_lists import ListedVerdict


class Store:
    """A review project, open. Threads may share it, and any number of processes may open the same one.

    Made by `create` or `open`; `close` it, or use it in a `with` block. Every method raises UserError if the database
    cannot answer.

    Attributes
    ----------
    name, settings, created_at, strata: of the project.
    """

    def __init__(self, engine: Engine, facts: Facts) -> None:
        self._engine, self._facts = engine, facts
        self._candidates: Candidates | None = None
        self.name, self.settings, self.created_at = facts.name, facts.settings, facts.created_at
        self.strata = facts.strata

    @classmethod
    def create(
        cls,
        url: str,
        *,
        name: str,
        settings: ReviewSettings,
        pairs: PairSet,
        candidates: Candidates,
        strata: Sequence[Stratum],
        gold_pairs: PairSet | None = None,
    ) -> "Store":
        """A new project.

        Parameters
        ----------
        url: `sqlite:///FILE` or `postgresql://USER@HOST/DATABASE`.
        candidates: the pairs of `pairs`, in their order, then those of `gold_pairs`.

        Raises
        ------
        UserError: there is a project already; the place cannot be written.
        """
        creating.need_consistent(pairs, candidates, gold_pairs)
        engine = opening.open_empty(url)
        try:
            with write(engine) as connection:
                creating.write_project(connection, name, settings, pairs, candidates, strata, time.time())
            with read(engine) as connection:
                return cls(engine, creating.read_facts(connection))
        except BaseException:
            engine.dispose()
            raise

    @classmethod
    def open(cls, url: str) -> "Store":
        """The project in a store.

        An SQLite file is checked, and copied before its schema is brought up to date.

        Raises
        ------
        UserError: there is none; it is damaged, or of a newer sempairs.
        """
        return cls(*opening.open_project(url))

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def __enter__(self) -> "Store":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def pair_set(self) -> PairSet:
        """The pairs as they were given. Raises UserError if they were changed since."""
        with read(self._engine) as connection:
            content = files.read(connection, "pairs", self._facts.pairs_sha256)
        return files.pairs_of_bytes(content)

    def candidates(self) -> Candidates:
        """All pairs and gold questions; kept in memory. Raises UserError if they were changed since."""
        if self._candidates is None:
            with read(self._engine) as connection:
                content = files.read(connection, "candidates", self._facts.candidates_sha256)
            self._candidates = files.candidates_of_bytes(content)
        return self._candidates

    def add_person(self, name: str, *, simulated: bool = False) -> Person:
        """A new person. Raises UserError if the name is taken, or is not 1 to 80 printable characters."""
        with self._writing() as w:
            return people.add(w.connection, name, simulated, w.now)

    def people(self) -> list[Person]:
        """All people, in the order in which they came."""
        with read(self._engine) as connection:
            return people.everyone(connection)

    def make_token(self, person: Person, minutes: float = 60.0) -> str:
        """A secret that lets a person in once. Only its hash is stored."""
        with self._writing() as w:
            return people.make_token(w.connection, person, minutes, w.now)

    def redeem(self, token: str) -> str | None:
        """The key of a new session, of 30 days; None if the token is used, expired or wrong."""
        with self._writing() as w:
            return people.redeem(w.connection, token, w.now)

    def person_of(self, session: str) -> Person | None:
        """Whose session it is; None if it is nobody's, or over."""
        with read(self._engine) as connection:
            return people.person_of(connection, session, time.time())

    def lease(
        self,
        person: Person,
        count: int,
        *,
        lanes: Mapping[Lane, float],
        stratum: int | None = None,
        now: float | None = None,
    ) -> list[Task]:
        """The next tasks of a person: first what is still open, renewed, then new ones.

        Nobody gets a pair that they have judged (but for `again`), and the votes and open leases of a pair never
        exceed what it needs. Leases that expired are given back.

        Parameters
        ----------
        count: how many at most.
        lanes: the share of each. One alone gives its own pairs or nothing; in a mixture, `more`, `ordered` and
            `random` stand in for a lane that has nothing, named or not.
        stratum: pairs of this stratum alone (`gold` and `again` are of any).
        now: seconds since 1970.
        """
        assert lanes
        assert all(share >= 0 for share in lanes.values())
        with self._writing(now) as w:
            return leases.lease(w, person.number, count, lanes, stratum)

    def set_queue(self, lane: Lane, pairs: Int64[np.ndarray, " n"], model: str) -> None:
        """Make these pairs the next ones of `ordered` or `grid`; those that somebody has begun are left out.

        Parameters
        ----------
        pairs: at most 10,000, and no gold question.
        model: hash of the model that chose them, or "".
        """
        with self._writing() as w:
            queues.replace(w.connection, lane, pairs, model)

    def queued(self, lane: Lane) -> int:
        """How many pairs of a queue are still to be leased."""
        with read(self._engine) as connection:
            return queues.queued(connection, lane)

    def record(self, person: Person, decisions: Sequence[Decision], now: float | None = None) -> list[Receipt]:
        """Store decisions, in order, in one transaction that is durable when this returns.

        The same decision again changes nothing and gets the same receipt. A revision is a verdict that supersedes the
        one that stands. An undo makes the pair the person's next one. A verdict that came late, after its lease
        expired and others filled the pair, is `surplus`. What contradicts the store is `refused`, with a reason.
        """
        with self._writing(now) as w:
            return recording.record(w, person, decisions)

    def take_over(self, verdicts: Sequence[ListedVerdict], *, simulated: bool = False) -> int:
        """Store verdicts that were made elsewhere as votes, in one transaction; returns how many were new.

        Parameters
        ----------
        simulated: whether a program made them, and no person.

        Raises
        ------
        UserError: a pair is full, or was judged by the same person, with the line; then nothing is stored.
        """
        with self._writing() as w:
            return taking_over.take_over(w, verdicts, simulated)

    def judgements(self, after: int = 0) -> Judgements:
        """The verdicts that stand, of events after `after`. A revision counts as new and replaces the earlier one."""
        with read(self._engine) as connection:
            return reading.judgements(connection, after)

    def history(self, person: Person, count: int = 10) -> list[dict[str, Any]]:
        """The newest verdicts of a person: uuid, task, pair, swapped, verdict, flagged, note, at; newest first."""
        with read(self._engine) as connection:
            return reading.history(connection, person, count)

    def flags(self) -> list[dict[str, Any]]:
        """The flags that stand, oldest first: uuid, person, pair, task, at."""
        with read(self._engine) as connection:
            return reading.flags(connection)

    def notes(self) -> list[dict[str, Any]]:
        """The notes that stand, oldest first: uuid, person, pair, task, text, at."""
        with read(self._engine) as connection:
            return reading.notes(connection)

    def counts(self, person: Person | None = None, now: float | None = None) -> dict[str, int]:
        """Counters of the project, or of a person.

        Of the project: `candidates` and `gold` (pairs), `begun` (pairs with a vote), `judged` (pairs with all their
        votes), `wanted_votes`, `given_votes`, and `today`, all verdicts of this day (UTC). Of a person: `judged`, the
        verdicts that stand, and `today`.
        """
        with read(self._engine) as connection:
            return reading.counts(connection, self._facts, person, time.time() if now is None else now)

    def last_seq(self) -> int:
        """The number of the last event; 0 before the first."""
        with read(self._engine) as connection:
            return int(connection.scalars(select(head.c.seq)).one())

    def events(self, after: int = 0, limit: int | None = None) -> Iterator[dict[str, Any]]:
        """Events in the order of the chain, with all their columns."""
        return reading.all_events(self._engine, after, limit)

    def verify_chain(self) -> None:
        """Check every event against the hash of the one before. Raises UserError that names the first that is wrong."""
        with read(self._engine) as connection:
            end = connection.execute(select(head.c.seq, head.c.hash)).one()
        chain.verify(self.events(limit=end.seq), self._facts.genesis, (end.seq, end.hash))

    def save_model(self, hash: str, after_seq: int, weights: Mapping[str, Any]) -> None:
        """Keep a model, as plain JSON values, under its hash; the same one again changes nothing."""
        with self._writing() as w:
            queues.save_model(w.connection, hash, after_seq, weights, w.now)

    def model(self, hash: str) -> dict[str, Any] | None:
        """A model: hash, after_seq, at, weights; None if it was never saved."""
        with read(self._engine) as connection:
            return queues.model(connection, hash)

    def add_look(self, look: Mapping[str, Any]) -> None:
        """Keep a look at the certificate, as plain JSON values, for good."""
        with self._writing() as w:
            queues.add_look(w.connection, look, w.now)

    def looks(self) -> list[dict[str, Any]]:
        """All looks at the certificate, oldest first."""
        with read(self._engine) as connection:
            return queues.all_looks(connection)

    @contextlib.contextmanager
    def _writing(self, now: float | None = None) -> Iterator[Writer]:
        with write(self._engine) as connection:
            w = Writer.begin(connection, self._facts, time.time() if now is None else now)
            yield w
            w.end()
