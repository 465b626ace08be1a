"""Weighted k-NN against scikit-learn and against a slow loop in float64."""

import math

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier

from sempairs.core.progress import quiet
from sempairs.core.seeds import rng
from sempairs.evaluation.base import Labelled
from sempairs.evaluation.knn import KS, TEMPERATURES, NearestNeighbours
from sempairs.evaluation.subsets import held_out


def images(n, name, d=16):
    labels = rng(name, "labels").integers(0, 4, n)
    features = 0.6 * rng("centres").normal(size=(4, d))[labels] + rng(name).normal(size=(n, d))
    return Labelled(features.astype(np.float32), labels)


TRAIN, TEST = images(300, "train"), images(200, "test")


def loop(k, temperature):
    """Wu et al. 2018, section 3.4, word by word."""
    predicted = []
    for query in TEST.features.astype(float).tolist():
        similarities = []
        for row in TRAIN.features.astype(float).tolist():
            dot = math.fsum(a * b for a, b in zip(query, row, strict=True))
            similarities.append(dot / math.hypot(*query) / math.hypot(*row))
        nearest = sorted(range(len(similarities)), key=lambda i: -similarities[i])[:k]
        votes = [
            math.fsum(math.exp(similarities[i] / temperature) for i in nearest if TRAIN.labels[i] == c)
            for c in range(4)
        ]
        predicted.append(votes.index(max(votes)))
    return predicted


def theirs(k, temperature, train=TRAIN):
    model = KNeighborsClassifier(k, metric="cosine", weights=lambda d: np.exp((1 - d) / temperature))
    return model.fit(train.features.astype(np.float64), train.labels)


@pytest.mark.parametrize(("k", "temperature"), [(1, 0.07), (20, 0.07), (20, 1.0), (300, 0.5)])
def test_scikit_learn_predicts_the_same(k, temperature):
    with quiet():
        (score,) = NearestNeighbours(k=k, temperature=temperature)(TRAIN, TEST)
    right = theirs(k, temperature).predict(TEST.features.astype(np.float64)) == TEST.labels
    assert np.array_equal(score.outcomes, 100.0 * right)
    assert 25 < score.value < 100  # four classes; the case is neither trivial nor hopeless


def test_the_slow_loop_predicts_the_same():
    with quiet():
        (score,) = NearestNeighbours()(TRAIN, TEST)
    assert np.array_equal(score.outcomes, 100.0 * (np.array(loop(20, 0.07)) == TEST.labels))


def test_duplicated_columns_change_nothing():
    # cos([x x], [y y]) = 2xy / (√2|x| √2|y|) = cos(x, y)
    with quiet():
        (plain,) = NearestNeighbours()(TRAIN, TEST)
        (double,) = NearestNeighbours()(*(Labelled(np.tile(s.features, 2), s.labels) for s in (TRAIN, TEST)))
    assert np.array_equal(plain.outcomes, double.outcomes)


def test_the_sweep_with_scikit_learn():
    # Choose on the held-out fifth of train, then answer the test with all of train: 240 images allow all k.
    chooses = held_out(TRAIN.labels, 0)
    rest = Labelled(TRAIN.features[~chooses], TRAIN.labels[~chooses])
    pairs = [(k, temperature) for k in KS for temperature in TEMPERATURES]
    held = TRAIN.features[chooses].astype(np.float64), TRAIN.labels[chooses]
    k, temperature = max(pairs, key=lambda pair: theirs(*pair, rest).score(*held))  # of equal ones the first
    with quiet():
        plain, swept = NearestNeighbours(sweep=True)(TRAIN, TEST)
    assert (plain.metric, swept.metric) == ("knn", "knn swept")
    assert f"k = {k} and weights exp(similarity / {temperature:g}), the best of 21 pairs" in swept.protocol
    right = theirs(k, temperature).predict(TEST.features.astype(np.float64)) == TEST.labels
    assert np.array_equal(swept.outcomes, 100.0 * right)


def test_the_curve_is_that_of_each_k_alone():
    with quiet():
        (score,) = NearestNeighbours(k=3)(TRAIN, TEST)
        (picture,) = score.pictures
        assert picture.x.tolist() == [1, 3, 5, 10, 20, 50, 100, 200]
        alone = [NearestNeighbours(k=int(k))(TRAIN, TEST)[0].value for k in picture.x]
    assert picture.values.tolist() == [pytest.approx(alone)]
    assert (picture.lows < picture.values).all()
