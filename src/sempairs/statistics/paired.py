"""Differences of two arms, paired by seed or by test item, and what is made of such differences."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy import stats

from sempairs.statistics.intervals import Interval, Values, checked, standard_error, t_interval


@dataclass(frozen=True)
class PairedDifference(Interval):
    """A mean difference with its interval, and the two-sided p-value of "there is none"."""

    p: float


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
    differences = checked(np.subtract(a, b))
    interval = t_interval(differences, confidence)
    error = standard_error(differences)
    if error == 0:
        p = float(interval.estimate == 0)
    else:
        p = 2 * float(stats.t.sf(abs(interval.estimate) / error, interval.n - 1))
    return PairedDifference(interval.estimate, interval.low, interval.high, interval.n, p)


def difference_of_differences(
    a1: Values, b1: Values, a0: Values, b0: Values, confidence: float = 0.95
) -> PairedDifference:
    """The mean of (a1 - b1) - (a0 - b0): how much more an arm gains under condition 1 than under condition 0.

    Seed by seed, so that what the four runs of a seed share (images, pairs, order) falls out. "It gains under 1 and
    not under 0" is no evidence that the gains differ; this is.

    Source: Gelman, Stern, The difference between "significant" and "not significant" is not itself statistically
    significant, The American Statistician 60, 2006.

    Parameters
    ----------
    a1, b1: the values of an arm and of its baseline under condition 1; value i of all four has seed i.
    a0, b0: the same under condition 0.

    Raises
    ------
    UserError: fewer than two seeds, NaN or infinity.
    """
    assert len(a1) == len(b1) == len(a0) == len(b0), "the conditions have other numbers of seeds"
    return paired_difference(np.subtract(a1, b1), np.subtract(a0, b0), confidence)


def pooled_difference(differences: Float[np.ndarray, "seeds cells"], confidence: float = 0.95) -> PairedDifference:
    """The mean difference over all cells (methods, data sets) with its t interval over SEEDS.

    The cells of a seed are averaged first, and n is the number of seeds. An interval over all seeds x cells numbers
    would take them for independent, but the runs of a seed share images and pairs: what happens to be easy about those
    moves all their cells together. It would be too narrow, and the more cells, the more so. About other cells than
    these (another method, another data set) it says nothing.

    Parameters
    ----------
    differences: arm minus baseline, all in one unit; row i has seed i.

    Raises
    ------
    UserError: fewer than two seeds, NaN or infinity.
    """
    of_seeds = differences.mean(axis=1, dtype=np.float64)
    return paired_difference(of_seeds, np.zeros_like(of_seeds), confidence)


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
