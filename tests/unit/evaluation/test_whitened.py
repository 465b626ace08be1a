"""Whitening: what it does to the features it learnt from, distances by SciPy, and features that cannot be whitened."""

import numpy as np
import pytest
from scipy.spatial.distance import cosine, mahalanobis
from sklearn.covariance import LedoitWolf

from sempairs.core.errors import UserError
from sempairs.core.seeds import rng
from sempairs.evaluation.transformed.whitened import Whitening, cosines, distances


def features(n, d=6):
    """Correlated, with variances of 1 to d squared, far from zero."""
    rotation = np.linalg.qr(rng("whitened", d).normal(size=(d, d)))[0]
    rows = rng("rows", n).normal(size=(n, d)) * (1 + np.arange(d))
    return (10 + rows @ rotation).astype(np.float32)


def test_many_features_become_white():
    # Shrinkage goes as 1 / n: of 20,000 images it is some 1e-4 of the mean variance of 15, the least of which is 1.
    white = Whitening.learn(features(20_000))(features(20_000))
    assert np.abs(white.mean(axis=0)).max() < 1e-3
    assert np.abs(np.cov(white.T) - np.eye(6)).max() < 0.01


def test_cosines_and_distances_are_those_of_the_inverse_covariance():
    learnt, left, right = features(200), features(30), features(31)[:30]
    model = LedoitWolf().fit(learnt.astype(np.float64))
    inverse, mean = np.linalg.inv(model.covariance_), model.location_
    # (a - mean)' C^-1 (b - mean) over both lengths is the cosine under C^-1, whatever its square root.
    root = np.linalg.cholesky(inverse)
    whitening = Whitening.learn(learnt)
    a, b = whitening(left), whitening(right)
    assert distances(a, b) == pytest.approx([mahalanobis(x, y, inverse) for x, y in zip(left, right, strict=True)])
    expected = [1 - cosine((x - mean) @ root, (y - mean) @ root) for x, y in zip(left, right, strict=True)]
    assert cosines(a, b) == pytest.approx(expected, abs=1e-9)
    assert whitening.shrinkage == pytest.approx(model.shrinkage_)


def test_scale_and_rotation_do_not_matter():
    learnt, seen = features(100), features(40)
    rotation = 7 * np.linalg.qr(rng("turn").normal(size=(6, 6)))[0]
    plain = Whitening.learn(learnt)(seen)
    turned = Whitening.learn(learnt @ rotation)(seen @ rotation)
    assert cosines(turned[:20], turned[20:]) == pytest.approx(cosines(plain[:20], plain[20:]), abs=1e-5)
    assert distances(turned[:20], turned[20:]) == pytest.approx(distances(plain[:20], plain[20:]), rel=1e-5)


@pytest.mark.parametrize(("n", "d"), [(10, 50), (2, 5)])
def test_fewer_images_than_features(n, d):
    white = Whitening.learn(features(n, d))(features(40, d))
    assert np.isfinite(white).all()
    assert (np.linalg.norm(white, axis=1) > 0).all()


def test_a_feature_that_never_varied_has_a_finite_weight():
    learnt = features(500)
    learnt[:, 2] = 3.0
    seen = learnt[:1].repeat(2, axis=0)
    seen[1, 2] += 1.0
    white = Whitening.learn(learnt)(seen)
    assert 0 < distances(white[:1], white[1:])[0] < np.inf


@pytest.mark.parametrize("noise", [0.0, 1e-8])
def test_constant_features_have_no_direction(noise):
    # 1e-8 of the length is what rounding to float32 can leave.
    constant = (0.3 * (1 + noise * rng("noise").normal(size=(50, 4)))).astype(np.float32)
    white = Whitening.learn(constant)(rng("other").normal(size=(6, 4)))
    assert np.array_equal(cosines(white[:3], white[3:]), np.zeros(3))
    assert np.array_equal(distances(white[:3], white[3:]), np.zeros(3))


def test_one_image_is_too_few():
    with pytest.raises(UserError, match="two images"):
        Whitening.learn(features(1))
