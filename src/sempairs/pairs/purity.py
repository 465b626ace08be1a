"""Purity, the share of right pairs, with an interval for independent pairs and one that holds where pairs share images.

One misread image spoils every pair that it stands in, and (a, b) says nothing that (b, a) did not: pairs that share
images tell less than their number says, and the exact interval, which takes them for independent, is too narrow.

**Source** Variance: Fafchamps, Gubert, "The formation of risk sharing networks", Journal of Development Economics 83,
2007, equation 2.9 (two pairs are correlated if they share an image). From variance to interval: Korn, Graubard,
"Confidence intervals for proportions with small expected number of positive counts estimated from survey data", Survey
Methodology 24, 1998 (Clopper-Pearson with the effective number of pairs). **Departure**: the degrees of freedom are the
effective number of pairs were sharing pairs wholly alike, less one; the effective number never falls below that, and
sharing never makes it larger.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int64
from scipy import stats


@dataclass(frozen=True)
class Purity:
    """How many of some pairs are right.

    Parameters
    ----------
    pairs, right: counts.
    share: right / pairs.
    exact: 95% interval of the share for independent pairs (Clopper-Pearson); too narrow where pairs share images.
    robust: 95% interval that allows for shared images; the same as `exact` where no two pairs share one. It takes
        pairs that share no image for independent: where alike images fail together, even this one is too narrow.
    """

    pairs: int
    right: int
    share: float
    exact: tuple[float, float]
    robust: tuple[float, float]


def purity_of(right: Bool[np.ndarray, " n"], positions: Int64[np.ndarray, "n 2"]) -> Purity:
    """The purity of n pairs, at least one.

    Parameters
    ----------
    right: which pairs are right.
    positions: the two images of each pair, as numbers.
    """
    n, count = len(right), int(right.sum())
    effective = effective_pairs(right, positions)
    return Purity(n, count, count / n, _clopper_pearson(count / n, n), _clopper_pearson(count / n, effective))


def effective_pairs(right: Bool[np.ndarray, " n"], positions: Int64[np.ndarray, "n 2"]) -> float:
    """How many independent pairs would tell as much as these n, between 1 and n.

    Where all pairs are right, or none is, nothing tells how alike pairs that share an image are: they count as wholly
    alike.
    """
    n = len(right)
    over_sharing = _Sharing(positions)
    if_alike = n**2 / over_sharing.sum_of_products(np.ones(n))
    if if_alike == n:  # no two pairs share an image
        return float(n)
    errors = right - right.mean()
    if not errors.any():
        return if_alike
    # How much larger the variance is than that of independent pairs, and how little is known of it.
    larger = max(1.0, over_sharing.sum_of_products(errors) / (errors @ errors))
    wider = stats.t.ppf(0.975, max(if_alike - 1, 1.0)) / stats.t.ppf(0.975, n - 1)
    return float(max(if_alike, n / larger / wider**2))


class _Sharing:
    """Which pairs share an image: sums over all couples of pairs that do, in linear time."""

    def __init__(self, positions: Int64[np.ndarray, "n 2"]) -> None:
        images, numbers = np.unique(positions, return_inverse=True)
        self.ends = numbers.reshape(positions.shape)
        self.is_other = self.ends[:, 0] != self.ends[:, 1]
        low, high = np.sort(self.ends[self.is_other], axis=1).T
        self.couples = np.unique(low * len(images) + high, return_inverse=True)[1]

    def sum_of_products(self, values: Float64[np.ndarray, " n"]) -> float:
        """The sum of `values[d] * values[e]` over all d and e that share an image, d = e among them.

        Summed over images it would count couples of pairs that share both of their images twice.
        """
        others = values[self.is_other]
        of_images = np.bincount(self.ends[:, 0], values, self.ends.max() + 1)
        of_images += np.bincount(self.ends[self.is_other, 1], others, self.ends.max() + 1)
        of_couples = np.bincount(self.couples, others)
        return float(of_images @ of_images - of_couples @ of_couples)


def _clopper_pearson(share: float, n: float | int) -> tuple[float, float]:
    """The exact 95% interval of a share of n, where n need not be whole."""
    right = share * n
    low = float(stats.beta.ppf(0.025, right, n - right + 1)) if right > 0 else 0.0
    high = float(stats.beta.ppf(0.975, right + 1, n - right)) if share < 1 else 1.0
    return low, high
