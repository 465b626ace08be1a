"""Verification is scikit-learn's area under the ROC curve, over all pairs or those of some domains."""

import dataclasses

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score, roc_curve

from made import made_source
from sempairs.core.seeds import rng
from sempairs.evaluation.base import Labelled
from sempairs.evaluation.verification import FALSE, Verification


def clusters(n=90, spread=1.5):
    labels = np.arange(n) % 4
    random = rng("verification", n)
    values = random.normal(size=(4, 6))[labels] + spread * random.normal(size=(n, 6))
    return values.astype(np.float32), labels


def pairs(values, labels, which=lambda i, j: True):
    """From the definition: cosines of all pairs i < j that are judged, rounded to six decimals, and who is right."""
    exact = values.astype(np.float64)
    found = [
        (round(exact[i] @ exact[j] / np.linalg.norm(exact[i]) / np.linalg.norm(exact[j]), 6), labels[i] == labels[j])
        for i in range(len(labels))
        for j in range(i + 1, len(labels))
        if which(i, j)
    ]
    similarity, same = zip(*found, strict=True)
    return np.array(same), np.array(similarity)


def test_the_area_over_all_pairs():
    values, labels = clusters()
    (score,) = Verification()(Labelled(values, labels), Labelled(values, labels))
    assert score.value == pytest.approx(100 * roc_auc_score(*pairs(values, labels)), abs=1e-9)


def test_ties_count_half():
    # Directions on a grid: most similarities occur many times.
    values = rng("ties").integers(0, 3, (60, 2)).astype(np.float32) + np.float32(0.5)
    labels = np.arange(60) % 3
    (score,) = Verification()(Labelled(values, labels), Labelled(values, labels))
    assert score.value == pytest.approx(100 * roc_auc_score(*pairs(values, labels)), abs=1e-9)


def test_the_curve():
    values, labels = clusters()
    (score,) = Verification()(Labelled(values, labels), Labelled(values, labels))
    false, true, _ = roc_curve(*pairs(values, labels), drop_intermediate=False)
    assert score.pictures[0].values[0] == pytest.approx(100 * np.interp(FALSE / 100, false, true), abs=1e-9)


def test_domains_are_judged_apart():
    values, labels = clusters()
    domains = rng("domains").integers(0, 3, len(labels))
    source = dataclasses.replace(made_source(len(labels), 4), columns={"place": domains})
    seen = source.take(np.flatnonzero(domains < 2))  # place 2 has no image to learn from
    test = Labelled(values, labels, source=source)
    found = {score.metric: score for score in Verification(domain="place")(Labelled(None, None, source=seen), test)}
    expected = {
        "verification within place": lambda i, j: domains[i] == domains[j],
        "verification across place": lambda i, j: domains[i] != domains[j],
        "verification seen place": lambda i, j: max(domains[i], domains[j]) < 2,
        "verification unseen place": lambda i, j: min(domains[i], domains[j]) == 2,
    }
    assert set(found) == set(expected)
    for metric, which in expected.items():
        assert found[metric].value == pytest.approx(100 * roc_auc_score(*pairs(values, labels, which)), abs=1e-9)
