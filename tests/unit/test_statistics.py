"""Intervals and tests against printed tables, closed forms and scipy's own paired test."""

import math

import numpy as np
import pytest
from scipy import stats

from sempairs.core.errors import UserError
from sempairs.core.seeds import rng
from sempairs.statistics import (
    bootstrap_interval,
    holm,
    jackknife_interval,
    paired_difference,
    paired_items_interval,
    proportion_interval,
    t_interval,
)

# Student (1908, The probable error of a mean): extra hours of sleep of ten patients under two drugs.
SLEEP_A = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
SLEEP_B = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]


def test_the_t_interval_of_three_values_by_hand():
    # Mean 2, s = 1, t(0.975, 2) = 4.303 in the printed tables: 2 ± 4.303 / √3.
    interval = t_interval([1.0, 2.0, 3.0])
    assert interval.estimate == 2
    assert interval.n == 3
    assert (interval.low, interval.high) == pytest.approx(
        (2 - 4.303 / math.sqrt(3), 2 + 4.303 / math.sqrt(3)), abs=5e-4
    )


def test_another_confidence_uses_its_own_quantile():
    # t(0.95, 2) = 2.920 in the printed tables.
    assert t_interval([1.0, 2.0, 3.0], confidence=0.9).high == pytest.approx(2 + 2.920 / math.sqrt(3), abs=5e-4)


def test_students_sleep_data():
    # Printed by R, t.test(paired = TRUE): t = -4.0621, p-value = 0.002833, interval -2.4598858 -0.7001142.
    found = paired_difference(SLEEP_A, SLEEP_B)
    assert found.estimate == pytest.approx(-1.58)
    assert (found.low, found.high) == pytest.approx((-2.4598858, -0.7001142), abs=5e-8)
    assert found.p == pytest.approx(0.002833, abs=5e-7)
    assert 0 not in found


def test_the_paired_difference_agrees_with_scipy_and_changes_sign_with_its_arguments():
    a, b = rng("a").normal(size=7), rng("b").normal(size=7)
    theirs = stats.ttest_rel(a, b)
    there, back = paired_difference(a, b), paired_difference(b, a)
    assert there.p == pytest.approx(theirs.pvalue, rel=1e-12)
    assert (there.low, there.high) == pytest.approx(tuple(theirs.confidence_interval()), rel=1e-12)
    assert (back.estimate, back.low, back.high) == pytest.approx((-there.estimate, -there.high, -there.low))
    assert back.p == pytest.approx(there.p)


def test_what_all_seeds_share_does_not_widen_a_paired_difference():
    # Seeds far apart, the same gain of exactly 2 in each: no spread of differences, however large that of the values.
    found = paired_difference([12.0, 52.0, 92.0], [10.0, 50.0, 90.0])
    assert (found.low, found.high, found.p) == (2, 2, 0)
    assert paired_difference([1.0, 2.0], [1.0, 2.0]).p == 1


@pytest.mark.parametrize("n", [2, 3, 5])
def test_the_95_percent_t_interval_covers_the_mean_95_times_in_100(n):
    trials = 2000
    samples = rng("coverage", n).normal(loc=3, scale=2, size=(trials, n))
    covered = sum(3 in t_interval(sample) for sample in samples)
    # The count is binomial: 4 of its standard deviations (p = 6e-5) around 95%.
    assert abs(covered / trials - 0.95) < 4 * math.sqrt(0.95 * 0.05 / trials)


def test_the_paired_test_rejects_5_times_in_100_where_there_is_nothing():
    trials = 2000
    samples = rng("level").normal(size=(trials, 2, 4))
    rejected = sum(paired_difference(a, b).p <= 0.05 for a, b in samples)
    assert abs(rejected / trials - 0.05) < 4 * math.sqrt(0.95 * 0.05 / trials)


def test_over_items_seeds_are_averaged_first():
    # Item differences by seed (1, 2, 6) and (3, 2, 0): averages (2, 2, 3), mean 7/3, s = 1/√3, so s/√3 = 1/3.
    a, b = np.array([[1.0, 2, 6], [3, 2, 0]]), np.zeros((2, 3))
    interval = paired_items_interval(a, b)
    assert interval.n == 3
    assert interval.estimate == pytest.approx(7 / 3)
    assert interval.high == pytest.approx(7 / 3 + 4.303 / 3, abs=5e-4)  # t(0.975, 2) = 4.303


def test_seeds_that_say_the_same_of_each_item_add_no_certainty():
    a, b = rng("a").normal(size=(1, 50)), rng("b").normal(size=(1, 50))
    once, thrice = paired_items_interval(a, b), paired_items_interval(a.repeat(3, axis=0), b.repeat(3, axis=0))
    assert (thrice.low, thrice.high) == pytest.approx((once.low, once.high))


def test_the_interval_over_items_of_right_and_wrong_covers_95_times_in_100():
    # Two classifiers, right with probability .8 and .7, independently: the mean difference is .1.
    trials, draws = 1000, rng("items").random((1000, 2, 1, 400))
    covered = sum(0.1 in paired_items_interval((d[0] < 0.8) * 1.0, (d[1] < 0.7) * 1.0) for d in draws)
    assert abs(covered / trials - 0.95) < 4 * math.sqrt(0.95 * 0.05 / trials)


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        (0, 10, 0, 1 - 0.025**0.1),  # closed form: (1 - high)^n = α / 2
        (10, 10, 0.025**0.1, 1),  # the same by symmetry
        (1, 1, 0.025, 1),
        (2, 10, 0.0252, 0.5561),  # printed tables of exact binomial limits (Geigy; Zar)
    ],
)
def test_exact_binomial_intervals(successes, n, low, high):
    interval = proportion_interval(successes, n)
    assert interval.estimate == successes / n
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=5e-5)


