"""One review as its pages and commands see it: candidates, tasks, decisions, and what has come of them."""

import threading
from collections.abc import Sequence
from typing import Any

from sempairs.core.settings import Spec
from sempairs.pairs.mining import Features
from sempairs.pairs.pairset import PairSet
from sempairs.review.base import Candidates, Decision, Lane, Person, Receipt, Task
from sempairs.review.candidates import make_candidates
from sempairs.review.certificate import Certificate
from sempairs.review.order import Planner
from sempairs.review.outcome import Outcome, outcome
from sempairs.review.result import reviewed
from sempairs.review.settings import ReviewSettings
from sempairs.review.store import Store
from sempairs.sources.base import Source
from sempairs.sources.opening import open_source


class Review:
    """A review project: its store, the order of its queue and its certificate.

    Parameters
    ----------
    store: where everything is kept. Several processes may open the same one.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self.planner = Planner(store)
        self._fitting = threading.Lock()

    @classmethod
    def create(
        cls,
        url: str,
        pairs: PairSet,
        source: Source,
        *,
        name: str,
        settings: ReviewSettings,
        features: Features | None = None,
        gold: PairSet | None = None,
    ) -> "Review":
        """A new review of all pairs of a set.

        Parameters
        ----------
        url: `sqlite:///FILE` or `postgresql://...`.
        source: the images of the pairs, and of the gold questions.
        features: of the images, for the order of the queue; without them it goes by the pairs' similarity.
        gold: pairs whose verdict is known.

        Raises
        ------
        UserError: the store has a project already, cannot be written, or the images are others than the pairs'.
        """
        candidates, strata = make_candidates(pairs, source, settings, features, gold)
        made = cls(
            Store.create(
                url, name=name, settings=settings, pairs=pairs, candidates=candidates, strata=strata, gold_pairs=gold
            )
        )
        made.planner.refresh(force=True)
        return made

    @classmethod
    def open(cls, url: str) -> "Review":
        """The review that a store holds. Raises UserError if there is none, or it is damaged or newer."""
        return cls(Store.open(url))

    def close(self) -> None:
        """Close the store."""
        self.store.close()

    @property
    def candidates(self) -> Candidates:
        """All pairs."""
        return self.store.candidates()

    @property
    def settings(self) -> ReviewSettings:
        """What was decided at its creation."""
        return self.store.settings

    def source(self, **options: Any) -> Source:
        """The images, opened as they were then; `options` replace some of the source's. Raises UserError if they
        cannot be."""
        spec = self.store.pair_set().origin.source
        if spec is None:
            return self.store.pair_set().open_source()
        return open_source(Spec(name=spec.name, options={**spec.options, **options}))

    def person(self, name: str) -> Person:
        """The person of that name, who is new or was here before. Raises UserError if it is no name."""
        for person in self.store.people():
            if person.name == name.strip():
                return person
        return self.store.add_person(name)

    def lease(self, person: Person, count: int, lane: Lane | None = None, stratum: int | None = None) -> list[Task]:
        """The next tasks of a person: those still open first, in the order in which they were given.

        Parameters
        ----------
        lane: tasks of this kind alone; None for the usual mixture.
        stratum: pairs of this stratum alone.
        """
        lanes = self._mixture() if lane is None else {lane: 1.0}
        tasks = self.store.lease(person, count, lanes=lanes, stratum=stratum)
        if len(tasks) < count and self.refresh():
            tasks = self.store.lease(person, count, lanes=lanes, stratum=stratum)
        return tasks

    def _mixture(self) -> dict[Lane, float]:
        """The share of each lane in a person's tasks; what has nothing to give falls to the others.

        Where pairs need several votes, as many tasks are second votes as the pairs need in the mean.
        """
        settings = self.settings
        shares = {Lane.gold: settings.gold, Lane.again: settings.again, Lane.random: settings.random}
        shares[Lane.ordered] = 1 - sum(shares.values())
        first = 1 / (1 + (settings.votes - 1) * settings.votes_share)
        shares[Lane.more] = (1 - first) * (shares[Lane.random] + shares[Lane.ordered])
        for lane in (Lane.random, Lane.ordered):
            shares[lane] *= first
        return {lane: share for lane, share in shares.items() if share > 0}

    def record(self, person: Person, decisions: Sequence[Decision]) -> list[Receipt]:
        """Store decisions, durably and in order; the same decision again changes nothing."""
        return self.store.record(person, decisions)

    def refresh(self) -> bool:
        """Fit the order again, and look at the certificate, if enough was judged since the last time.

        While one thread does that, the others do not wait for it.
        """
        if not self._fitting.acquire(blocking=False):
            return False
        try:
            return self.planner.refresh()
        finally:
            self._fitting.release()

    def outcome(self) -> Outcome:
        """What the votes say of each pair."""
        return outcome(self.candidates, self.store.judgements())

    def certificate(self) -> Certificate:
        """What the random share supports now."""
        return self.planner.certificate()

    def result(self) -> PairSet:
        """The pairs that are worth publishing, with their verdicts: accepted ones, and certified ones nobody judged.

        Raises
        ------
        UserError: nothing is accepted yet.
        """
        return reviewed(self.store.pair_set(), self.outcome(), self.planner.published(), self.store.last_seq())
