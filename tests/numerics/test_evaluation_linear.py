"""The linear probe against scikit-learn: the whole protocol, and what the penalty must do."""

import dataclasses

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from made import made_source
from sempairs.core.errors import UserError
from sempairs.core.progress import quiet
from sempairs.core.seeds import rng
from sempairs.evaluation.base import Labelled
from sempairs.evaluation.linear import LinearProbe
from sempairs.evaluation.linear_models.classification import value
from sempairs.evaluation.linear_models.probe import GRID, Part, probe, validation_rows


@pytest.fixture(autouse=True)
def no_progress():
    with quiet():
        yield


def images(n, name, classes=4, d=12):
    """Like a network's features: positive, far from zero mean, nearly dependent columns of very different spread."""
    labels = rng(name, "labels").integers(0, classes, n)
    latent = 0.9 * rng("centres", classes).normal(size=(classes, d))[labels] + rng(name).normal(size=(n, d))
    features = 5 + latent @ (np.logspace(0, -2, d)[:, None] * rng("mixing").normal(size=(d, d)))
    return Labelled(features.astype(np.float32), labels)


TRAIN, TEST = images(300, "train"), images(200, "test")


def theirs(penalty, train=TRAIN):
    return LogisticRegression(C=1 / penalty, tol=1e-12, max_iter=100_000, solver="newton-cholesky").fit(
        train.features.astype(np.float64), train.labels
    )


def test_the_whole_protocol_with_scikit_learn():
    # Choose on the held-out fifth, fit again on all, test once.
    grid = np.logspace(2, -3, 6)
    held_out = validation_rows(TRAIN.labels)
    features = TRAIN.features.astype(np.float64)
    part = Labelled(TRAIN.features[~held_out], TRAIN.labels[~held_out])
    right = [theirs(penalty, part).score(features[held_out], TRAIN.labels[held_out]) for penalty in grid]
    chosen = grid[int(np.argmax(right))]
    expected = 100 * (theirs(chosen).predict(TEST.features.astype(np.float64)) == TEST.labels)
    (score,) = LinearProbe(grid_from=-3.0, grid_to=2.0, grid_size=6)(TRAIN, TEST)
    assert f"λ = {chosen:.3g} of 6" in score.protocol
    assert np.array_equal(score.outcomes, expected)
    assert 25 < score.value < 100


def test_duplicated_columns_are_half_the_penalty():
    # Both copies share the weight: λ/2 (|w/2|² + |w/2|²) = (λ/2)/2 |w|². So twice the penalty gives the same probe.
    double = [Labelled(np.tile(side.features, 2), side.labels) for side in (TRAIN, TEST)]
    (plain,) = LinearProbe(grid_from=-1.0, grid_to=-1.0, grid_size=1)(TRAIN, TEST)
    shifted = -1 + float(np.log10(2))
    (same,) = LinearProbe(grid_from=shifted, grid_to=shifted, grid_size=1)(*double)
    assert np.array_equal(plain.outcomes, same.outcomes)


def voc(n, name):
    """Images that show up to three of four classes, some difficult; half of those to learn from are to choose λ by."""
    marks = rng(name, "marks").choice([-1, 0, 1], size=(n, 4), p=[0.1, 0.6, 0.3])
    latent = rng("mixing").normal(size=(4, 12)).T @ (marks == 1).T + rng(name).normal(size=(12, n))
    told = [["|".join(np.array(list("abcd"))[row == mark]) for row in marks] for mark in (1, -1)]
    columns = {"objects": np.array(told[0]), "difficult": np.array(told[1])}
    columns["split"] = np.where(np.arange(n) % 2 == 0, "train", "val")
    source = dataclasses.replace(made_source(n, 2), columns=columns)
    return Labelled(latent.T.astype(np.float32), None, source=source), marks


def test_many_labels_are_scikit_learns_binary_regressions_with_one_penalty():
    (train, marks), (test, asked) = voc(160, "train"), voc(120, "test")
    grid, val = np.logspace(2, -2, 5), np.arange(160) % 2 == 1

    def regressions(penalty, rows):
        for k in range(4):
            used = rows & (marks[:, k] >= 0)
            model = LogisticRegression(C=1 / penalty, tol=1e-12, max_iter=10_000, solver="newton-cholesky")
            yield model.fit(train.features[used].astype(np.float64), marks[used, k])

    def decisions(penalty, rows, x):
        return np.stack([model.decision_function(x.astype(np.float64)) for model in regressions(penalty, rows)], 1)

    chosen_by = [value("voc-map", decisions(penalty, ~val, train.features[val]), marks[val]) for penalty in grid]
    chosen = grid[int(np.argmax(chosen_by))]
    expected = decisions(chosen, val | ~val, test.features)
    parts = [Part(train.features[rows], marks[rows].astype(np.int64)) for rows in (~val, val)]
    found = probe(*parts, test.features, 4, metric="voc-map", penalties=grid.tolist())
    assert found.penalty == chosen
    assert found.chosen_by == pytest.approx(chosen_by, abs=0.1)
    assert found.scores == pytest.approx(expected, abs=1e-2)

    member = LinearProbe(metric="voc-map", validation="split=val", grid_from=-2.0, grid_to=2.0, grid_size=5)
    (score,) = member(train, test)
    assert score.metric == "linear voc-map"
    assert score.value == pytest.approx(value("voc-map", expected, asked), abs=0.1)
    assert f"λ = {chosen:.3g} of 5" in score.protocol


def test_lambda_is_chosen_by_the_metric_that_is_asked_for():
    # One class of 20 times as many images: a strong penalty that answers it alone is best by accuracy, not by classes.
    def images(n, name):
        labels = np.where(np.arange(n) % 20 == 0, np.arange(n) // 20 % 2, 2)
        x = 2.0 * np.eye(3)[labels] + 1.5 * rng(name, "rare").normal(size=(n, 3))
        return Part(x.astype(np.float32), labels)

    train, validation, test = images(400, "a"), images(400, "b"), images(10, "c").features
    grid = GRID[4:30:5]
    models = [
        LogisticRegression(C=1 / one, tol=1e-10, max_iter=10_000).fit(train.features, train.labels) for one in grid
    ]
    decisions = [model.decision_function(validation.features).astype(np.float64) for model in models]
    chosen = []
    for metric in ("accuracy", "mean-per-class"):
        found = probe(train, validation, test, 3, metric=metric, penalties=grid)
        expected = [value(metric, scores, validation.labels) for scores in decisions]
        assert found.chosen_by == pytest.approx(expected, abs=0.3)  # one image in 400
        assert found.penalty == grid[int(found.chosen_by.argmax())]
        chosen.append(found.penalty)
    assert chosen[0] > chosen[1]


def test_validation_images_that_show_nothing_are_refused():
    part = Part(TRAIN.features, np.zeros((300, 4), dtype=np.int64))
    with pytest.raises(UserError, match="no image that chooses"):
        probe(part, part, TEST.features, 4, metric="voc-map")
    alone = Part(TRAIN.features, TRAIN.labels)
    with pytest.raises(UserError, match="no image that chooses"):
        probe(alone, alone.take(np.zeros(300, dtype=bool)), TEST.features, 4)
