"""How each stratum stands, by itself: what was judged, the share that is accepted, and what that proves.

A stratum is fixed before anything is judged, and the random order inside it is a random order of its pairs. So its
bound may be looked at after every judgement (`bounds.most_faults_whenever`). It is of one stratum; of many bounds that
each hold with 95% confidence, one in twenty may fail.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Int64
from scipy import stats

from sempairs.review.base import VERDICTS, Stratum, Verdict
from sempairs.review.bounds import evidence, most_faults_whenever
from sempairs.review.facts import Facts


@dataclass(frozen=True)
class StratumState:
    """One stratum.

    Parameters
    ----------
    number, name, low, high, pairs: as of `Stratum`.
    judged, accepted, rejected, unsure: pairs that have all their votes; the rest of them is disputed.
    sampled: those that stand first in the random order, without a gap.
    acceptance, acceptance_low, acceptance_high: share accepted of these, with its exact interval (Clopper, Pearson) at
        one moment; None before the first.
    bound: precision at least, were all accepted and all unjudged pairs of the stratum published; it holds whenever
        somebody looks. None where there would be none.
    more: so many more random judgements without a fault would bring the bound to what is wanted; 0 where it is there,
        None where no number would.
    """

    number: int
    name: str
    low: float | None
    high: float | None
    pairs: int
    judged: int
    accepted: int
    rejected: int
    unsure: int
    sampled: int
    acceptance: float | None
    acceptance_low: float | None
    acceptance_high: float | None
    bound: float | None
    more: int | None


def states(
    strata: Sequence[Stratum],
    stratum: Int64[np.ndarray, " n"],
    facts: Facts,
    verdict: Int64[np.ndarray, " n"],
    wanted: float,
    confidence: float,
) -> tuple[StratumState, ...]:
    """Each stratum as it stands.

    Parameters
    ----------
    stratum: of each pair.
    verdict: of each pair, as in `Outcome`.
    """
    k, is_done, alpha = len(strata), facts.accepted | facts.fault, 1 - confidence

    def count(those: np.ndarray) -> Int64[np.ndarray, " k"]:
        return np.bincount(stratum[those], minlength=k).astype(np.int64)

    gap = np.full(k, len(facts))  # the first place in the random order that is not judged
    np.minimum.at(gap, stratum[~is_done], facts.chance[~is_done])
    in_sample = facts.chance < gap[stratum]
    sampled, seen = count(in_sample), count(in_sample & facts.fault)
    pairs, accepted, fault, unjudged = (count(x) for x in (is_done | True, facts.accepted, facts.fault, facts.open))

    faults = most_faults_whenever(pairs, sampled, seen, alpha, (1 - wanted) / 2)
    left = np.clip(faults - fault, 0, unjudged)
    published = accepted + unjudged
    bound = 1 - left / np.maximum(published, 1)
    more = _faultless_to_come(pairs, fault, unjudged, published, sampled, seen, wanted, alpha)

    low = stats.beta.ppf(alpha / 2, sampled - seen, seen + 1)
    high = stats.beta.ppf(1 - alpha / 2, sampled - seen + 1, seen)
    columns: dict[str, list[Any]] = {
        "judged": count(is_done).tolist(),
        "accepted": accepted.tolist(),
        "rejected": count(is_done & (verdict == VERDICTS.index(Verdict.reject))).tolist(),
        "unsure": count(is_done & (verdict == VERDICTS.index(Verdict.unsure))).tolist(),
        "sampled": sampled.tolist(),
        "acceptance": _or_none(1 - seen / np.maximum(sampled, 1), sampled > 0),
        "acceptance_low": _or_none(np.where(seen == sampled, 0.0, low), sampled > 0),
        "acceptance_high": _or_none(np.where(seen == 0, 1.0, high), sampled > 0),
        "bound": _or_none(bound, published > 0),
        "more": [None if number < 0 else number for number in more.tolist()],
    }
    return tuple(
        StratumState(s.number, s.name, s.low, s.high, s.pairs, **{name: column[i] for name, column in columns.items()})
        for i, s in enumerate(strata)
    )


def _faultless_to_come(
    pairs: Int64[np.ndarray, " k"],
    fault: Int64[np.ndarray, " k"],
    unjudged: Int64[np.ndarray, " k"],
    published: Int64[np.ndarray, " k"],
    sampled: Int64[np.ndarray, " k"],
    seen: Int64[np.ndarray, " k"],
    wanted: float,
    alpha: float,
) -> Int64[np.ndarray, " k"]:
    """How many more judgements of the random order without a fault keep the promise; -1 where no number would."""
    allowed = np.floor((1 - wanted) * published + 1e-9).astype(np.int64)
    too_many = np.minimum(fault + allowed + 1, pairs - sampled + seen)

    def keeps(more: Int64[np.ndarray, " k"]) -> np.ndarray:
        is_all = unjudged - more <= allowed
        faults = np.minimum(too_many, pairs - sampled - more + seen)
        kept: np.ndarray = is_all | (
            evidence(pairs, faults, sampled + more, seen, (1 - wanted) / 2) >= -np.log(alpha)
        )  # fmt: skip
        return kept

    low, high = np.zeros_like(unjudged), unjudged.copy()
    while (low < high).any():
        middle = (low + high) // 2
        good = keeps(middle)
        low, high = np.where(good, low, np.minimum(middle + 1, high)), np.where(good, middle, high)
    found: Int64[np.ndarray, " k"] = np.where(published > 0, low, -1)
    return found


def _or_none(values: np.ndarray, is_there: np.ndarray) -> list[float | None]:
    return [value if there else None for value, there in zip(values.tolist(), is_there.tolist(), strict=True)]
