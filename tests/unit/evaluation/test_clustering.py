"""k-means clusters scored by labels: known answers, chance, and scikit-learn's measures."""

import itertools

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

from sempairs.core.errors import UserError
from sempairs.core.progress import quiet
from sempairs.core.seeds import rng
from sempairs.evaluation.base import Labelled
from sempairs.evaluation.clustering import Clustering, kmeans, match
from sempairs.sources.base import Source


@pytest.fixture(autouse=True)
def no_progress():
    with quiet():
        yield


def clusters(n=150, spread=0.7):
    labels = np.arange(n, dtype=np.int64) % 3
    centres = rng("cluster test").normal(size=(3, 6))
    return Labelled((centres[labels] + spread * rng("cluster noise").normal(size=(n, 6))).astype(np.float32), labels)


def by_name(given, **options):
    return {score.metric: score for score in Clustering(**options)(given, given)}


def test_the_best_matching_of_all():
    random = rng("matching")
    classes, found = random.integers(0, 4, 60), random.integers(0, 4, 60)
    best = max((np.array(p)[found] == classes).sum() for p in itertools.permutations(range(4)))
    assert (match(classes, found, 4)[found] == classes).sum() == best


def test_clusters_with_other_numbers_are_matched():
    assert match(np.array([0, 0, 1, 1, 2]), np.array([2, 2, 0, 0, 1]), 3).tolist() == [1, 2, 0]


def test_measures_are_those_of_scikit_learn():
    images = clusters()
    unit = images.features.astype(np.float64)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    found, mine = kmeans(unit, 3, 10, 0), by_name(images)
    assert mine["nmi"].value == pytest.approx(100 * normalized_mutual_info_score(images.labels, found), abs=1e-9)
    assert mine["ari"].value == pytest.approx(100 * adjusted_rand_score(images.labels, found), abs=1e-9)
    assert 50 < mine["clustering accuracy"].value < 100


def test_labels_are_used_for_scoring_only():
    # With other labels the clusters are the same: of two labellings that differ in names, all scores are equal.
    images = clusters()
    renamed = Labelled(images.features, (images.labels + 1) % 3)
    for one, other in zip(by_name(images).values(), by_name(renamed).values(), strict=True):
        assert one.value == pytest.approx(other.value)


def test_images_in_another_order_fall_into_the_same_clusters():
    unit = clusters(spread=2.0).features.astype(np.float64)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    order = rng("order").permutation(len(unit))
    assert np.array_equal(kmeans(unit, 3, 2, 0)[order], kmeans(unit[order], 3, 2, 0))


def test_constant_features_are_chance():
    # One cluster, matched to the largest class: 2 of 5. It shares no information with the classes.
    images = Labelled(np.full((50, 4), 0.3, np.float32), np.arange(50, dtype=np.int64) % 5 // 2)
    found = by_name(images)
    assert found["clustering accuracy"].value == pytest.approx(40)
    assert found["nmi"].value == 0
    assert found["ari"].value == 0
    assert "1 clusters only" in found["nmi"].protocol


def test_random_features_are_chance():
    # ARI and NMI are about 0. The matching makes the best of chance: accuracy is a little above one in five. A share of
    # a fifth of 500 images has a standard deviation of 1.8 points, and 30 is more than five of them above it.
    images = Labelled(rng("random").normal(size=(500, 4)).astype(np.float32), np.arange(500, dtype=np.int64) % 5)
    found = by_name(images)
    assert abs(found["ari"].value) < 3
    assert found["nmi"].value < 5
    assert 20 < found["clustering accuracy"].value < 30


def test_the_picture_is_the_confusion_of_classes_and_their_clusters():
    images = clusters(spread=0.05)
    (picture,) = by_name(images)["clustering accuracy"].pictures
    assert picture.values.tolist() == (100 * np.eye(3)).tolist()


def test_classes_have_their_names():
    labels = np.arange(60, dtype=np.int64) % 2 * 2  # of three classes the second has no image
    ids = np.array([str(i) for i in range(60)], dtype=object)
    frames = np.zeros((60, 2, 2, 1), np.uint8)
    source = Source("named", ids, ids, frames, labels=labels, label_names=("bag", "coat", "shoe"))
    features = (np.eye(3)[labels] + 0.01 * rng("names").normal(size=(60, 3))).astype(np.float32)
    (picture,) = by_name(Labelled(features, labels, source=source))["clustering accuracy"].pictures
    assert picture.rows == ("bag", "shoe")


def test_a_sample_is_clustered():
    assert by_name(clusters(), images=60)["nmi"].n == 60


@pytest.mark.parametrize("options", [{"images": 0}, {"restarts": 0}])
def test_options_without_a_meaning_are_refused(options):
    with pytest.raises(UserError, match="clustering needs"):
        Clustering(**options)
