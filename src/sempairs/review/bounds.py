"""Exact bounds on the faults in a finite set of pairs, from a part of it that was drawn at random and judged.

Two kinds. At a size of the sample that was laid down before: the hypergeometric law inverted, whose limit for large
sets is Clopper and Pearson's bound. At every size at once, however often somebody looks: the ratio of a prior's
evidence to the likelihood is a non-negative martingale for the true number of faults, so it ever reaches 1 / α with a
chance of α at most (Ville).

**Source** Clopper, Pearson, Biometrika 26, 1934; Waudby-Smith, Ramdas, Confidence sequences for sampling without
replacement, NeurIPS 2020, arXiv 2006.04347, section 2 (prior-posterior-ratio martingales).
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Bool, Float64, Int64
from scipy import special, stats

Counts = Int64[np.ndarray, " k"]
Test = Callable[[Counts], np.ndarray]
FAULTS_PRIOR = 0.5  # first parameter of the Beta priors; the second sets their means


def chance_of_so_few(pairs: Counts, faults: Counts, sampled: Counts, seen: Counts) -> Float64[np.ndarray, " k"]:
    """The chance that at most `seen` of the `faults` among `pairs` are in a sample of `sampled`."""
    chance = np.asarray(stats.hypergeom.cdf(seen, pairs, np.minimum(faults, pairs), sampled), dtype=np.float64)
    return np.where(faults > pairs, 0.0, chance)  # more faults than pairs: there cannot be so many


def most_to_see(pairs: Counts, faults: Counts, sampled: Counts, alpha: float) -> Counts:
    """How many faults a sample may show and still rule out, but for a chance of `alpha`, that there are so many; -1
    where no sample of this size can."""

    def rules_out(seen: Counts) -> Bool[np.ndarray, " k"]:
        return (seen < 0) | (chance_of_so_few(pairs, faults, sampled, seen) <= alpha)

    return _largest(np.full_like(sampled, -1), sampled, rules_out)


def most_faults(pairs: Counts, sampled: Counts, seen: Counts, alpha: float) -> Counts:
    """The exact upper bound of the faults among `pairs`, `seen` of them in a sample of `sampled`.

    It is below the truth with a chance of `alpha` at most. The sample's size must not depend on what it shows.
    """
    return _largest(
        seen, pairs - sampled + seen, lambda faults: chance_of_so_few(pairs, faults, sampled, seen) > alpha
    )  # fmt: skip


def most_faults_whenever(pairs: Counts, sampled: Counts, seen: Counts, alpha: float, expected: float) -> Counts:
    """An upper bound of the faults among `pairs` that may be looked at after every judgement.

    The chance that it is ever below the truth is `alpha` at most.

    Parameters
    ----------
    expected: the share of faults for which the bound is sharpest. It holds for any.
    """
    guess = np.maximum(seen, pairs * seen // np.maximum(sampled, 1))
    return _largest(
        np.minimum(guess, pairs - sampled + seen), pairs - sampled + seen,
        lambda faults: evidence(pairs, faults, sampled, seen, expected) < -np.log(alpha),
    )  # fmt: skip


def evidence(
    pairs: Counts, faults: Counts, sampled: Counts, seen: Counts, expected: float
) -> Float64[np.ndarray, " k"]:
    """The logarithm of the martingale against "there are so many faults": of evidence to likelihood of the sample."""
    likelihood = (
        _log_falling(faults, seen) + _log_falling(pairs - faults, sampled - seen) - _log_falling(pairs, sampled)
    )
    found: Float64[np.ndarray, " k"] = _prior_evidence(sampled, seen, expected) - likelihood
    return found


def highest_rate(n: int, seen: int, alpha: float, expected: float) -> float:
    """An upper bound of a rate, of which `seen` in `n` trials are known; it may be looked at after every trial."""
    if seen == n:
        return 1.0
    against = float(_prior_evidence(np.array([n]), np.array([seen]), expected)[0])
    low, high = seen / max(n, 1), 1.0
    for _ in range(60):
        rate = (low + high) / 2
        likelihood = special.xlogy(seen, rate) + special.xlog1py(n - seen, -rate)
        low, high = (rate, high) if against - likelihood < -np.log(alpha) else (low, rate)
    return high


def _prior_evidence(sampled: Counts, seen: Counts, expected: float) -> Float64[np.ndarray, " k"]:
    a, b = FAULTS_PRIOR, FAULTS_PRIOR * (1 - expected) / expected
    found: Float64[np.ndarray, " k"] = special.betaln(a + seen, b + sampled - seen) - special.betaln(a, b)
    return found


def _log_falling(n: Counts, k: Counts) -> Float64[np.ndarray, " k"]:
    """log n (n - 1) ... (n - k + 1)."""
    found: Float64[np.ndarray, " k"] = special.gammaln(n + 1.0) - special.gammaln(n - k + 1.0)
    return found


def _largest(low: Counts, high: Counts, holds: Test) -> Counts:
    """The largest number from `low`, where the test holds, to `high`; it holds up to some number and not beyond."""
    low, high = low.copy(), high.copy()
    while (low < high).any():
        middle = (low + high + 1) // 2
        good = holds(middle)
        low, high = np.where(good, middle, low), np.where(good, high, np.maximum(middle - 1, low))
    return low
