"""How often 95% intervals of the mean of a few differences hold the truth; docs/log.md has the table of all cases."""

import math
from collections.abc import Callable

import pytest

from sempairs.core.seeds import rng
from sempairs.statistics import Interval, bootstrap_interval, equivalent_within, t_interval

# Both have mean 0. The exponential has skewness 2: a distribution of differences as crooked as one would fear.
DRAWS = {
    "normal": lambda random, size: random.normal(size=size),
    "skewed": lambda random, size: random.exponential(size=size) - 1,
}
BELOW_MEAN = {"normal": 0.5, "skewed": 1 - math.exp(-1)}  # the chance that one value is below the mean


def coverage(make: Callable[..., Interval], kind: str, n: int, times: int) -> float:
    """The share of `times` samples of n differences whose interval holds their true mean."""
    samples = DRAWS[kind](rng("coverage", kind, n), (times, n))
    return sum(0 in make(sample) for sample in samples) / times


def off(share: float, times: int) -> float:
    """Four standard deviations (p = 6e-5) of a share that is measured `times` times."""
    return 4 * math.sqrt(share * (1 - share) / times)


@pytest.mark.parametrize("n", [3, 5, 10])
def test_the_t_interval_of_normal_differences_covers_as_it_says(n):
    assert coverage(t_interval, "normal", n, 1000) == pytest.approx(0.95, abs=off(0.95, 1000))


# 10,000 draws (docs/log.md); theory for three: see the next test.
@pytest.mark.parametrize(
    ("make", "kind", "n", "expected"),
    [
        (t_interval, "skewed", 3, 0.882),
        (t_interval, "skewed", 5, 0.888),
        (t_interval, "skewed", 10, 0.899),
        (bootstrap_interval, "normal", 5, 0.839),
        (bootstrap_interval, "normal", 10, 0.898),
        (bootstrap_interval, "skewed", 5, 0.793),
        (bootstrap_interval, "skewed", 10, 0.86),
    ],
)
def test_the_coverage_is_the_one_in_the_log(make, kind, n, expected):
    times = 1000 if make is t_interval else 250
    assert coverage(make, kind, n, times) == pytest.approx(expected, abs=off(expected, times))


@pytest.mark.parametrize("kind", DRAWS)
def test_the_bootstrap_of_three_is_their_range_which_covers_three_times_in_four_at_best(kind):
    # A resample is thrice the smallest value with probability 1/27 = 3.7%, more than the 2.5% that are cut off.
    for sample in DRAWS[kind](rng("range", kind), (20, 3)):
        interval = bootstrap_interval(sample)
        assert (interval.low, interval.high) == pytest.approx((sample.min(), sample.max()))
    # The range misses the mean when all three values are on one side of it: .75 normal, .698 exponential.
    below = BELOW_MEAN[kind]
    expected = 1 - below**3 - (1 - below) ** 3
    assert coverage(bootstrap_interval, kind, 3, 250) == pytest.approx(expected, abs=off(expected, 250))


@pytest.mark.parametrize("truth", [0.0, 0.3, -2.0])
def test_the_true_difference_is_within_the_bound_of_equivalence_in_95_of_100_studies_or_more(truth):
    samples = rng("equivalence coverage").normal(loc=truth, size=(1000, 4))
    within = sum(abs(truth) <= equivalent_within(sample) for sample in samples) / 1000
    assert within >= 0.95 - off(0.95, 1000)
    if truth == -2:  # far from zero one of the two tests never fails, so the bound is exact there
        assert within == pytest.approx(0.95, abs=off(0.95, 1000))
