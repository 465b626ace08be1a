"""Which pairs come next, stratum by stratum, and when to look at the certificate.

First come the pairs of which the model is least certain whether they may be published, which takes more than being
rather right than wrong: those it gives nine chances in ten. Asking about p = 1/2 teaches a linear model the middle of
its scale, where no set that may be published ends (`studies/review_orders.py` compares them).

The model learns from the pairs that its own queue came to, and from nothing else. A pair that the random share had
already when the queue came to it is not asked for again: its verdict counts as the queue's from then on. So the model,
and the sets of pairs that its scores single out, would be the same whatever the random order: every prefix of that
order is a simple random sample of them, and a proof by it is a proof, however well the model fits what it has seen.
"""

import dataclasses

import numpy as np
from jaxtyping import Bool, Float64, Int64

from sempairs.review.base import LANES, VERDICTS, Judgements, Lane, Verdict
from sempairs.review.certificate import Certificate, Proved, alphas, certify
from sempairs.review.facts import known
from sempairs.review.looks import Look, alpha_of, is_due, plan, prepared_sizes, take
from sempairs.review.model import Model, accept_probability, fit
from sempairs.review.outcome import Outcome, outcome
from sempairs.review.store import Store

QUEUE = 2000
SHORT = 200  # a queue with fewer pairs left is filled up before the next fit is due
BORDER = float(np.log(9))  # log-odds of nine chances in ten
EASY = 0.9  # the least probability of a pair that is offered on a page of easy ones
LEARNS_FROM = (Lane.ordered, Lane.random, Lane.more, Lane.adjudicate)


