"""The map: how far it can be trusted, against scikit-learn, and what it keeps together."""

import numpy as np
import pytest
from sklearn.manifold import trustworthiness

from sempairs.core.errors import UserError
from sempairs.core.progress import quiet
from sempairs.core.seeds import rng
from sempairs.evaluation.base import Labelled
from sempairs.evaluation.feature_map import FeatureMap, embed, trust


@pytest.fixture(autouse=True)
def no_progress():
    with quiet():
        yield


def clusters(n=90, d=8):
    labels = np.arange(n, dtype=np.int64) % 3
    centres = 5 * rng("map centres").normal(size=(3, d))
    return Labelled((centres[labels] + rng("map noise").normal(size=(n, d))).astype(np.float32), labels)


@pytest.mark.parametrize("k", [1, 5, 20])
def test_trust_equals_scikit_learn(k):
    x, points = rng("x").normal(size=(60, 5)), rng("points").normal(size=(60, 2)).astype(np.float32)
    assert trust(x, points, k).mean() == pytest.approx(trustworthiness(x, points, n_neighbors=k), abs=1e-12)


def test_a_map_that_keeps_everything_is_trusted_fully():
    flat = rng("flat").normal(size=(50, 2)).astype(np.float32)
    assert trust(flat.astype(np.float64), flat, 10).tolist() == [1.0] * 50


def test_clusters_stay_together():
    images = clusters()
    (score,) = FeatureMap(perplexity=15.0)(images, images)
    (picture,) = score.pictures
    apart = np.square(picture.points[:, None] - picture.points).sum(axis=2)
    np.fill_diagonal(apart, np.inf)
    assert (images.labels[apart.argmin(axis=1)] == images.labels).mean() > 0.95
    assert score.value == pytest.approx(score.outcomes.mean())
    assert score.value > 90
    assert picture.classes.tolist() == images.labels.tolist()


def test_the_same_call_gives_the_same_map():
    unit = clusters().features.astype(np.float64)
    assert np.array_equal(embed(unit, 15.0, 0), embed(unit, 15.0, 0))


def test_a_sample_is_mapped():
    images = clusters()
    (score,) = FeatureMap(images=60, perplexity=10.0)(images, images)
    assert score.n == len(score.pictures[0].points) == 60


def test_too_few_images_for_the_perplexity_are_refused():
    images = clusters(30)
    with pytest.raises(UserError, match="more than 30 images"):
        FeatureMap()(images, images)


@pytest.mark.parametrize("options", [{"images": 2}, {"perplexity": 0.5}, {"neighbours": 0}])
def test_options_without_a_meaning_are_refused(options):
    with pytest.raises(UserError, match="a map needs"):
        FeatureMap(**options)
