"""From a small judged sample of pairs to the similarity threshold that promises a wanted precision.

**Source** Fixed-sequence testing as in Angelopoulos, Bates, Candes, Jordan, Lei, "Learn then Test", 2021, arXiv
2110.01052: thresholds, laid down before a verdict is seen, are tested from the strictest down, each by the exact lower
bound of its precision, and testing stops at the first that fails. So the promise holds for the threshold that was
chosen, though many were tried.
"""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int64
from scipy import stats

from sempairs.core.errors import UserError

THRESHOLDS = 50


@dataclass(frozen=True)
class Step:
    """One threshold.

    Parameters
    ----------
    similarity: pairs with at least this similarity are kept.
    kept: share of all pairs that this keeps.
    judged: pairs of the sample among them.
    precision, low, high: share of right ones among the judged, and its exact two-sided 95% interval, this step alone.
    bound: exact one-sided lower bound of the precision at the wanted confidence.
    """

    similarity: float
    kept: float
    judged: int
    precision: float
    low: float
    high: float
    bound: float


@dataclass(frozen=True)
class Calibration:
    """All steps, strictest first, and the loosest one that keeps the promise; None if the sample supports none."""

    wanted: float
    confidence: float
    steps: tuple[Step, ...]
    chosen: Step | None


def calibrate(
    similarity: Float64[np.ndarray, " n"],
    judged: Bool[np.ndarray, " n"],
    right: Bool[np.ndarray, " n"],
    *,
    wanted: float = 0.95,
    confidence: float = 0.95,
) -> Calibration:
    """Precision by threshold, and the threshold that promises `wanted` with `confidence`.

    Parameters
    ----------
    similarity: of all pairs.
    judged: which pairs are in the sample; it must be drawn at random.
    right: the verdicts, read only where `judged`.

    Raises
    ------
    UserError: a share out of range, pairs without similarity, or a sample so small that even one without a fault
        could not make the promise.
    """
    for name, share in {"wanted": wanted, "confidence": confidence}.items():
        if not 0 < share < 1:
            raise UserError(f"{name} must be between 0 and 1", got=share)
    if not np.isfinite(similarity).all():
        raise UserError("pairs without a similarity have no threshold", todo="calibrate mined pairs")
    # Without a fault among n, the lower bound is (1 - confidence)^(1/n).
    fewest = math.ceil(math.log(1 - confidence) / math.log(wanted))
    if judged.sum() < fewest:
        raise UserError(
            f"a promise of {wanted:.0%} at {confidence:.0%} confidence needs {fewest} judged pairs at least",
            got=int(judged.sum()),
            todo="judge more, or want less",
        )
    # Thresholds from the strictest that could keep the promise at all; similarities alone decide, not verdicts.
    sample = np.sort(similarity[judged])[::-1]
    places = np.unique(np.linspace(fewest, len(sample), THRESHOLDS).astype(np.int64)) - 1
    thresholds = np.unique(sample[places])[::-1]

    n = _at_least(thresholds, similarity[judged])
    k = _at_least(thresholds, similarity[judged & right])
    kept = _at_least(thresholds, similarity) / len(similarity)
    low, high = _lower_bound(k, n, 0.975), 1 - _lower_bound(n - k, n, 0.975)
    bound = _lower_bound(k, n, confidence)
    columns = (thresholds, kept, n, k / n, low, high, bound)
    steps = [Step(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]
    passed = int(np.argmin(np.append(bound >= wanted, False)))  # testing stops at the first failure
    return Calibration(wanted, confidence, tuple(steps), steps[passed - 1] if passed else None)


def _at_least(thresholds: Float64[np.ndarray, " t"], values: Float64[np.ndarray, " n"]) -> Int64[np.ndarray, " t"]:
    """How many values reach each threshold."""
    return len(values) - np.searchsorted(np.sort(values), thresholds, side="left")


def _lower_bound(
    k: Int64[np.ndarray, " t"], n: Int64[np.ndarray, " t"], confidence: float
) -> Float64[np.ndarray, " t"]:
    """The exact one-sided lower bounds of k right ones of n (Clopper, Pearson, 1934)."""
    return np.where(k > 0, stats.beta.ppf(1 - confidence, np.maximum(k, 1), n - k + 1), 0.0)
