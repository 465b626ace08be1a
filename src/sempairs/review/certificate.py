"""What a review proves of the pairs that it publishes: those people accepted, and those a look certified unjudged.

As judged, a pair that people accepted is right, and the faults are pairs that they would not accept (rejected, unsure,
disputed). A second bound allows for the false pairs that people let pass, of which hidden gold questions tell. Where
there are such questions both bounds hold together at the confidence that is stated: looks may err with 4/5 of the error
that it leaves, what gold questions tell with the rest.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool

from sempairs.review.base import LANES, VERDICTS, Candidates, Judgements, Lane, Stratum, Verdict
from sempairs.review.facts import known
from sempairs.review.looks import Look, prepared_sizes
from sempairs.review.missed import most_missed
from sempairs.review.outcome import Outcome
from sempairs.review.settings import ReviewSettings
from sempairs.review.strata_state import StratumState, states

FOR_GOLD = 0.2  # of the error that may be made, where gold questions are asked


@dataclass(frozen=True)
class Certificate:
    """The state of the proof. `certified` says whether the published pairs keep the promise.

    Parameters
    ----------
    wanted, confidence: the promise.
    complete: whether every pair is judged, so that nothing is left to chance.
    pairs, accepted, unjudged: how many are published, by people's word and by the certificate.
    faults: the most faults as judged among the unjudged ones.
    bound: precision at least, as judged; None where nothing is published.
    missed: the most false pairs that people may have accepted, or would; None where gold questions tell nothing.
    bound_missed: precision at least, allowing for these.
    gold_asked, gold_passed: gold questions to be rejected, and how many of them were accepted.
    candidates, judged: all pairs, and those with all their votes.
    sampled: how far the random order is judged without a gap.
    looks: how many were taken.
    more: judgements of the random share to the next look; 0 where there will be none.
    more_in_all: about so many judgements bring these, at the share that is random.
    strata: each by itself.
    """

    wanted: float
    confidence: float
    certified: bool
    complete: bool
    pairs: int
    accepted: int
    unjudged: int
    faults: int
    bound: float | None
    missed: int | None
    bound_missed: float | None
    gold_asked: int
    gold_passed: int
    candidates: int
    judged: int
    sampled: int
    looks: int
    more: int
    more_in_all: int
    strata: tuple[StratumState, ...]

    @property
    def sentence(self) -> str:
        """Where the proof stands, in one sentence."""
        if self.complete:
            return f"all {self.candidates:,} pairs are judged: {self.accepted:,} are accepted, none is left to chance"
        if self.certified:
            return (
                f"precision of at least {self.wanted:.2%} at {self.confidence:.0%} confidence, {self.judged:,} judged: "
                f"{self.pairs:,} pairs, {self.accepted:,} accepted by people and {self.unjudged:,} that nobody judged"
            )
        return (
            f"nothing is certified yet: the next look comes after {self.more:,} more judgements of the random share, "
            f"about {self.more_in_all:,} in all"
        )

    @property
    def sentences(self) -> list[str]:
        """All there is to say, the most important first."""
        said = [self.sentence]
        if self.certified and not self.complete:
            said.append(
                f"as judged, at most {self.faults:,} faults are left: at least {_down(self.bound or 0)} are right"
            )
        if self.bound_missed is not None:
            said.append(
                f"allowing for false pairs that people accept (they did with {self.gold_passed:,} of "
                f"{self.gold_asked:,} hidden questions): at least {_down(self.bound_missed)} are right"
            )
        elif self.certified:
            said.append("nothing is known of false pairs that people accept: no hidden question tells")
        near = min(
            (s for s in self.strata if s.more and s.bound is not None and s.bound < self.wanted),
            key=lambda s: s.more or 0,
            default=None,
        )
        if near is not None and not self.complete:
            said.append(
                f"{near.more:,} more random judgements without a fault certify {self.wanted:.2%} in stratum "
                f"{near.number}{f' ({near.name})' if near.name else ''}, taken by itself"
            )
        return said

    def to_json(self) -> dict[str, Any]:
        """As plain values, with the sentences."""
        return {**asdict(self), "strata": [asdict(s) for s in self.strata], "sentences": self.sentences}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Certificate":
        """The inverse of `to_json`."""
        plain = {name: value[name] for name in cls.__dataclass_fields__}
        return cls(**{**plain, "strata": tuple(StratumState(**row) for row in value["strata"])})


def alphas(candidates: Candidates, confidence: float) -> tuple[float, float]:
    """The error that looks may make, and that of what gold questions tell; together 1 - confidence."""
    asks = bool((candidates.gold == VERDICTS.index(Verdict.reject)).any())
    share = FOR_GOLD if asks else 0.0
    return (1 - confidence) * (1 - share), (1 - confidence) * share


@dataclass(frozen=True, eq=False)
class Proved:
    """A look that certified pairs, and which pairs have its score or a higher one."""

    look: Look
    inside: Bool[np.ndarray, " n"]


def certify(
    candidates: Candidates,
    strata: Sequence[Stratum],
    settings: ReviewSettings,
    judgements: Judgements,
    outcome: Outcome,
    looks: int,
    proved: Sequence[Proved],
) -> tuple[Certificate, Bool[np.ndarray, " m"]]:
    """The certificate of what is known now, and which of the candidates are published by it.

    Of the looks that certified something, the one counts that has most pairs now: all of them hold together. It keeps
    its promise while more is judged, since to accept a pair or to take a fault away never lowers the precision.

    Parameters
    ----------
    looks: how many were taken.
    """
    facts = known(candidates, outcome)
    is_complete = not facts.open.any() and bool((facts.accepted | facts.fault).all())
    publish, faults = facts.accepted, 0
    for one in proved:
        chosen = facts.accepted | (facts.open & one.inside)
        if chosen.sum() >= publish.sum():
            publish, faults = chosen, max(0, one.look.most - int((one.inside & facts.fault).sum()))
    pairs, accepted = int(publish.sum()), int(facts.accepted.sum())
    faults = min(faults, pairs - accepted)

    for_looks, for_gold = alphas(candidates, settings.confidence)
    traps = judgements.take(
        (judgements.lane == LANES.index(Lane.gold))
        & (candidates.gold[judgements.pair] == VERDICTS.index(Verdict.reject))
    )
    passed = int((traps.verdict == VERDICTS.index(Verdict.accept)).sum())
    missed = most_missed(int(facts.fault.sum()) + faults, len(traps), passed, for_gold) if for_gold else None
    sizes = prepared_sizes(len(facts), settings.wanted, for_looks)
    to_come = next((size - facts.sampled for size in sizes if size > facts.sampled), 0)
    n = len(facts)
    made = Certificate(
        wanted=settings.wanted,
        confidence=settings.confidence,
        certified=is_complete or len(proved) > 0,
        complete=is_complete,
        pairs=pairs,
        accepted=accepted,
        unjudged=pairs - accepted,
        faults=faults,
        bound=_precision(pairs, faults),
        missed=missed,
        bound_missed=None if missed is None else _precision(pairs, faults + missed),
        gold_asked=len(traps),
        gold_passed=passed,
        candidates=n,
        judged=int((facts.accepted | facts.fault).sum()),
        sampled=facts.sampled,
        looks=looks,
        more=to_come,
        more_in_all=int(np.ceil(to_come / settings.random)),
        strata=states(
            strata, candidates.stratum[:n], facts, outcome.verdict[:n], settings.wanted, settings.confidence
        ),
    )  # fmt: skip
    return made, np.append(publish, np.zeros(len(candidates) - n, dtype=bool))


def _down(share: float) -> str:
    """In percent, never more than it is."""
    return f"{math.floor(10_000 * share) / 100:.2f}%"


def _precision(pairs: int, faults: int) -> float | None:
    return max(0.0, 1 - faults / pairs) if pairs else None
