"""RankMe and the power law of a spectrum on spectra that are known."""

import numpy as np
import pytest

from sempairs.core.seeds import rng
from sempairs.evaluation.spectrum import Moments, eigenvalues, power_law, rankme


def rotation(d):
    return np.linalg.qr(rng("spectrum").normal(size=(d, d)))[0]


def with_eigenvalues(values):
    q = rotation(len(values))
    return q @ np.diag(values) @ q.T


@pytest.mark.parametrize("rank", [1, 3, 20])
def test_rankme_of_equal_singular_values_is_their_number(rank):
    # p = 1/r each, so the entropy is log r; ε = 1e-7 moves it by less than 1e-5.
    assert rankme(with_eigenvalues([5.0] * rank + [0.0] * (20 - rank))) == pytest.approx(rank, rel=1e-5)


def test_rankme_by_hand():
    # Singular values 3 and 1: p = .75 and .25, entropy .5623, exp of it 1.7548.
    assert rankme(with_eigenvalues([9.0, 1.0, 0.0])) == pytest.approx(1.7548, abs=1e-4)


def test_rankme_equals_that_of_the_singular_values_of_the_features():
    x = rng("features").normal(size=(50, 8)) * np.arange(1, 9)
    p = np.linalg.svd(x, compute_uv=False)
    p = p / p.sum() + 1e-7
    assert rankme(x.T @ x) == pytest.approx(np.exp(-(p * np.log(p)).sum()), rel=1e-9)


def test_isotropic_features_use_all_directions():
    x = rng("isotropic").normal(size=(20_000, 16))
    assert rankme(x.T @ x) == pytest.approx(16, abs=0.01)


@pytest.mark.parametrize("alpha", [0.5, 1.0, 2.3])
def test_a_planted_power_law_is_found(alpha):
    values = 7 * np.arange(1, 41) ** -alpha
    law = power_law(eigenvalues(with_eigenvalues(values)), 3, 30)
    assert law.alpha == pytest.approx(alpha, abs=1e-6)
    assert law.offset == pytest.approx(np.log(7), abs=1e-6)


def test_a_flat_spectrum_has_no_slope():
    assert power_law(np.full(20, 3.0), 1, 20).alpha == pytest.approx(0, abs=1e-12)


def test_the_fit_is_least_squares_weighted_by_one_over_the_rank():
    values = np.sort(rng("any spectrum").uniform(0.1, 5, 12))[::-1]
    ranks = np.arange(2, 11)
    design = np.stack([np.ones(9), -np.log(ranks)], axis=1)
    weighted = design / ranks[:, None]
    offset, alpha = np.linalg.solve(weighted.T @ design, weighted.T @ np.log(values[1:10]))
    found = power_law(values, 2, 10)
    assert (found.offset, found.alpha) == pytest.approx((offset, alpha), rel=1e-9)


def test_too_few_directions_have_no_law():
    assert power_law(np.array([3.0, 2.0, 1.0]), 3, 100) is None
    assert power_law(eigenvalues(np.zeros((4, 4))), 3, 100) is None


def test_rounding_is_no_direction():
    assert len(eigenvalues(with_eigenvalues([1.0, 1e-3, 1e-14, 0.0]))) == 2


def test_moments_of_a_part_are_those_of_its_rows():
    x = rng("moments").normal(size=(30, 5))
    x -= x.mean(axis=0)
    kept = np.arange(0, 30, 2)
    moments = Moments(x)
    assert moments.of(kept) == pytest.approx(x[kept].T @ x[kept], rel=1e-9)
    assert moments.covariance(kept) == pytest.approx(np.cov(x[kept].T, bias=True), rel=1e-9)
