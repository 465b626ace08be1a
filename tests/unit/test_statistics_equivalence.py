"""Equivalence against the two one-sided tests that it stands for."""

import math

import numpy as np
import pytest
from scipy import stats

from sempairs.core.errors import UserError
from sempairs.core.seeds import rng
from sempairs.statistics import equivalence_p, equivalent_within, t_interval


def test_three_differences_by_hand():
    # Mean 2, s = 1; t(.95, 2) = 2.920 in the printed tables: 2 + 2.920 / √3 = 3.686.
    assert equivalent_within([1.0, 2.0, 3.0]) == pytest.approx(2 + 2.920 / math.sqrt(3), abs=5e-4)
    assert equivalent_within([-1.0, -2.0, -3.0]) == equivalent_within([1.0, 2.0, 3.0])
    # t(.99, 2) = 6.965.
    assert equivalent_within([1.0, 2.0, 3.0], confidence=0.99) == pytest.approx(2 + 6.965 / math.sqrt(3), abs=5e-4)


@pytest.mark.parametrize("shift", [-1.0, 0.0, 0.2, 3.0])
def test_the_bound_is_where_the_larger_of_two_one_sided_tests_rejects(shift):
    differences = rng("equivalence").normal(loc=shift, size=6)
    bound = equivalent_within(differences)
    assert equivalence_p(differences, bound) == pytest.approx(0.05, rel=1e-9)
    assert equivalence_p(differences, 1.01 * bound) < 0.05 < equivalence_p(differences, 0.99 * bound)
    for within in (0.1, 1.0, 2.5):
        theirs = max(
            stats.ttest_1samp(differences, within, alternative="less").pvalue,
            stats.ttest_1samp(differences, -within, alternative="greater").pvalue,
        )
        assert equivalence_p(differences, within) == pytest.approx(theirs, rel=1e-9)


def test_lakens_example_of_paired_differences():
    # Lakens (2017), the paired example of TOSTpaired in his package TOSTER: means 5.83 and 5.75, sd 1.17 and 1.29, 65
    # pairs, r = .75, bounds ±.4 sd of the differences. By its formula the larger test has
    # t = (.08 - .4 · .8777) / (.8777 / √65) = -2.490 with 64 degrees of freedom.
    sd = math.sqrt(1.17**2 + 1.29**2 - 2 * 0.75 * 1.17 * 1.29)
    values = rng("lakens").normal(size=65)
    values = 0.08 + sd * (values - values.mean()) / values.std(ddof=1)
    assert equivalence_p(values, 0.4 * sd) == pytest.approx(stats.t.cdf(-2.490, 64), rel=2e-3)


def test_differences_without_spread_are_their_own_bound():
    assert equivalent_within([0.5, 0.5, 0.5]) == 0.5
    assert [equivalence_p([0.5, 0.5], within) for within in (0.4, 0.5, 0.6)] == [1, 1, 0]


def test_undecided_is_not_equivalent():
    # Two far seeds: nothing is shown to differ and nothing to be alike.
    differences = [-4.0, 5.0]
    assert 0 in t_interval(differences)
    assert equivalent_within(differences) > 20  # .5 + 6.314 · 4.5, t(.95, 1) = 6.314


def test_one_difference_shows_nothing():
    for test in (equivalent_within, lambda values: equivalence_p(values, 1.0)):
        with pytest.raises(UserError, match="at least two values"):
            test([1.0])
        with pytest.raises(UserError, match="finite"):
            test(np.array([1.0, math.inf]))