class Planner:
    """Keeps the queue of a store in order, and takes the looks of its certificate when they are due."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._seq = -1  # of the last event that was counted
        self._ranking = np.empty(0, dtype=np.int64)
        self._came_to = np.empty(0, dtype=np.int64)  # pairs of the random share that the queue has come to
        self._proved: dict[int, Proved] = {}

    def refresh(self, force: bool = False) -> bool:
        """Fit the model, order what is next and look at the certificate, if enough was judged since the last time.

        Returns
        -------
        Whether anything was done.
        """
        store, seq = self._store, self._store.last_seq()
        is_due = seq - self._seq >= store.settings.refit or store.queued(Lane.ordered) < SHORT
        if not force and self._seq >= 0 and (seq == self._seq or not is_due):
            return False
        candidates, judgements = store.candidates(), store.judgements()
        n = int((candidates.gold < 0).sum())
        found = outcome(candidates, judgements)

        learned = self._learned(judgements, n)
        votes = judgements.of(*LEARNS_FROM)
        votes = votes.take(learned[votes.pair])
        model = fit(candidates.features[votes.pair], votes.verdict == VERDICTS.index(Verdict.accept))
        score, is_new = model.score(candidates.features[:n]), found.votes[:n] == 0
        stratum = candidates.stratum[:n]
        self._ranking = most_uncertain(score, stratum, ~learned, 2 * QUEUE)
        store.save_model(model.hash, seq, model.to_json())
        store.set_queue(Lane.ordered, self._ranking[is_new[self._ranking]][:QUEUE], model.hash)
        store.set_queue(Lane.grid, easiest(score, stratum, is_new, QUEUE), model.hash)
        self._look(model, score, learned, found, seq)
        self._seq = seq
        return True

    def certificate(self) -> Certificate:
        """What is proved by what is judged now."""
        return self._certify()[0]

    def published(self) -> Bool[np.ndarray, " n"]:
        """Which of the candidates are worth publishing: accepted ones, and certified ones that nobody judged."""
        return self._certify()[1]

    def _learned(self, judgements: Judgements, n: int) -> Bool[np.ndarray, " {n}"]:
        """The pairs that the queue has come to and that somebody judged."""
        learned, judged = np.zeros(n, dtype=bool), np.zeros(n, dtype=bool)
        learned[judgements.pair[judgements.lane == LANES.index(Lane.ordered)]] = True
        judged[judgements.pair[judgements.pair < n]] = True
        reached = np.flatnonzero(learned[self._ranking])
        if len(reached):
            passed = self._ranking[: reached[-1]]
            self._came_to = np.union1d(self._came_to, passed[judged[passed]])
        learned[self._came_to] = True
        return learned

    def _look(
        self, model: Model, score: Float64[np.ndarray, " n"], learned: Bool[np.ndarray, " n"], found: Outcome, seq: int
    ) -> None:
        """Take the look that is due, if one is."""
        store, candidates = self._store, self._store.candidates()
        facts, wanted = known(candidates, found), store.settings.wanted
        alpha = alphas(candidates, store.settings.confidence)[0]
        sizes, taken = prepared_sizes(len(facts), wanted, alpha), self._looks()
        size = max((size for size in sizes if size <= facts.sampled), default=0)
        if size <= (taken[-1].sampled if taken else 0):
            return
        told = dataclasses.replace(facts, accepted=facts.accepted & learned, fault=facts.fault & learned)
        number = len(taken)
        planned = plan(score, accept_probability(score), told, size, alpha_of(number, alpha), wanted)
        if is_due(size, planned, taken, sizes):
            look = take(
                facts, score, planned, number=number, size=size, alpha=alpha, model=model.hash, wanted=wanted
            )  # fmt: skip
            store.add_look({**look.to_json(), "seq": seq})

    def _looks(self) -> list[Look]:
        """All looks in their order; where two servers took one at the same moment, the first counts."""
        first = {look["number"]: Look.from_json(look) for look in reversed(self._store.looks())}
        return [first[number] for number in sorted(first)]

    def _certify(self) -> tuple[Certificate, Bool[np.ndarray, " n"]]:
        store, candidates, looks = self._store, self._store.candidates(), self._looks()
        features = candidates.features[: int((candidates.gold < 0).sum())]
        for look in looks:
            if look.threshold is not None and look.number not in self._proved:
                kept = store.model(look.model)
                assert kept is not None, "the model of a look is stored before it"
                score = Model.from_json(kept["weights"]).score(features)
                self._proved[look.number] = Proved(look, score >= look.threshold)
        judgements = store.judgements()
        found = outcome(candidates, judgements)
        proved = list(self._proved.values())
        return certify(candidates, store.strata, store.settings, judgements, found, len(looks), proved)


def most_uncertain(
    score: Float64[np.ndarray, " n"], stratum: Int64[np.ndarray, " n"], left: Bool[np.ndarray, " n"], count: int
) -> Int64[np.ndarray, " k"]:
    """The first `count` of the pairs that are left: from each stratum those nearest to `BORDER`, strata taking turns.

    A stratum has as many turns as its share of all uncertainty: the sum of p (1 - p), with p that of being beyond it.
    """
    rows = np.flatnonzero(left)
    p = accept_probability(score[rows] - BORDER)
    uncertainty, kind = p * (1 - p), stratum[rows]
    order = np.lexsort((-uncertainty, kind))
    size = np.bincount(kind)
    start = np.cumsum(size) - size
    rank = np.empty(len(rows))
    rank[order] = np.arange(len(rows)) - start[kind[order]] + 0.5
    turn = rank / np.maximum(np.bincount(kind, weights=uncertainty), 1e-12)[kind]
    first = np.argpartition(turn, count)[:count] if count < len(rows) else np.arange(len(rows))
    chosen: Int64[np.ndarray, " k"] = rows[first[np.argsort(turn[first], kind="stable")]]
    return chosen


def easiest(
    score: Float64[np.ndarray, " n"], stratum: Int64[np.ndarray, " n"], left: Bool[np.ndarray, " n"], count: int
) -> Int64[np.ndarray, " k"]:
    """Up to `count` of the pairs that are left and surely right, an equal number of each stratum, the best first."""
    rows = np.flatnonzero(left & (accept_probability(score) >= EASY))
    order = rows[np.lexsort((-score[rows], stratum[rows]))]
    size = np.bincount(stratum[order], minlength=int(stratum.max()) + 1)
    place = np.arange(len(order)) - (np.cumsum(size) - size)[stratum[order]]
    chosen: Int64[np.ndarray, " k"] = order[place < max(1, count // len(size))][:count]
    return chosen
