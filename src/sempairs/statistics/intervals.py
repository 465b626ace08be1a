"""An estimate with its confidence interval, and Student's interval of a mean.

Source: Student, The probable error of a mean, Biometrika 6, 1908.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64
from scipy import stats

from sempairs.core.errors import UserError

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


def checked(values: Values) -> Float64[np.ndarray, " n"]:
    """The values as numbers that have a spread; `UserError` for fewer than two values, NaN or infinity."""
    numbers = np.asarray(values, dtype=np.float64)
    if len(numbers) < 2:
        raise UserError("an interval needs at least two values", got=len(numbers), todo="run more seeds, or give none")
    if not np.isfinite(numbers).all():
        raise UserError("an interval needs finite values", got=numbers.tolist(), todo="find the run that diverged")
    return numbers


def t_interval(values: Values, confidence: float = 0.95) -> Interval:
    """The mean of independent values with its Student t interval: mean ± t(n-1) s / √n, s with n - 1.

    Values that are all the same give an interval of length zero.

    Raises
    ------
    UserError: fewer than two values (one value says nothing about its own spread), NaN or infinity.
    """
    values = checked(values)
    n, mean = len(values), float(values.mean())
    reach = float(stats.t.ppf((1 + confidence) / 2, n - 1)) * standard_error(values)
    return Interval(mean, mean - reach, mean + reach, n)


def standard_error(values: Float64[np.ndarray, " n"]) -> float:
    """s / √n of at least two values, s with n - 1."""
    return float(values.std(ddof=1)) / math.sqrt(len(values))
