"""Ranks over data sets against the worked example of Demšar (2006), section 3.2.2, and closed forms."""

import math

import numpy as np
import pytest
from scipy import stats

from sempairs.core.errors import UserError
from sempairs.core.seeds import rng
from sempairs.statistics import compare_ranks

# Table 6: AUC of C4.5 with its parameters fixed or fitted on 14 data sets. "voting" is printed .975 and .975, with the
# ranks 2 and 3 of the unrounded numbers.
NAMES = ("C4.5", "C4.5+m", "C4.5+cf", "C4.5+m+cf")
AUC = np.array(
    [
        [0.763, 0.768, 0.771, 0.798],
        [0.599, 0.591, 0.590, 0.569],
        [0.954, 0.971, 0.968, 0.967],
        [0.628, 0.661, 0.654, 0.657],
        [0.882, 0.888, 0.886, 0.898],
        [0.936, 0.931, 0.916, 0.931],
        [0.661, 0.668, 0.609, 0.685],
        [0.583, 0.583, 0.563, 0.625],
        [0.775, 0.838, 0.866, 0.875],
        [1.000, 1.000, 1.000, 1.000],
        [0.940, 0.962, 0.965, 0.962],
        [0.619, 0.666, 0.614, 0.669],
        [0.972, 0.981, 0.9751, 0.975],
        [0.957, 0.978, 0.946, 0.970],
    ]
)


def test_the_ranks_and_statistics_of_the_paper():
    found = compare_ranks(AUC, NAMES)
    assert found.ranks == pytest.approx((3.143, 2.000, 2.893, 1.964), abs=5e-4)
    assert found.n == 14
    # The paper's chi2 does not allow for ties: three of two arms (6 each) and one of four (60) out of 14 · 60.
    without = found.chi2 * (1 - 78 / 840)
    assert without == pytest.approx(9.28, abs=5e-3)
    assert 13 * without / (14 * 3 - without) == pytest.approx(3.69, abs=5e-3)  # Iman and Davenport's F


def test_the_groups_of_the_paper():
    # "At p = .05 CD is 1.25 ... not powerful enough"; at .10 it is 1.12 and there are two groups (figure 1a).
    at_05, at_10 = compare_ranks(AUC, NAMES), compare_ranks(AUC, NAMES, alpha=0.10)
    assert at_05.p < 0.05
    assert at_05.critical_difference == pytest.approx(1.25, abs=5e-3)
    assert at_05.cliques == (("C4.5+m+cf", "C4.5+m", "C4.5+cf", "C4.5"),)
    assert at_10.critical_difference == pytest.approx(1.12, abs=5e-3)
    assert at_10.cliques == (("C4.5+m+cf", "C4.5+m", "C4.5+cf"), ("C4.5+cf", "C4.5"))


@pytest.mark.parametrize(
    ("arms", "q05", "q10"),
    [(3, 2.343, 2.052), (4, 2.569, 2.291), (5, 2.728, 2.459), (8, 3.031, 2.780), (10, 3.164, 2.920)],
)
def test_the_critical_values_of_table_5(arms, q05, q10):
    values, names = rng("ranks", arms).normal(size=(7, arms)), [f"arm {arm}" for arm in range(arms)]
    for alpha, q in ((0.05, q05), (0.10, q10)):
        expected = q * math.sqrt(arms * (arms + 1) / (6 * 7))
        assert compare_ranks(values, names, alpha).critical_difference == pytest.approx(expected, rel=5e-4)


def test_chi2_is_that_of_conover_with_ties():
    # By ranks r with ties: chi2 = (k - 1) Σ_j (R_j - N (k + 1) / 2)² / Σ_ij (r_ij - (k + 1) / 2)² (Conover, 5.8).
    values = rng("ties").integers(0, 3, size=(9, 4)).astype(float)
    r = stats.rankdata(-values, axis=1)
    expected = 3 * ((r.sum(axis=0) - 9 * 2.5) ** 2).sum() / ((r - 2.5) ** 2).sum()
    assert compare_ranks(values, "abcd").chi2 == pytest.approx(expected, rel=1e-12)


def test_p_is_exact_for_few_data_sets():
    # Three data sets agree in one of 3! orders: 6 of 6^3 ways.
    alike = np.array([[3.0, 2, 1], [30, 20, 10], [0.3, 0.2, 0.1]])
    assert compare_ranks(alike, "abc").p == pytest.approx(6 / 216)
    # Printed tables of Friedman's test for k = 3, N = 4: P(chi2 >= 6.5) = .042; ranks (1, 2, 3) thrice and (1, 3, 2).
    found = compare_ranks(np.array([[3.0, 2, 1], [3, 2, 1], [3, 2, 1], [3, 1, 2]]), "abc")
    assert found.chi2 == pytest.approx(6.5)
    assert found.p == pytest.approx(0.042, abs=5e-4)


def test_p_is_near_the_f_distributions_for_many_data_sets():
    values = rng("many sets").normal(loc=[0.0, 0.1, 0.2, 0.45], size=(60, 4))
    found = compare_ranks(values, "abcd")
    p = float(stats.f.sf(59 * found.chi2 / (60 * 3 - found.chi2), 3, 3 * 59))
    assert 0.01 < p < 0.2  # where both can be told
    assert found.p == pytest.approx(p, abs=4 * math.sqrt(p / 9999) + 0.1 * p)  # draws; 10% for the approximation
    assert found == compare_ranks(values, "abcd")


def test_one_arm_ahead_of_two_that_are_alike_on_twelve_data_sets():
    # Ranks 1, 2.5, 2.5; CD = 2.343 √(12 / 72) = .957.
    found = compare_ranks(np.array([[5.0, 1, 2], [5, 2, 1]] * 6), ["ahead", "b", "c"])
    assert found.ranks == (1, 2.5, 2.5)
    assert found.cliques == (("b", "c"),)


def test_all_apart_are_no_group_at_all():
    # Ranks 1, 2, 3 everywhere; CD = 2.343 √(12 / (6 · 2 · 12)) < 1 from 12 data sets on.
    assert compare_ranks(np.tile([3.0, 2, 1], (12, 1)), "abc").cliques == ()


def test_groups_overlap_where_the_data_cannot_tell():
    # Ranks 1, 2, 3, 4 on 12 data sets; CD = 2.569 √(20 / 72) = 1.354: neighbours are not told apart, others are.
    found = compare_ranks(np.tile([1.0, 2, 3, 4], (12, 1)), "dcba")
    assert found.cliques == (("a", "b"), ("b", "c"), ("c", "d"))


def test_arms_that_tie_everywhere_are_alike():
    found = compare_ranks(np.ones((4, 3)), "abc")
    assert (found.ranks, found.chi2, found.p) == ((2, 2, 2), 0, 1)
    assert found.cliques == (("a", "b", "c"),)


def test_two_arms_or_one_data_set_have_no_ranks_to_compare():
    for shape in ((5, 2), (1, 3)):
        with pytest.raises(UserError, match="three arms and two data sets"):
            compare_ranks(np.ones(shape), "abc"[: shape[1]])
    with pytest.raises(UserError, match="finite"):
        compare_ranks(np.array([[1.0, 2, math.nan], [1, 2, 3]]), "abc")
