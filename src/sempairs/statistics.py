"""What a few numbers support: intervals, paired differences and the correction for many comparisons.

Two questions stay apart: over SEEDS (would another training run say the same?) with `t_interval` and
`paired_difference`, and over test ITEMS (would other test images say the same of these very encoders?) with
`paired_items_interval` and `proportion_interval`.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64, Int64
from scipy import stats

from sempairs.core.errors import UserError
from sempairs.core.seeds import rng

Values = Float[np.ndarray, " n"] | Sequence[float]


@dataclass(frozen=True)
class Interval:
    """An estimate from n values with its confidence interval, all in the unit of the values.

    `0 in interval` asks whether the values are compatible with zero.
    """

    estimate: float
    low: float
    high: float
    n: int

    def __contains__(self, value: float | int) -> bool:
        return bool(self.low <= value <= self.high)


@dataclass(frozen=True)
class PairedDifference(Interval):
    """A mean difference with its interval, and the two-sided p-value of "there is none"."""

    p: float


def _checked(values: Values) -> Float64[np.ndarray, " n"]:
    checked = np.asarray(values, dtype=np.float64)
    if len(checked) < 2:
        raise UserError("an interval needs at least two values", got=len(checked), todo="run more seeds, or give none")
    if not np.isfinite(checked).all():
        raise UserError("an interval needs finite values", got=checked.tolist(), todo="find the run that diverged")
    return checked


def t_interval(values: Values, confidence: float = 0.95) -> Interval:
    """The mean of independent values with its Student t interval: mean ± t(n-1) s / √n, s with n - 1.

    Values that are all the same give an interval of length zero.

    Raises
    ------
    UserError: fewer than two values (one value says nothing about its own spread), NaN or infinity.
    """
    checked = _checked(values)
    n, mean = len(checked), float(checked.mean())
    error = float(checked.std(ddof=1)) / math.sqrt(n)
    reach = float(stats.t.ppf((1 + confidence) / 2, n - 1)) * error
    return Interval(mean, mean - reach, mean + reach, n)


def paired_difference(a: Values, b: Values, confidence: float = 0.95) -> PairedDifference:
    """The mean of a - b with its t interval and the p-value of the paired t-test.

    Parameters
    ----------
    a, b: the values of two arms; value i of both has seed i.

    Raises
    ------
    UserError: fewer than two pairs, NaN or infinity. Differences without any spread give p = 0, or 1 if all are zero.
    """
    assert len(a) == len(b), f"{len(a)} values cannot be paired with {len(b)}"
    differences = _checked(np.subtract(a, b))
    interval = t_interval(differences, confidence)
    error = float(differences.std(ddof=1)) / math.sqrt(interval.n)
    if error == 0:
        p = float(interval.estimate == 0)
    else:
        p = 2 * float(stats.t.sf(abs(interval.estimate) / error, interval.n - 1))
    return PairedDifference(interval.estimate, interval.low, interval.high, interval.n, p)


def paired_items_interval(
    a: Float[np.ndarray, "s n"], b: Float[np.ndarray, "s n"], confidence: float = 0.95
) -> Interval:  # fmt: skip
    """The mean of a - b over n test items with the seeds held fixed.

    The s seeds are averaged for each item first, so that an item counts once however many seeds saw it; the interval
    is the t interval over items. It says nothing about other seeds.

    Parameters
    ----------
    a, b: outcomes of two arms, one row for each seed and one column for each item, the same items in both.
    """
    assert a.shape == b.shape, f"outcomes of {a.shape} cannot be paired with {b.shape}"
    return t_interval((a - b).mean(axis=0, dtype=np.float64), confidence)


def bootstrap_interval(
    values: Values,
    seed: int = 0,
    statistic: Callable[..., np.ndarray] = np.mean,
    confidence: float = 0.95,
    resamples: int = 9999,
) -> Interval:
    """The percentile bootstrap interval of a statistic of independent values.

    Source: Efron, Bootstrap methods: another look at the jackknife, Annals of Statistics 7, 1979.

    Parameters
    ----------
    seed: names the resamples; the same seed gives the same interval.
    statistic: a NumPy reduction that takes `axis`, such as `np.median`.

    Raises
    ------
    UserError: fewer than two values, NaN or infinity.
    """
    checked = _checked(values)
    found = stats.bootstrap(
        (checked,), statistic, n_resamples=resamples, confidence_level=confidence, method="percentile",
        batch=max(1, 2**22 // len(checked)), rng=rng("bootstrap", seed),
    ).confidence_interval  # fmt: skip
    return Interval(float(statistic(checked, axis=0)), float(found.low), float(found.high), len(checked))


def jackknife_interval(
    statistic: Callable[[Int64[np.ndarray, " m"]], float], n: int, blocks: int = 20, confidence: float = 0.95
) -> Interval:
    """The interval of a statistic that is no mean over items (an area under a curve, a rank) by leaving blocks out.

    The n items are put into `blocks` groups by chance, always the same ones; with θ_j the statistic without group j and
    θ that of all items, the interval is θ ± t(blocks - 1) sqrt((blocks - 1) / blocks Σ_j (θ_j - mean θ_j)²).

    Source: Tukey, Bias and confidence in not quite large samples, Annals of Mathematical Statistics 29, 1958; groups:
    Shao, Wu, A general theory for jackknife variance estimation, Annals of Statistics 17, 1989.

    Parameters
    ----------
    statistic: of the items at these positions (sorted).
    n: how many items there are; with fewer than `blocks`, each is a group.

    Raises
    ------
    UserError: fewer than two items, or a statistic that is not finite.
    """
    blocks = min(blocks, n)
    group = rng("jackknife", n).permutation(n) % max(blocks, 1)
    without = _checked([statistic(np.flatnonzero(group != block)) for block in range(blocks)])
    estimate = float(statistic(np.arange(n)))
    error = math.sqrt((blocks - 1) / blocks * float(((without - without.mean()) ** 2).sum()))
    reach = float(stats.t.ppf((1 + confidence) / 2, blocks - 1)) * error
    return Interval(estimate, estimate - reach, estimate + reach, n)


def proportion_interval(successes: int, n: int, confidence: float = 0.95) -> Interval:
    """The share successes / n with its exact two-sided interval. It covers at least as often as it claims.

    Source: Clopper, Pearson, The use of confidence or fiducial limits, Biometrika 26, 1934.

    Raises
    ------
    UserError: n is zero.
    """
    assert 0 <= successes <= n, f"{successes} successes of {n}"
    if n == 0:
        raise UserError("a share needs at least one item", got="none", todo="give images to test on")
    found = stats.binomtest(successes, n).proportion_ci(confidence, method="exact")
    return Interval(successes / n, float(found.low), float(found.high), n)


def holm(p_values: Values) -> Float64[np.ndarray, " n"]:
    """p-values adjusted for n comparisons: rejecting those <= α keeps the chance of any false one at α or below.

    Source: Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6, 1979.
    """
    p = np.asarray(p_values, dtype=np.float64)
    assert ((p >= 0) & (p <= 1)).all(), f"not p-values: {p_values}"
    order = np.argsort(p, kind="stable")
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)))
    return adjusted
