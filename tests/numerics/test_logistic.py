"""Logistic regression against scikit-learn at every penalty of the grid, its own gradient, and what weights must do."""

import numpy as np
import pytest
import torch
from scipy.optimize import check_grad
from sklearn.linear_model import LogisticRegression

from sempairs.core.seeds import rng
from sempairs.evaluation.linear_models import logistic
from sempairs.evaluation.linear_models.lbfgs import minimise
from sempairs.evaluation.linear_models.logistic import Axes, Problems, fit, path
from sempairs.evaluation.linear_models.probe import GRID

CLASSES = 4


def features(n, name, d=12):
    """Like a network's: positive, far from zero mean, nearly dependent columns of very different spread."""
    labels = rng(name, "labels").integers(0, CLASSES, n)
    latent = 0.9 * rng("centres", CLASSES).normal(size=(CLASSES, d))[labels] + rng(name).normal(size=(n, d))
    x = 5 + latent @ (np.logspace(0, -2, d)[:, None] * rng("mixing").normal(size=(d, d)))
    return torch.from_numpy(x), torch.from_numpy(labels)


X, Y = features(300, "train")


def one(penalty, **options):
    return fit(X, Y[None], CLASSES, torch.tensor([penalty], dtype=torch.float64), **options)


def theirs(x, y, penalty, weights=None):
    """scikit-learn's minimum by Newton's method, on the features as they are."""
    model = LogisticRegression(C=1 / penalty, tol=1e-12, max_iter=10_000, solver="newton-cholesky")
    return model.fit(x.numpy(), y.numpy(), None if weights is None else weights.numpy())


def loss_of(weights, bias, x, y, penalty):
    """The loss as the module prints it, written again."""
    logits = x @ torch.as_tensor(weights) + torch.as_tensor(bias)
    return float(torch.nn.functional.cross_entropy(logits, y, reduction="sum")) + penalty / 2 * float(
        (weights**2).sum()
    )


@pytest.mark.parametrize("size", [1e-2, 1.0, 1e2])
def test_every_loss_of_the_grid_is_scikit_learns(size):
    # The aim is 1e-4, here relative to the loss. Both losses by the same function. Small features are like
    # those of networks with random weights: most of the path is ruled by the penalty.
    x = size * X
    for place, (penalty, found) in enumerate(zip(GRID, path(x, Y[None], CLASSES, GRID), strict=True)):
        assert found.converged.all()
        ours = loss_of(found.weights[0], found.bias[0], x, Y, penalty)
        assert float(found.loss[0]) == pytest.approx(ours, rel=1e-9)
        if size == 1 or place % 4 == 0:  # theirs takes ten times as long
            peer = theirs(x, Y, penalty)
            assert ours == pytest.approx(loss_of(peer.coef_.T, peer.intercept_, x, Y, penalty), rel=5e-5), penalty


@pytest.mark.parametrize("penalty", [1e-3, 1.0, 1e3])
def test_scikit_learn_finds_the_same_classifier(penalty):
    test, _ = features(200, "test")
    found = one(penalty, tolerance=1e-13)
    expected = theirs(X, Y, penalty).predict_proba(test.numpy())
    # A mean loss within 1e-10 (FLOOR) leaves probabilities within about the root of it.
    assert found.logits(test)[0].softmax(1).numpy() == pytest.approx(expected, abs=5e-5)


def test_the_gradient_is_that_of_the_loss_and_vanishes_at_the_minimum():
    axes = Axes.of(X, None)
    problem = Problems.of(axes.coordinates(X), Y[None], CLASSES, None).penalised(torch.ones(1, dtype=torch.float64))
    start = rng("start").normal(size=(13 * CLASSES))  # 12 features and the bias

    def part(place):
        return lambda flat: problem(torch.from_numpy(flat)[None])[place].numpy()[0]

    # Finite differences with steps of 1e-8.
    assert check_grad(part(0), part(1), start) < 1e-5 * np.linalg.norm(part(1)(start))
    found = axes.along(one(1.0, tolerance=1e-14)).flatten().numpy()
    assert np.linalg.norm(part(1)(found)) < 1e-5 * np.linalg.norm(part(1)(0 * found))


