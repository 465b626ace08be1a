"""Ridge regression in a kernel's space: scikit-learn, choices on validation rows, and functions that are known."""

import numpy as np
import pytest
from sklearn.kernel_ridge import KernelRidge
from sklearn.metrics import r2_score

from sempairs.core.progress import quiet
from sempairs.core.seeds import rng
from sempairs.evaluation.linear_models import ridge
from sempairs.evaluation.linear_models.ridge import Choice, choose, fitted, predict, validation_rows

ONE = np.zeros(1, dtype=np.int64)


@pytest.fixture(autouse=True)
def no_progress():
    with quiet():
        yield


def rows(n, d=3, seed=0):
    return rng("ridge test", seed).normal(size=(n, d))


@pytest.mark.parametrize("kernel", ["linear", "rbf"])
@pytest.mark.parametrize("choice", [Choice(0.5, 1e-3), Choice(2.0, 10.0)])
def test_a_fit_is_scikit_learns(kernel, choice):
    x, x_new, y = rows(40), rows(15, seed=1), rows(40, 2, seed=2)
    theirs = KernelRidge(alpha=choice.penalty, kernel=kernel, gamma=1 / (2 * choice.width**2)).fit(
        x, y - y.mean(axis=0)
    )
    assert fitted(x, y, x_new, kernel, choice) == pytest.approx(theirs.predict(x_new) + y.mean(axis=0), rel=1e-8)


@pytest.mark.parametrize("kernel", ["linear", "rbf"])
def test_the_choice_is_the_best_of_the_grid_on_the_validation_rows(kernel):
    x = rows(60)
    y = np.sin(2 * x[:, :1]) + 0.3 * rows(60, 1, seed=3)
    held_out = validation_rows(60)
    errors = {}
    for width in ridge.WIDTHS[kernel]:
        for penalty in ridge.PENALTIES:
            found = fitted(x[~held_out], y[~held_out], x[held_out], kernel, Choice(width, float(penalty)))
            errors[Choice(width, float(penalty))] = np.square(found - y[held_out]).sum()
    assert choose(x, y, ONE, kernel) == [min(errors, key=errors.get)]


def test_columns_of_a_factor_share_their_choice_and_others_have_their_own():
    x = rows(80)
    y = np.concatenate([x[:, :1], 50 * rows(80, 1, seed=4), np.sin(6 * x[:, 1:2])], axis=1)
    together = choose(x, y, np.array([0, 0, 1]), "rbf")
    assert len(together) == 2
    # 50 times noise outweighs the first column: the factor of both is as smooth as noise alone.
    assert together[0] == choose(x, y[:, 1:2], ONE, "rbf")[0]
    assert together[1] == choose(x, y[:, 2:], ONE, "rbf")[0]


def test_a_linear_function_is_known_exactly():
    x, x_new, weights = rows(200), rows(50, seed=1), np.array([[1.0], [-2.0], [0.5]])
    assert r2_score(x_new @ weights, predict(x, x @ weights, x_new, ONE, "linear")) > 0.999999


def test_a_curve_is_for_the_kernel_only():
    # x² is uncorrelated with x, so no line knows anything of it.
    x, x_new = rows(400, 1), rows(200, 1, seed=1)
    assert r2_score(x_new**2, predict(x, x**2, x_new, ONE, "rbf")) > 0.97
    assert abs(r2_score(x_new**2, predict(x, x**2, x_new, ONE, "linear"))) < 0.05


@pytest.mark.parametrize("kernel", ["linear", "rbf"])
def test_noise_is_predicted_by_its_mean(kernel):
    x, x_new, y, truth = rows(400), rows(200, seed=1), rows(400, 1, seed=2), rows(200, 1, seed=5)
    assert -0.05 < r2_score(truth, predict(x, y, x_new, ONE, kernel)) < 0.05


@pytest.mark.parametrize("kernel", ["linear", "rbf"])
def test_shift_scale_and_rotation_of_features_change_nothing(kernel):
    x, x_new = rows(60), rows(20, seed=1)
    y = np.tanh(x[:, :1])
    turn = np.linalg.qr(rows(3, seed=6))[0]
    plain = predict(x, y, x_new, ONE, kernel)
    assert predict(7 * x @ turn + 3, y, 7 * x_new @ turn + 3, ONE, kernel) == pytest.approx(plain, abs=1e-6)


def test_constant_features_give_the_mean():
    y = rows(40, 1)
    found = predict(np.full((40, 3), 0.3), y, np.full((10, 3), 0.3), ONE, "rbf")
    assert found == pytest.approx(np.full((10, 1), y.mean()), abs=1e-9)


def test_what_is_tested_changes_no_answer_for_others():
    x, x_new = rows(60), rows(20, seed=1)
    y = np.tanh(x[:, :1])
    poisoned = x_new.copy()
    poisoned[::2] = 1e3
    assert predict(x, y, poisoned, ONE, "rbf")[1::2] == pytest.approx(predict(x, y, x_new, ONE, "rbf")[1::2], rel=1e-9)
