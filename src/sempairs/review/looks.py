"""Looks: the few moments at which the random share is asked which pairs may be published without being judged.

Pairs that nobody judged are published where the model scores them from a threshold up. At a look, thresholds laid down
by the scores alone are tested one after the other, from where the model itself expects a proof to be likeliest to
looser ones; testing stops at the first that fails, so that trying many costs nothing. The test of one threshold is
exact: the set of all pairs from it up is finite, the judged prefix of the random order is a simple random sample of it,
and "one fault too many" is rejected by the hypergeometric law.

Whoever judges sees the state, so a proof may not be tried after every verdict. Looks are taken at sizes of the random
share laid down before, the k-th with an error of alpha / ((k + 1) (k + 2)), which sums to alpha. Whether a look is
taken, and where its tests begin, is up to the model and what it learned from alone: never to a verdict of the random
share that the model has not seen.

**Source** Fixed-sequence testing as in `sempairs.pairs.calibrate`; spending of errors: Pocock, Interim analyses, 1982.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from jaxtyping import Float64
from scipy import stats

from sempairs.review.bounds import chance_of_so_few, most_to_see
from sempairs.review.facts import Facts

THRESHOLDS = 50
GROWTH = 1.25  # from one prepared size to the next
WORTH = 0.5  # the chance of a proof, by the model, from which a look is worth its error
PATIENCE = 2.0  # without such a chance, the next look is taken when the sample has grown by this


@dataclass(frozen=True)
class Look:
    """What one look found. It is stored, and never taken again.

    Parameters
    ----------
    number: how many were taken before it.
    sampled: the pairs of the random share that it counted.
    alpha: the chance that it certifies what is not so.
    model: hash of the model whose scores made the sets.
    threshold: the score from which pairs are certified; None where nothing is.
    pairs: how many have it, judged or not.
    most: the most faults that may be among them.
    """

    number: int
    sampled: int
    alpha: float
    model: str
    threshold: float | None = None
    pairs: int = 0
    most: int = 0

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Look":
        """The inverse of `to_json`; what else was stored with it is passed over."""
        return cls(**{name: value[name] for name in cls.__dataclass_fields__})


def alpha_of(number: int, alpha: float) -> float:
    """The share of `alpha` that look `number` (from 0) may spend."""
    return alpha / ((number + 1) * (number + 2))


def prepared_sizes(pairs: int, wanted: float, alpha: float) -> list[int]:
    """The sizes of the random share at which looks may be taken.

    The first is the one at which a sample without a fault would certify all pairs.
    """
    whole, too_many, none = np.array([pairs]), np.array([allowed(wanted, pairs) + 1]), np.array([0])
    low, high = 1, pairs
    while low < high:
        middle = (low + high) // 2
        is_enough = chance_of_so_few(whole, too_many, np.array([middle]), none)[0] <= alpha_of(0, alpha)
        low, high = (low, middle) if is_enough else (middle + 1, high)
    sizes = [low]
    while sizes[-1] < pairs:
        sizes.append(min(pairs, math.ceil(sizes[-1] * GROWTH)))
    return sizes


def allowed(wanted: float, published: int) -> int:
    """How many faults among so many published pairs keep the promise."""
    return math.floor((1 - wanted) * published + 1e-9)


@dataclass(frozen=True, eq=False)
class Plan:
    """Thresholds to be tested in their order, and the chance that the model gives the first of them."""

    thresholds: Float64[np.ndarray, " t"]
    chance: float


def plan(
    score: Float64[np.ndarray, " n"],
    probability: Float64[np.ndarray, " n"],
    learned: Facts,
    size: int,
    alpha: float,
    wanted: float,
) -> Plan:
    """What a look with a sample of this size would test: by the model and what it learned from, nothing else.

    Parameters
    ----------
    score: of all pairs, higher for better ones.
    probability: that a pair is accepted, as the model has it.
    learned: facts of the pairs that the model learned from; of the others, neither accepted nor fault.
    """
    n = len(score)
    order = np.argsort(-score, kind="stable")
    count = np.unique(np.linspace(n / THRESHOLDS, n, THRESHOLDS).astype(np.int64).clip(1))
    thresholds = score[order[count - 1]]
    count = np.searchsorted(-score[order], -thresholds, side="right").astype(np.int64)  # with all ties
    thresholds, count = thresholds[np.diff(count, append=n + 1) > 0], np.unique(count)

    found, accepted = (np.cumsum(column[order])[count - 1] for column in (learned.fault, learned.accepted))
    published = count - found + (learned.accepted.sum() - accepted)
    too_many = np.floor((1 - wanted) * published + 1e-9).astype(np.int64) + found + 1
    sampled = np.maximum(size * count // n, 1)
    expected = np.cumsum(1 - probability[order])[count - 1] / count
    chance = stats.binom.cdf(most_to_see(count, too_many, sampled, alpha), sampled, expected)
    begin = int(chance.argmax())
    return Plan(thresholds[begin:], float(chance[begin]))


def take(
    facts: Facts,
    score: Float64[np.ndarray, " n"],
    plan: Plan,
    *,
    number: int,
    size: int,
    alpha: float,
    model: str,
    wanted: float,
) -> Look:
    """Test the thresholds of a plan on the first `size` pairs of the random order, all of them judged.

    Parameters
    ----------
    alpha: of all looks together.
    """
    assert size <= facts.sampled, "a prefix of the random order with no gap"
    in_sample, mine = facts.chance < size, alpha_of(number, alpha)
    passed: Look | None = None
    for threshold in plan.thresholds:
        inside = score >= threshold
        pairs, found = int(inside.sum()), int((inside & facts.fault).sum())
        published = int((facts.accepted | (inside & facts.open)).sum())
        most = allowed(wanted, published) + found
        if most < pairs - int((inside & facts.accepted).sum()):  # else there cannot be more
            sampled, seen = int((inside & in_sample).sum()), int((inside & in_sample & facts.fault).sum())
            numbers = (np.array([x]) for x in (pairs, most + 1, sampled, seen))
            if chance_of_so_few(*numbers)[0] > mine:
                break
        passed = Look(number, size, mine, model, float(threshold), pairs, most)
    return passed or Look(number, size, mine, model)


def is_due(size: int, plan: Plan, taken: list[Look], sizes: list[int]) -> bool:
    """Whether a look at a prepared size is worth its error, or has been put off for long enough."""
    last = taken[-1].sampled if taken else 0
    return size > last and (plan.chance >= WORTH or size >= PATIENCE * (last or sizes[0]))