def test_second_derivatives_are_those_of_automatic_differentiation():
    x = Axes.of(X[:, :3], None).coordinates(X[:, :3])
    problem = Problems.of(x, Y[None], CLASSES, None).penalised(torch.full((1,), 0.5, dtype=torch.float64))
    v = torch.from_numpy(rng("start").normal(size=(1, 4, CLASSES)))

    def loss(flat):
        weights = flat.reshape(4, CLASSES)
        decay = 0.25 * (weights[:-1] ** 2).sum()
        return torch.nn.functional.cross_entropy(x @ weights, Y, reduction="sum") + decay

    whole = torch.autograd.functional.hessian(loss, v.flatten()).reshape(4, CLASSES, 4, CLASSES)
    expected = torch.stack([whole[:, k, :, k] for k in range(CLASSES)])
    found = problem.inverse(v, problem.mixed(v))[0].inverse()
    assert found.numpy() == pytest.approx(expected.numpy(), rel=1e-6, abs=1e-5)
    diagonal = expected.diagonal(dim1=1, dim2=2).numpy()
    for unmixed in (problem.unmixed(), problem.unmixed()[:, :, :0, :0]):  # as matrices, and where those are too large
        found = problem.inverse(v, unmixed)[0]
        found = found.diagonal(dim1=1, dim2=2) if found.ndim == 3 else found
        assert (1 / found).numpy() == pytest.approx(diagonal, rel=1e-6)


def test_two_classes_are_scikit_learns_binary_regression_with_half_the_penalty():
    # Two logits ±w/2 are one logit w with λ/2 (|w/2|² + |w/2|²) = (λ/2)/2 |w|².
    y = (Y > 1).long()
    found = fit(X, y[None], 2, torch.tensor([2.0], dtype=torch.float64), tolerance=1e-13)
    expected = theirs(X, y, 1.0).predict_proba(X.numpy())
    assert found.logits(X)[0].softmax(1).numpy() == pytest.approx(expected, abs=1e-5)


def test_many_problems_are_each_alone():
    # Own features, own penalties, very different lengths of the search: some end rounds before the others.
    x = torch.stack([X[start : start + 60] for start in (0, 60, 120, 180)])
    y = torch.stack([Y[start : start + 60] for start in (0, 60, 120, 180)])
    penalties = torch.tensor([1e3, 1.0, 1e-2, 1e-5], dtype=torch.float64)
    together = fit(x, y, CLASSES, penalties, tolerance=1e-12)
    assert together.converged.all()
    for place, penalty in enumerate(penalties.tolist()):
        peer = theirs(x[place], y[place], penalty)
        expected = loss_of(peer.coef_.T, peer.intercept_, x[place], y[place], penalty)
        assert float(together.loss[place]) == pytest.approx(expected, rel=1e-6)


def test_shared_features_are_the_same_as_copies_of_them():
    binary = torch.stack([(k == Y).long() for k in range(CLASSES)])
    penalties = torch.full((CLASSES,), 0.1, dtype=torch.float64)
    shared = fit(X, binary, 2, penalties, tolerance=1e-12)
    own = fit(X.expand(CLASSES, -1, -1), binary, 2, penalties, tolerance=1e-12)
    assert shared.logits(X).numpy() == pytest.approx(own.logits(X).numpy(), abs=1e-3)
    assert shared.loss.numpy() == pytest.approx(own.loss.numpy(), rel=1e-9)