def test_the_exact_interval_covers_at_least_as_often_as_it_claims():
    # No simulation: the chance of covering is a sum over all 21 outcomes.
    intervals = [proportion_interval(successes, 20) for successes in range(21)]
    for p in np.linspace(0.01, 0.99, 99):
        chances = stats.binom.pmf(np.arange(21), 20, p)
        assert sum(c for c, interval in zip(chances, intervals, strict=True) if p in interval) >= 0.95


def test_the_bootstrap_of_a_mean_is_near_the_normal_interval_in_large_samples():
    values = rng("bootstrap values").normal(size=400)
    interval = bootstrap_interval(values)
    error = values.std() / math.sqrt(400)  # the bootstrap's own standard error of the mean has n, not n - 1
    assert interval.estimate == pytest.approx(values.mean())
    # A quantile from 9,999 resamples is off by about √(.025 · .975 / 9999) / φ(1.96) = .027 errors; 4 of these.
    assert interval.low == pytest.approx(values.mean() - 1.96 * error, abs=4 * 0.027 * error)
    assert interval.high == pytest.approx(values.mean() + 1.96 * error, abs=4 * 0.027 * error)


def test_the_bootstrap_has_a_seed_and_takes_other_statistics():
    values = rng("bootstrap values").normal(size=50)
    assert bootstrap_interval(values, seed=1) == bootstrap_interval(values, seed=1)
    assert bootstrap_interval(values, seed=1) != bootstrap_interval(values, seed=2)
    median = bootstrap_interval(values, statistic=np.median)
    assert median.estimate == np.median(values)
    # Order statistics 18 and 33 of 50 enclose the median with 96.7% (sum of binomial(50, 1/2)); resampling cannot
    # leave the rough neighbourhood of those: 16 and 35 enclose it with 99.3%.
    ordered = np.sort(values)
    assert ordered[15] <= median.low <= median.high <= ordered[34]


def test_the_bootstrap_of_a_constant_is_a_point():
    interval = bootstrap_interval([4.0, 4.0, 4.0])
    assert (interval.low, interval.high) == (4, 4)


def test_holm_by_hand():
    # Sorted .005, .01, .03, .04 times 4, 3, 2, 1 are .02, .03, .06, .04; the last may not be below the one before.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.9]).tolist() == [1, 1]  # 2 x .6 is cut at 1
    assert holm([0.2]).tolist() == [0.2]
    assert holm([]).tolist() == []


def test_holm_is_the_sequential_procedure():
    # As Holm wrote it: compare the smallest with α/m, the next with α/(m - 1), stop at the first that fails.
    for trial in range(50):
        p_values = rng("holm", trial).beta(0.3, 2, size=6)
        rejected, level = set(), 0.05
        for step, index in enumerate(np.argsort(p_values)):
            if p_values[index] > level / (6 - step):
                break
            rejected.add(int(index))
        assert set(np.flatnonzero(holm(p_values) <= level).tolist()) == rejected


@pytest.mark.parametrize("make", [t_interval, bootstrap_interval])
def test_one_value_or_none_has_no_interval(make):
    with pytest.raises(UserError, match="at least two values"):
        make([1.0])
    with pytest.raises(UserError, match="at least two values"):
        make([])
    with pytest.raises(UserError, match="finite"):
        make([1.0, math.nan])


def test_a_share_of_nothing_is_an_error():
    with pytest.raises(UserError, match="at least one item"):
        proportion_interval(0, 0)


def test_values_of_other_lengths_are_not_paired():
    with pytest.raises(AssertionError, match="cannot be paired"):
        paired_difference([1.0, 2.0, 3.0], [1.0])


def test_leaving_one_out_gives_the_t_interval_of_a_mean():
    # With a group for each item, (n - 1) / n Σ (θ_j - mean θ_j)² of the mean is s² / n, with n - 1 degrees of freedom.
    values = rng("jackknife of a mean").normal(size=17)
    found, expected = jackknife_interval(lambda rows: values[rows].mean(), 17, blocks=17), t_interval(values)
    assert (found.estimate, found.low, found.high) == pytest.approx((expected.estimate, expected.low, expected.high))


def test_the_jackknife_covers_a_statistic_that_is_no_mean():
    # The standard deviation of 400 normal numbers, 1 in truth, 300 times: 95% of intervals hold it, and the binomial
    # 99.9% range of 300 tries with probability .95 is 273 to 297.
    held = 0
    for trial in range(300):
        values = rng("coverage", trial).normal(size=400)
        held += 1.0 in jackknife_interval(lambda rows, values=values: values[rows].std(ddof=1), 400)
    assert 273 <= held <= 297


def test_the_jackknife_needs_finite_statistics_of_two_items():
    with pytest.raises(UserError, match="at least two"):
        jackknife_interval(lambda rows: 1.0, 1)
    with pytest.raises(UserError, match="finite"):
        jackknife_interval(lambda rows: float("nan"), 10)
