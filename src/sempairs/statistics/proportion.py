"""The share of successes with its exact interval."""

from scipy import stats

from sempairs.core.errors import UserError
from sempairs.statistics.intervals import Interval


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
