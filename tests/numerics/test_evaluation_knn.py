"""Weighted k-NN against scikit-learn and against a slow loop in float64."""

import math

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier

from sempairs.core.progress import quiet
from sempairs.core.seeds import rng
from sempairs.evaluation.base import Labelled
from sempairs.evaluation.knn import NearestNeighbours


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


@pytest.mark.parametrize(("k", "temperature"), [(1, 0.07), (20, 0.07), (20, 1.0), (300, 0.5)])
def test_scikit_learn_predicts_the_same(k, temperature):
    with quiet():
        (score,) = NearestNeighbours(k=k, temperature=temperature)(TRAIN, TEST)
    theirs = KNeighborsClassifier(k, metric="cosine", weights=lambda d: np.exp((1 - d) / temperature))
    theirs.fit(TRAIN.features.astype(np.float64), TRAIN.labels)
    right = theirs.predict(TEST.features.astype(np.float64)) == TEST.labels
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