@pytest.mark.parametrize("shared", [True, False])
def test_sample_weights_are_scikit_learns_and_zero_is_absent(shared):
    weights = torch.from_numpy(rng("weights").integers(0, 3, 300)).double()
    x = X.clone()
    x[weights == 0] = 1e3  # what is absent may be anything
    found = fit(x if shared else x[None], Y[None], CLASSES, torch.ones(1).double(), sample_weights=weights[None])
    present = weights > 0
    peer = theirs(X[present], Y[present], 1.0, weights[present])
    logits = X[present] @ torch.from_numpy(peer.coef_.T) + torch.from_numpy(peer.intercept_)
    summed = weights[present] * torch.nn.functional.cross_entropy(logits, Y[present], reduction="none")
    expected = float(summed.sum() + (peer.coef_**2).sum() / 2)
    assert float(found.loss[0]) == pytest.approx(expected, rel=1e-6)


def test_fewer_images_than_features_is_the_same_problem_in_the_span_of_the_images():
    x, y = features(20, "few", d=50)
    peer = theirs(x, y, 0.1)
    expected = loss_of(peer.coef_.T, peer.intercept_, x, y, 0.1)
    found = fit(x, y[None], CLASSES, torch.tensor([0.1], dtype=torch.float64), tolerance=1e-10)
    assert float(found.loss[0]) == pytest.approx(expected, rel=1e-7)
    assert Axes.of(x, None).axes.shape == (50, 20)


def test_the_start_does_not_matter():
    random = one(1.0)._replace(
        weights=torch.from_numpy(rng("start").normal(size=(1, 12, CLASSES))), bias=torch.ones(1, CLASSES).double()
    )
    near, far = one(1.0, tolerance=1e-13), one(1.0, tolerance=1e-13, start=random)
    # What all classes have in common is taken out of the start, or no step could.
    assert far.loss.item() == pytest.approx(near.loss.item(), rel=1e-10)
    assert far.weights.sum(dim=2).abs().max() < 1e-9


def test_second_derivatives_shorten_the_search(monkeypatch):
    # Measured at this λ to this tolerance: 35 evaluations with the matrices of them, 86 where those are too large.
    assert one(1e-5, tolerance=1e-8, max_iter=60).converged.all()
    monkeypatch.setattr(logistic, "MOST_NUMBERS", 0)
    assert not one(1e-5, tolerance=1e-8, max_iter=60).converged.all()


def test_problems_too_large_for_matrices_of_second_derivatives_have_the_same_minimum(monkeypatch):
    expected = one(1e-3, tolerance=1e-10)
    monkeypatch.setattr(logistic, "MOST_NUMBERS", 0)
    found = one(1e-3, tolerance=1e-10)
    assert found.converged.all()
    assert found.loss.item() == pytest.approx(expected.loss.item(), rel=1e-7)


def test_a_fit_that_is_cut_short_says_so():
    assert not one(1e-3, max_iter=3).converged.any()


def test_lbfgs_minimises_a_badly_scaled_parabola_and_a_steep_valley():
    # ½ Σ a_i (x_i - 1)² has its minimum 0 at 1. exp(x) + exp(-x) - 2 at 0: from 5 a whole first step would go to -69.
    scales = torch.logspace(0, 4, 10, dtype=torch.float64)

    def parabola(x):
        return (scales * (x - 1) ** 2).sum(1) / 2, scales * (x - 1)

    def valley(x):
        return (x.exp() + (-x).exp() - 2).sum(1), x.exp() - (-x).exp()

    none = torch.zeros(2, dtype=torch.float64)
    x, loss, ended = minimise(parabola, lambda g: g, torch.zeros(2, 10).double(), 0.0, none + 1e-12, 100)
    assert ended.all()
    assert x.numpy() == pytest.approx(np.ones((2, 10)), abs=1e-5)
    x, loss, ended = minimise(valley, lambda g: g / 2, torch.full((2, 1), 5.0).double(), 0.0, none + 1e-12, 100)
    assert ended.all()
    assert loss.max() < 1e-11
