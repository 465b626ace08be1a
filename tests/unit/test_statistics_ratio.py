"""The ratio of two means: where its interval ends, and how often it holds the truth."""

import math

import numpy as np
import pytest

from sempairs.core.seeds import rng
from sempairs.statistics import ratio_interval, t_interval


def test_the_ends_of_a_ratio_are_where_the_difference_is_just_compatible_with_zero() -> None:
    """Fieller's theorem: at either end r the t interval of above - r below touches zero."""
    numbers = rng("ratio", 0)
    below = numbers.normal(4.0, 0.5, 5)
    above = 0.7 * below + numbers.normal(0.0, 0.3, 5)
    found = ratio_interval(above, below)
    assert found is not None
    for end, touches in ((found.low, "low"), (found.high, "high")):
        assert getattr(t_interval(above - end * below), touches) == pytest.approx(0.0, abs=1e-9)
    assert found.estimate == pytest.approx(above.mean() / below.mean())
    assert found.low < found.estimate < found.high


def test_a_ratio_to_what_is_known_exactly_has_the_interval_of_the_mean() -> None:
    above = np.array([1.0, 2.0, 4.0])
    found, mean = ratio_interval(above, np.full(3, 2.0)), t_interval(above)
    assert (found.low, found.high) == (pytest.approx(mean.low / 2), pytest.approx(mean.high / 2))


def test_a_ratio_to_what_may_be_zero_has_no_interval() -> None:
    assert ratio_interval([1.0, 2.0, 3.0], [-1.0, 0.2, 1.0]) is None


def test_intervals_of_ratios_hold_the_truth_as_often_as_they_say() -> None:
    """1,000 studies of 5 seeds: 95% with a standard error of .69 points; four of those are 2.8."""
    draws = rng("ratio coverage", 0)
    below = draws.normal(5.0, 0.7, (1000, 5))
    above = 0.7 * below + draws.normal(0.0, 0.5, (1000, 5))
    intervals = [ratio_interval(a, b) for a, b in zip(above, below, strict=True)]
    known = [one for one in intervals if one is not None]
    assert len(known) > 990
    assert sum(0.7 in one for one in known) / len(known) == pytest.approx(0.95, abs=4 * math.sqrt(0.95 * 0.05 / 1000))
