"""The ratio of two means of paired values, with the interval that Fieller's theorem gives it.

Source: Fieller, Some problems in interval estimation, Journal of the Royal Statistical Society B 16, 1954.
"""

import numpy as np
from scipy import stats

from sempairs.statistics.intervals import Interval, Values, checked


def ratio_interval(above: Values, below: Values, confidence: float = 0.95) -> Interval | None:
    """mean(above) / mean(below) with every ratio r for which the t interval of above - r · below holds zero.

    That is a (mean_a - r mean_b)² <= t² (s_aa - 2 r s_ab + r² s_bb) / n, a quadratic inequality in r.

    Parameters
    ----------
    above, below: value i of both has seed i.

    Returns
    -------
    The interval, or None where the t interval of `below` holds zero: the ratios are then no interval of finite length.

    Raises
    ------
    UserError: fewer than two pairs, NaN or infinity.
    """
    assert len(above) == len(below), f"{len(above)} values cannot be paired with {len(below)}"
    a, b = checked(above), checked(below)
    n, reach = len(a), float(stats.t.ppf((1 + confidence) / 2, len(a) - 1)) ** 2 / len(a)
    (s_aa, s_ab), (_, s_bb) = np.cov(a, b)
    quadratic = b.mean() ** 2 - reach * s_bb
    if quadratic <= 0:
        return None
    middle = (a.mean() * b.mean() - reach * s_ab) / quadratic
    half = np.sqrt(max(0.0, middle**2 - (a.mean() ** 2 - reach * s_aa) / quadratic))
    return Interval(float(a.mean() / b.mean()), float(middle - half), float(middle + half), n)
