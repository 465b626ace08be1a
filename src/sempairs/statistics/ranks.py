"""Which arms differ over many data sets, by their ranks on each: the numbers behind a critical-difference diagram.

Source: Demšar, Statistical comparisons of classifiers over multiple data sets, JMLR 7, 2006, section 3.2.2: Friedman's
test, then Nemenyi's test of all pairs. **Departure**: chi2 allows for ties (Conover, Practical Nonparametric
Statistics, 1999, section 5.8), and p is from orders drawn by chance within each data set, right for any number of them.
Demšar's is from Iman and Davenport's F, which grows with chi2 and has the F distribution where there are many data
sets: it rejects three equal arms on three of them 20 times in 100 at p <= .05 (docs/log.md).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy import stats

from sempairs.core.errors import UserError
from sempairs.core.seeds import rng


@dataclass(frozen=True)
class RankComparison:
    """k arms ranked on N data sets.

    Parameters
    ----------
    names: of the arms, in the order given.
    ranks: the average rank of each arm; 1 is best, k worst.
    n: how many data sets.
    chi2: Friedman's statistic.
    p: of "all arms are alike": how often chi2 is as large where each data set orders the arms by chance; exact where
        all data sets together have fewer than 10,000 orders.
    critical_difference: average ranks that are this far apart differ (Nemenyi, at `alpha`).
    cliques: the largest groups of two or more arms that are not told apart, the best ranks first. An arm may stand in
        two: the data do not say to which it belongs. If p > alpha all arms are one group.
    """

    names: tuple[str, ...]
    ranks: tuple[float, ...]
    n: int
    chi2: float
    p: float
    alpha: float
    critical_difference: float
    cliques: tuple[tuple[str, ...], ...]


def compare_ranks(
    values: Float[np.ndarray, "datasets arms"], names: Sequence[str], alpha: float = 0.05
) -> RankComparison:
    """Compare all arms with each other over data sets.

    It takes the data sets for independent draws from those that one cares about; several metrics of the same images are
    none, and neither are several seeds of one data set: average those first. With few data sets it sees little: for
    three arms on five, ranks must differ by 1.48 of the 2 that are possible.

    Parameters
    ----------
    values: the higher the better; turn the sign of those that should be low. Units may differ between data sets.
    names: of the arms.

    Raises
    ------
    UserError: fewer than three arms or two data sets, NaN or infinity.
    """
    (n, k), names = values.shape, tuple(names)
    assert len(names) == k, f"{len(names)} names for {k} arms"
    if k < 3 or n < 2:
        raise UserError(
            "ranks need three arms and two data sets",
            got=f"{k} arms on {n} data sets",
            todo="compare two arms by their paired difference",
        )
    if not np.isfinite(values).all():
        raise UserError("ranks need finite values", got=values.tolist(), todo="find the run that diverged")
    of_sets = stats.rankdata(-values, axis=1)
    ranks = of_sets.mean(axis=0)
    chi2 = 0.0 if (values == values[:, :1]).all() else float(stats.friedmanchisquare(*values.T).statistic)
    p = stats.permutation_test(
        tuple(of_sets.T), _spread, permutation_type="samples", alternative="greater", n_resamples=9999,
        vectorized=True, rng=rng("orders", n, k),
    ).pvalue  # fmt: skip
    apart = float(stats.studentized_range.ppf(1 - alpha, k, math.inf)) * math.sqrt(k * (k + 1) / (12 * n))
    found = _cliques(ranks, apart) if p <= alpha else [np.argsort(ranks, kind="stable")]
    cliques = tuple(tuple(names[arm] for arm in clique) for clique in found)
    return RankComparison(names, tuple(ranks.tolist()), n, chi2, float(p), alpha, apart, cliques)


def _spread(*ranks: np.ndarray, axis: int) -> np.ndarray:
    """What chi2 grows with: the sum of the squared average ranks."""
    return np.asarray(sum(of_arm.mean(axis=axis) ** 2 for of_arm in ranks))


def _cliques(ranks: Float[np.ndarray, " k"], apart: float) -> list[np.ndarray]:
    """The largest runs of neighbours in rank whose ends are less than `apart` from each other."""
    order = np.argsort(ranks, kind="stable")
    ends = np.searchsorted(ranks[order], ranks[order] + apart)  # of the run that begins with each arm
    before = np.concatenate([[0], ends[:-1]])
    return [order[start:end] for start, end in enumerate(ends) if end > max(before[start], start + 1)]
