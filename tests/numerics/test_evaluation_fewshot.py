"""Few-shot against scikit-learn's classifiers, episode by episode, a closed form, and a slow loop."""

import math

import numpy as np
import pytest
from scipy import integrate, special, stats
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import NearestCentroid
from sklearn.preprocessing import normalize

from sempairs.core.progress import quiet
from sempairs.core.seeds import rng, seed_of
from sempairs.evaluation import fewshot_heads
from sempairs.evaluation.base import Labelled
from sempairs.evaluation.fewshot import FewShot, draw
from sempairs.evaluation.fewshot_heads import centroid, learnt_weights
from sempairs.statistics import paired_difference


@pytest.fixture(autouse=True)
def no_progress():
    with quiet():
        yield


def images(name, classes=7, count=30, d=6):
    labels = np.repeat(np.arange(classes), count)
    features = rng("centres").normal(size=(classes, d))[labels] + rng(name).normal(size=(len(labels), d))
    return Labelled(features.astype(np.float32), labels)


TEST = images("test")


def shares(episodes, shots):
    """Of right answers by the nearest centroid, one for each episode."""
    answers = centroid(episodes[:, :, :shots], episodes[:, :, shots:])
    return (answers == np.arange(episodes.shape[1])[:, None]).mean(axis=(1, 2))


def each_episode(evaluation, shots):
    """Features and labels of support and queries, drawn anew."""
    rows = draw(
        evaluation.rows_by_class(TEST), seed_of("fewshot", evaluation.seed), np.arange(evaluation.episodes),
        evaluation.ways, shots + evaluation.queries,
    )  # fmt: skip
    features = normalize(TEST.features.astype(np.float64))
    for episode in rows:
        support, query = episode[:, :shots].ravel(), episode[:, shots:].ravel()
        yield features[support], TEST.labels[support], features[query], TEST.labels[query]


@pytest.mark.parametrize(("ways", "shots"), [(5, 5), (5, 1), (2, 3)])
def test_scikit_learn_scores_the_same_episodes_the_same(ways, shots):
    evaluation = FewShot(ways=ways, shots=shots, queries=10, episodes=30, seed=4)
    (score,) = evaluation(TEST, TEST)
    expected = []
    for support, classes, query, truth in each_episode(evaluation, shots):
        with np.errstate(invalid="ignore"):  # with one shot, its spread within a class (not used) is 0 / 0
            theirs = NearestCentroid().fit(support, classes)
        expected.append(100 * theirs.score(query, truth))
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
    found = shares(features, shots=k)
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
        assert shares(np.full((4, 5, 20, d), 1 / math.sqrt(d)), shots=5).tolist() == [0.2] * 4


def test_the_last_digit_of_a_sum_decides_nothing():
    # Every class has the same support images, each in another order: means that differ by rounding, equal distances.
    support = rng("support").normal(size=(7, 16))
    orders = [rng("order", name).permutation(7) for name in range(5)]
    queries = rng("queries").normal(size=(5, 40, 16))
    episode = np.stack([np.concatenate([support[order], own]) for order, own in zip(orders, queries, strict=True)])
    assert shares(episode[None], shots=7).tolist() == [0.2]


def test_duplicated_columns_change_nothing():
    # Divided by their length, [x x] has the distances of x.
    (plain,) = FewShot(episodes=30)(TEST, TEST)
    (double,) = FewShot(episodes=30)(TEST, Labelled(np.tile(TEST.features, 2), TEST.labels))
    assert np.array_equal(plain.outcomes, double.outcomes)


def test_more_shots_help():
    # The centroid's error falls as 1 / shots: the accuracy must rise, beyond the intervals.
    one, five = (FewShot(shots=shots)(TEST, TEST)[0] for shots in (1, 5))
    assert five.interval[0] > one.interval[1]


@pytest.mark.parametrize("shots", [1, 5])
def test_scikit_learn_fits_the_same_logistic_regressions(shots):
    # Its C = 1 is λ = 1 on the summed loss.
    evaluation = FewShot(head="logistic", shots=shots, queries=10, episodes=30)
    (score,) = evaluation(TEST, TEST)
    expected = []
    for support, classes, query, truth in each_episode(evaluation, shots):
        theirs = LogisticRegression(C=1.0, tol=1e-8, max_iter=10_000).fit(support, classes)
        expected.append(100 * theirs.score(query, truth))
    assert score.outcomes == pytest.approx(expected)
    assert 20 < score.value < 100


def test_the_slow_loop_learns_the_same_weights():
    support = rng("support").normal(size=(2, 3, 4, 5))
    support /= np.linalg.norm(support, axis=3, keepdims=True)
    found = learnt_weights(support)
    for episode, weights in zip(support, found, strict=True):
        expected = np.full((3, 4), 1 / 4)
        for _ in range(fewshot_heads.ROUNDS):
            likely = np.empty((3, 4))
            for c in range(3):
                for i in range(4):
                    squared = np.empty(3)
                    for other in range(3):
                        counts = expected[other].copy()
                        if other == c:
                            counts[i] = 0
                        mean = counts @ episode[other] / counts.sum()
                        squared[other] = ((episode[c, i] - mean) ** 2).sum()
                    likely[c, i] = special.softmax(-fewshot_heads.SHARPNESS * squared)[c]
            expected = np.sqrt(likely) / np.sqrt(likely).sum(axis=1, keepdims=True)
        assert weights == pytest.approx(expected, abs=1e-12)
    assert found.sum(axis=2) == pytest.approx(np.ones((2, 3)))


def test_mislabelled_images_count_less():
    # Tight classes at right angles; one of four of each is the next class's. At the fixed point the mislabelled one is
    # at distance 0 from the next class's mean but for that one's own mislabelled image, the right ones near their own:
    # p of the first is about 1 / (2 + e^10) (squared distance 2, sharpness 5), that of a right one about
    # 1 / (1 + 2 e^-10), and its weight by the root of p about e^-5 of theirs.
    support = np.repeat(np.eye(3)[None, :, None], 4, axis=2)
    support[:, :, 3] = np.eye(3)[[1, 2, 0]]
    weights = learnt_weights(support)
    assert weights[0, :, 3] / weights[0, :, 0] == pytest.approx(np.full(3, math.exp(-5)), rel=0.1)


@pytest.mark.parametrize(("shots", "corrupt"), [(5, 0.2), (5, 0.4), (20, 0.4)])
def test_weighted_prototypes_lose_less_to_wrong_labels(shots, corrupt):
    # The same episodes: the loss of each, and its interval of the paired difference over episodes.
    def loss(head):
        clean, wrong = (
            FewShot(shots=shots, queries=10, episodes=200, head=head, corrupt=share)(TEST, TEST)[0].outcomes
            for share in (0.0, corrupt)
        )
        return clean - wrong

    difference = paired_difference(loss("centroid"), loss("weighted"))
    assert difference.low > 0
    assert loss("centroid").mean() > 1  # wrong labels do harm
