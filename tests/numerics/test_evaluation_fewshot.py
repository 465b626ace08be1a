"""Few-shot against scikit-learn's nearest centroid, episode by episode, and against a closed form."""

import math

import numpy as np
import pytest
from scipy import integrate, stats
from sklearn.neighbors import NearestCentroid
from sklearn.preprocessing import normalize

from sempairs.core.seeds import rng, seed_of
from sempairs.evaluation.base import Labelled
from sempairs.evaluation.fewshot import FewShot, draw, nearest_centroid


def images(name, classes=7, count=30, d=6):
    labels = np.repeat(np.arange(classes), count)
    features = rng("centres").normal(size=(classes, d))[labels] + rng(name).normal(size=(len(labels), d))
    return Labelled(features.astype(np.float32), labels)


TEST = images("test")


@pytest.mark.parametrize(("ways", "shots"), [(5, 5), (5, 1), (2, 3)])
def test_scikit_learn_scores_the_same_episodes_the_same(ways, shots):
    evaluation = FewShot(ways=ways, shots=shots, queries=10, episodes=30, seed=4)
    (score,) = evaluation(TEST, TEST)
    rows = draw(evaluation.rows_by_class(TEST), seed_of("fewshot", 4), np.arange(30), ways, shots + 10)
    features = normalize(TEST.features.astype(np.float64))
    expected = []
    for episode in rows:
        support, query = episode[:, :shots].ravel(), episode[:, shots:].ravel()
        with np.errstate(invalid="ignore"):  # with one shot, its spread within a class (not used) is 0 / 0
            theirs = NearestCentroid().fit(features[support], TEST.labels[support])
        expected.append(100 * theirs.score(features[query], TEST.labels[query]))
    assert score.outcomes == pytest.approx(expected)
    # The interval is Student's over episodes.
    low, high = stats.t.interval(0.95, 29, loc=np.mean(expected), scale=stats.sem(expected))
    assert score.interval == pytest.approx((low, high))
    assert score.value == pytest.approx(np.mean(expected))


def test_two_gaussian_classes_have_a_closed_form():
    # Classes N(±μ, 1) on a line, centroids of k support images. With m the mean of the centroids and δ their
    # difference, m ~ N(0, 1/(2k)) and δ ~ N(2μ, 2/k) are independent, and a query of the upper class is right if it is
    # on the side of m to which δ points: Φ((μ - m) sign δ). So the accuracy is P(δ > 0) Φ(μ/s) + P(δ < 0) Φ(-μ/s)
    # with s² = 1 + 1/(2k), and P(δ > 0) = Φ(μ √(2k)).
    mu, k, episodes, queries = 0.8, 2, 4000, 5
    noise = rng("gaussians").normal(size=(episodes, 2, k + queries, 1))
    features = noise + np.array([mu, -mu])[:, None, None]
    found = nearest_centroid(features, shots=k)
    upright, side = stats.norm.cdf(mu * math.sqrt(2 * k)), stats.norm.cdf(mu / math.sqrt(1 + 1 / (2 * k)))
    expected = upright * side + (1 - upright) * (1 - side)
    assert abs(found.mean() - expected) < 4 * found.std() / math.sqrt(episodes)
    # The closed form itself, by quadrature over m.
    inner = integrate.quad(lambda m: stats.norm.pdf(m, scale=math.sqrt(1 / (2 * k))) * stats.norm.cdf(mu - m), -10, 10)[
        0
    ]
    assert side == pytest.approx(inner, abs=1e-8)


def test_features_without_a_difference_score_exactly_chance():
    # Equal distances go to the first class of the episode, of which are 1 / w of the queries.
    for d in (1, 3, 64):
        assert nearest_centroid(np.full((4, 5, 20, d), 1 / math.sqrt(d)), shots=5).tolist() == [0.2] * 4


def test_the_last_digit_of_a_sum_decides_nothing():
    # Every class has the same support images, each in another order: means that differ by rounding, equal distances.
    support = rng("support").normal(size=(7, 16))
    orders = [rng("order", name).permutation(7) for name in range(5)]
    queries = rng("queries").normal(size=(5, 40, 16))
    episode = np.stack([np.concatenate([support[order], own]) for order, own in zip(orders, queries, strict=True)])
    assert nearest_centroid(episode[None], shots=7).tolist() == [0.2]


def test_duplicated_columns_change_nothing():
    # Divided by their length, [x x] has the distances of x.
    (plain,) = FewShot(episodes=30)(TEST, TEST)
    (double,) = FewShot(episodes=30)(TEST, Labelled(np.tile(TEST.features, 2), TEST.labels))
    assert np.array_equal(plain.outcomes, double.outcomes)


def test_more_shots_help():
    # The centroid's error falls as 1 / shots: the accuracy must rise, beyond the intervals.
    one, five = (FewShot(shots=shots)(TEST, TEST)[0] for shots in (1, 5))
    assert five.interval[0] > one.interval[1]
