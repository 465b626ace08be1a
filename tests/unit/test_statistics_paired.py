"""Interactions and pooled differences against their definitions by hand and SciPy."""

import numpy as np
import pytest
from scipy import stats

from sempairs.core.errors import UserError
from sempairs.core.seeds import rng
from sempairs.statistics import difference_of_differences, paired_difference, pooled_difference


def test_a_difference_of_differences_by_hand():
    # Gains 3, 4, 5 under condition 1 and 1, 1, 1 under 0: differences 2, 3, 4, mean 3, s = 1, t(.975, 2) = 4.303.
    found = difference_of_differences([13.0, 24.0, 35.0], [10.0, 20.0, 30.0], [6.0, 7.0, 8.0], [5.0, 6.0, 7.0])
    assert (found.estimate, found.n) == (3, 3)
    assert (found.low, found.high) == pytest.approx((3 - 4.303 / 3**0.5, 3 + 4.303 / 3**0.5), abs=5e-4)
    assert found.p == pytest.approx(stats.ttest_1samp([2.0, 3, 4], 0).pvalue)


def test_what_a_seed_does_to_all_four_runs_falls_out():
    a1, b1, a0, b0 = rng("interaction").normal(size=(4, 5))
    seeds = 100 * rng("seeds").normal(size=5)
    here, there = difference_of_differences(a1, b1, a0, b0), [values + seeds for values in (a1, b1, a0, b0)]
    assert difference_of_differences(*there).p == pytest.approx(here.p, rel=1e-6)
    # Turning the conditions round turns the sign.
    assert difference_of_differences(a0, b0, a1, b1).estimate == pytest.approx(-here.estimate)


def test_a_pooled_difference_counts_seeds_not_cells():
    # Means over cells 2, 3, 4.
    found = pooled_difference(np.array([[1.0, 3], [2, 4], [3, 5]]))
    assert found == paired_difference([2.0, 3.0, 4.0], [0.0, 0.0, 0.0])
    assert found.n == 3


def test_cells_that_repeat_a_seed_add_no_certainty():
    once = rng("cells").normal(size=(4, 1))
    thrice = pooled_difference(once.repeat(3, axis=1))
    assert (thrice.low, thrice.high) == pytest.approx((pooled_difference(once).low, pooled_difference(once).high))


def test_one_seed_of_many_cells_has_no_interval():
    with pytest.raises(UserError, match="at least two values"):
        pooled_difference(np.ones((1, 40)))


def test_conditions_with_other_numbers_of_seeds_are_not_paired():
    with pytest.raises(AssertionError, match="other numbers of seeds"):
        difference_of_differences([1.0, 2.0], [1.0, 2.0], [1.0], [1.0])
