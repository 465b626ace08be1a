"""The sign-flip test against Fisher's own count, sums by hand and SciPy's permutation test."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from sempairs.core.errors import UserError
from sempairs.core.seeds import rng
from sempairs.statistics import least_p, sign_flip_test

# Darwin (1876): heights of crossed minus self-fertilized plants of 15 pairs, in eighths of an inch.
DARWIN = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]


def test_fishers_count_of_darwins_plants():
    # Fisher (1935, section 21): 863 of 2^15 = 32,768 sums are 314 or more; both tails are 5.267%.
    assert sign_flip_test([float(value) for value in DARWIN]) == 2 * 863 / 32768


def test_three_differences_by_hand():
    # |±1 ± 2 ± 4| is 7, 5, 3, 1, each twice of 8: the sum seen, 1 + 2 + 4, is reached by a quarter, 4 - 2 + 1 by 3/4.
    assert sign_flip_test([1.0, 2.0, 4.0]) == 0.25
    assert sign_flip_test([1.0, -2.0, 4.0]) == 0.75
    assert sign_flip_test([1.0, 2.0, -4.0]) == 1
    assert sign_flip_test([0.0, 0.0, 0.0]) == 1


def test_sums_that_are_equal_but_for_rounding_count_as_reached():
    # .1 + .2 - .3 is 5.6e-17 in floating point, -.1 - .2 + .3 the same turned; all 8 sums are .6, .4, .2 or 0 in truth.
    assert sign_flip_test([0.1, 0.2, -0.3]) == 1
    # Five equal differences: only all signs alike reach the sum, 2 of 32.
    assert sign_flip_test([0.1] * 5) == 2 / 32


@pytest.mark.parametrize("n", [2, 3, 7, 12])
def test_the_exact_test_agrees_with_scipy(n):
    differences = rng("sign flips", n).normal(loc=0.3, size=n)
    theirs = stats.permutation_test(
        (differences,), lambda values, axis: values.mean(axis), permutation_type="samples", n_resamples=2**n
    )
    assert sign_flip_test(differences) == pytest.approx(theirs.pvalue, rel=1e-12)


def test_more_than_twenty_differences_are_drawn_by_chance_near_the_exact_value():
    differences = rng("many").normal(loc=0.35, size=21)
    signs = np.array(list(itertools.product([1.0, -1.0], repeat=10)))
    first, last = signs @ differences[1:11], signs @ differences[11:]
    sums = differences[0] + first[:, None] + last[None, :]  # all 2^20 that keep the first sign
    exact = float((np.abs(sums) >= abs(differences.sum()) - 1e-9).mean())
    found = sign_flip_test(differences)
    assert found == pytest.approx(exact, abs=4 * math.sqrt(exact * (1 - exact) / 9999))  # binomial
    assert found == sign_flip_test(differences) != sign_flip_test(differences, seed=1)


def test_a_p_value_by_chance_is_never_zero():
    # Phipson and Smyth: (0 + 1) / (9,999 + 1), since all signs alike, 2 of 2^40, do not turn up.
    assert sign_flip_test([1.0] * 40) == least_p(40) == 1e-4


@pytest.mark.parametrize("n", [2, 3, 5, 6, 20])
def test_no_differences_give_less_than_the_least_p(n):
    assert sign_flip_test([1.0 + i for i in range(n)]) == least_p(n) == 2 / 2**n


def test_three_seeds_cannot_show_5_percent_and_six_can():
    assert [least_p(n) <= 0.05 for n in (1, 3, 5, 6)] == [False, False, False, True]


def test_the_cells_of_a_seed_turn_together():
    # Each seed says the same in 4 cells: as 12 chances the least p would be 2 / 2^12, but they are 3.
    differences = np.repeat([[1.0], [2.0], [4.0]], 4, axis=1)
    assert sign_flip_test(differences) == 0.25
    # Only the mean over the cells of a seed counts: -3 and 5 are 1, 2 and 2 are 2, 9 and -1 are 4.
    assert sign_flip_test(np.array([[-3.0, 5.0], [2.0, 2.0], [9.0, -1.0]])) == 0.25


@pytest.mark.parametrize("differences", [[1.0], np.ones((1, 5))])
def test_one_seed_has_no_test(differences):
    with pytest.raises(UserError, match="at least two values"):
        sign_flip_test(differences)


def test_a_diverged_run_has_no_test():
    with pytest.raises(UserError, match="finite"):
        sign_flip_test(np.array([[1.0, math.nan], [1.0, 2.0]]))
