"""Images in groups that a metadata column makes, and what a number over groups is known to."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64
from scipy import stats

from sempairs.core.errors import UserError
from sempairs.sources.base import Source
from sempairs.statistics import Interval


@dataclass(frozen=True)
class Groups:
    """Some groups of images, by name.

    Parameters
    ----------
    rows: the images of each group.
    left_out: how many images are in none.
    """

    names: tuple[str, ...]
    rows: tuple[Int64[np.ndarray, " _"], ...]
    left_out: int

    @classmethod
    def by(cls, column: str, source: Source, least: int) -> "Groups":
        """The groups with `least` images or more, in the order of their names; an empty value is no group.

        Raises
        ------
        UserError: there is no such column, or fewer than two such groups.
        """
        values = source.column(column)
        every = {str(name): np.flatnonzero(values == name) for name in np.unique(values)}
        large = {name: rows for name, rows in every.items() if name and len(rows) >= least}
        if len(large) < 2:
            raise UserError(
                f"there are not two groups with {least} images or more", got=f"{len(large)} by {column!r}",
                todo="set `least` lower, or choose another column",
            )  # fmt: skip
        return cls(tuple(large), tuple(large.values()), len(source) - sum(map(len, large.values())))

    def combined(self, values: Float64[np.ndarray, " n"], weights: Float64[np.ndarray, " g"]) -> Interval:
        """A weighted sum of the groups' mean values, with its 95% normal interval over images, the groups fixed."""
        parts = [values[rows] for rows in self.rows]
        estimate = sum(weight * float(part.mean()) for weight, part in zip(weights, parts, strict=True))
        variance = sum(
            weight**2 * float(part.var(ddof=1)) / len(part) for weight, part in zip(weights, parts, strict=True)
        )
        reach = float(stats.norm.ppf(0.975)) * math.sqrt(variance)
        return Interval(float(estimate), float(estimate) - reach, float(estimate) + reach, sum(map(len, self.rows)))
