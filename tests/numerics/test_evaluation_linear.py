"""The linear probe against scikit-learn, its own gradient, and what the penalty must do."""

import numpy as np
import pytest
from scipy.optimize import check_grad
from scipy.special import log_softmax, softmax
from sklearn.linear_model import LogisticRegression

from sempairs.core.progress import quiet
from sempairs.core.seeds import rng
from sempairs.evaluation.base import Labelled
from sempairs.evaluation.linear import LinearProbe, along, fit, principal_axes, validation_rows


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


def coordinates(images):
    return along(images, *principal_axes(TRAIN.features.astype(np.float64)))


def ours(penalty, train=TRAIN, classes=4, tolerance=1e-9):
    x = coordinates(train)
    return fit(x, train.labels, penalty, np.zeros((x.shape[1], classes)), max_iter=20_000, tolerance=tolerance)


def theirs(penalty, train=TRAIN):
    return LogisticRegression(C=1 / penalty, tol=1e-12, max_iter=100_000, solver="newton-cholesky").fit(
        train.features.astype(np.float64), train.labels
    )


@pytest.mark.parametrize("penalty", [1e-3, 1.0, 1e3])
def test_scikit_learn_finds_the_same_minimum(penalty):
    # Raw features and another solver there, principal axes here: only the minimum is the same.
    found = ours(penalty)
    assert found.converged
    probabilities = softmax(coordinates(TEST) @ found.weights, axis=1)
    expected = theirs(penalty).predict_proba(TEST.features.astype(np.float64))
    assert probabilities == pytest.approx(expected, abs=1e-5)


def test_the_gradient_of_the_printed_loss_vanishes_at_the_minimum():
    # The loss as the module prints it, written again; its gradient is Xᵀ(P - Y) + λ W, without λ for the bias.
    x, targets, decay = coordinates(TRAIN), np.eye(4)[TRAIN.labels], 1.0
    shape = (x.shape[1], 4)

    def loss(flat):
        weights = flat.reshape(shape)
        return -(targets * log_softmax(x @ weights, axis=1)).sum() + decay / 2 * (weights[:-1] ** 2).sum()

    def gradient(flat):
        weights = flat.reshape(shape)
        penalised = decay * weights * (np.arange(len(weights)) < 12)[:, None]  # 12 features, then the bias
        return (x.T @ (softmax(x @ weights, axis=1) - targets) + penalised).ravel()

    start, found = rng("start").normal(size=shape).ravel(), ours(decay).weights.ravel()
    assert check_grad(loss, gradient, start) < 1e-5 * np.linalg.norm(gradient(start))  # finite differences: 1e-8 a step
    assert np.linalg.norm(gradient(found)) < 1e-5 * np.linalg.norm(gradient(0 * found))


def test_two_classes_are_scikit_learns_binary_regression_with_half_the_penalty():
    # Two logits ±w/2 are one logit w with λ/2 (|w/2|² + |w/2|²) = (λ/2)/2 |w|².
    train, test = images(300, "train", classes=2), images(200, "test", classes=2)
    centre, axes = principal_axes(train.features.astype(np.float64))
    x = along(train, centre, axes)
    found = fit(x, train.labels, 2.0, np.zeros((x.shape[1], 2)), 20_000, 1e-9)
    probabilities = softmax(along(test, centre, axes) @ found.weights, axis=1)
    assert probabilities == pytest.approx(theirs(1.0, train).predict_proba(test.features.astype(np.float64)), abs=1e-5)


def test_the_start_does_not_matter():
    x = coordinates(TRAIN)
    start = rng("start").normal(size=(x.shape[1], 4))
    # The bias is fixed only up to a common constant, which no prediction sees.
    a, b = (x @ fit(x, TRAIN.labels, 1.0, w, 20_000, 1e-9).weights for w in (start, 0 * start))
    assert softmax(a, axis=1) == pytest.approx(softmax(b, axis=1), abs=1e-5)


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


def test_our_coordinates_need_fewer_iterations_than_the_features_themselves():
    # The reason for them. Measured to this tolerance: 11 iterations along the axes, 95 on the features as they are.
    x = coordinates(TRAIN)
    raw = np.concatenate([TRAIN.features.astype(np.float64), np.ones((300, 1))], axis=1)
    start = np.zeros((x.shape[1], 4))
    assert fit(x, TRAIN.labels, 1.0, start, max_iter=30, tolerance=1e-4).converged
    assert not fit(raw, TRAIN.labels, 1.0, start, max_iter=30, tolerance=1e-4).converged
