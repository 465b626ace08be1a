"""Intervals of purity: against a slow sum over all couples of pairs, and by how often they hold the truth."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, norm, t

from sempairs.core.seeds import rng
from sempairs.pairs.purity import effective_pairs, purity_of


def test_pairs_that_share_no_image_get_the_exact_interval():
    found = purity_of(np.arange(30) < 24, np.arange(60).reshape(30, 2))
    exact = binomtest(24, 30).proportion_ci(0.95, "exact")
    assert (found.pairs, found.right, found.share) == (30, 24, 0.8)
    assert found.exact == pytest.approx((exact.low, exact.high))
    assert found.robust == pytest.approx(found.exact)


def test_images_with_themselves_are_independent():
    assert effective_pairs(np.arange(9) < 5, np.stack([np.arange(9)] * 2, axis=1)) == pytest.approx(9)


@pytest.mark.parametrize("rightful", [0, 5, 10])
def test_both_orders_of_a_couple_are_one_pair(rightful):
    once = np.arange(20).reshape(10, 2)
    right = np.arange(10) < rightful
    both = effective_pairs(np.tile(right, 2), np.concatenate([once, once[:, ::-1]]))
    # As ten pairs; the t quantile of 9 instead of 19 degrees of freedom takes a little more off, but never below ten.
    assert both == pytest.approx(10)


def test_all_right_pairs_around_one_image_tell_no_more_than_one():
    star = np.stack([np.zeros(50, dtype=np.int64), np.arange(1, 51)], axis=1)
    assert effective_pairs(np.ones(50, dtype=bool), star) == pytest.approx(1)
    found = purity_of(np.ones(50, dtype=bool), star)
    assert found.robust == pytest.approx((0.025, 1.0))  # Clopper-Pearson for one of one: α/2
    assert found.exact[0] == pytest.approx(0.025 ** (1 / 50))  # for fifty of fifty


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7), st.booleans()), min_size=2, max_size=25),
)
def test_the_effective_number_is_that_of_the_double_sum(rows):
    positions = np.array([row[:2] for row in rows], dtype=np.int64)
    right = np.array([row[2] for row in rows])
    n, errors = len(rows), right - right.mean()
    share = np.array([[bool({*p} & {*q}) for q in positions.tolist()] for p in positions.tolist()])
    if_alike, variance = n**2 / share.sum(), (np.outer(errors, errors) * share).sum()
    expected = if_alike
    if errors.any():
        wider = t.ppf(0.975, max(if_alike - 1, 1)) / t.ppf(0.975, n - 1)
        expected = max(n / max(variance / (errors**2).sum(), 1) / wider**2, if_alike)
    assert effective_pairs(right, positions) == pytest.approx(expected)
    found = purity_of(right, positions)
    assert found.robust[0] <= found.exact[0] <= found.share <= found.exact[1] <= found.robust[1]


def coverage(draw, truth: float, times: int = 400) -> tuple[float, float]:
    """How often the exact and the robust interval hold the truth."""
    found = [purity_of(*draw()) for _ in range(times)]
    return tuple(
        float(np.mean([low <= truth <= high for low, high in ends]))
        for ends in ([one.exact for one in found], [one.robust for one in found])
    )


def test_coverage_where_each_couple_stands_in_both_orders():
    random = rng("purity mirrored")

    def draw():
        right, once = random.random(150) < 0.8, np.arange(300).reshape(150, 2)
        return np.tile(right, 2), np.concatenate([once, once[:, ::-1]])

    exact, robust = coverage(draw, 0.8)
    # The exact interval is too short by √2: P(|Z| < 1.96 / √2) = .834. Three standard errors of 400 draws are .056.
    assert exact == pytest.approx(2 * norm.cdf(1.96 / np.sqrt(2)) - 1, abs=0.056)
    assert robust >= 0.95 - 0.033  # three standard errors below its claim


def test_coverage_where_a_bad_image_spoils_all_its_pairs():
    """200 images with three random partners each; a pair is right if both its images are good, .9 of them: .81."""
    random = rng("purity partners")

    def draw():
        good, left = random.random(200) < 0.9, np.repeat(np.arange(200), 3)
        right = (left + random.integers(1, 200, 600)) % 200
        return good[left] & good[right], np.stack([left, right], axis=1)

    exact, robust = coverage(draw, 0.81)
    assert exact < 0.7
    assert robust >= 0.95 - 0.033
