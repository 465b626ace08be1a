"""What a paired t test with n seeds could have seen: its power, and the smallest difference that has enough of it.

Source: Cohen, Statistical Power Analysis for the Behavioral Sciences, 2nd edition, 1988, chapter 2: under a true mean
difference δ the statistic has the noncentral t distribution with n - 1 degrees of freedom and noncentrality δ √n / σ.
"""

import math

from scipy import optimize, stats

from sempairs.core.errors import UserError


def power_of(difference: float, sd: float, n: int, alpha: float = 0.05) -> float:
    """The probability that a two-sided paired t test of n differences rejects "there is none" at `alpha`.

    Both tails count, so the power of difference 0 is `alpha`.

    Parameters
    ----------
    difference: the true mean difference; its sign does not matter.
    sd: the true standard deviation of the differences, in the same unit. Zero: any difference is seen.

    Raises
    ------
    UserError: n is below 2.
    """
    _check(sd, n)
    if sd == 0:
        return float(difference != 0)
    return _power(abs(difference) / sd * math.sqrt(n), n, alpha)


def detectable(sd: float, n: int, power: float = 0.8, alpha: float = 0.05) -> float:
    """The smallest true mean difference that a two-sided paired t test of n differences finds with this power.

    In the unit of `sd`. That is 3.26 sd for three seeds, 1.68 for five and 1.00 for ten. An sd that is measured on few
    seeds is itself uncertain: three leave a 95% interval of .52 to 6.3 times the measured one, and so does this number.

    Parameters
    ----------
    sd: the standard deviation of the differences (n - 1), not of either arm.

    Raises
    ------
    UserError: n is below 2.
    """
    _check(sd, n)
    assert 0 < alpha < power < 1, (alpha, power)
    beyond = 1.0
    while _power(beyond, n, alpha) < power:
        beyond *= 2
    noncentrality = optimize.brentq(lambda tried: _power(tried, n, alpha) - power, 0.0, beyond)
    return float(noncentrality) * sd / math.sqrt(n)


def _check(sd: float, n: int) -> None:
    assert sd >= 0, sd
    if n < 2:
        raise UserError("a paired t test needs at least two differences", got=n, todo="run more seeds")


def _power(noncentrality: float, n: int, alpha: float) -> float:
    critical = stats.t.ppf(1 - alpha / 2, n - 1)
    # The lower tail as the upper one of the mirrored distribution: SciPy's own lower tail is NaN for some arguments.
    return sum(float(stats.nct.sf(critical, n - 1, side)) for side in (noncentrality, -noncentrality))
