"""How well features predict numbers: ridge regression in the space of a kernel, all choices made on validation rows.

**Source**: Saunders, Gammerman, Vovk, Ridge regression learning algorithm in dual variables, ICML 1998. With K the
kernel of the rows that are learnt from and y their centred values, a = (K + λ)⁻¹ y, and a new row x gets
Σ_i a_i k(x, x_i): scikit-learn's `KernelRidge(alpha=λ)` on centred values.
"""

from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Bool, Float64, Int64
from scipy.linalg import cho_factor, cho_solve

from sempairs.core.progress import progress
from sempairs.core.seeds import rng

Kernel = Literal["linear", "rbf"]
PENALTIES = np.logspace(-4, 3, 15)
WIDTHS = {"linear": (1.0,), "rbf": (0.5, 1.0, 2.0, 4.0)}
VALIDATION = 0.25


class Choice(NamedTuple):
    """What was best for a factor on the validation rows: w (of no effect for "linear") and λ."""

    width: float
    penalty: float


def predict(
    x: Float64[np.ndarray, "n d"],
    y: Float64[np.ndarray, "n t"],
    x_test: Float64[np.ndarray, "m d"],
    factors: Int64[np.ndarray, " t"],
    kernel: Kernel,
) -> Float64[np.ndarray, "m t"]:
    """The values of new rows, with w and λ chosen for each factor on a quarter of the rows to learn from.

    Rows are centred and divided by their root mean square length, so that neither a shift nor a scale of the features
    changes anything. Then "linear" is k(x, x') = x x' and "rbf" is exp(-|x - x'|² / 2w²).

    Parameters
    ----------
    x, y: rows to learn from, and their values.
    x_test: the new rows.
    factors: the number, from 0, of the factor that a column of y belongs to; its columns share their choice.
    """
    centre = x.mean(axis=0)
    length = float(np.sqrt(np.square(x - centre).sum(axis=1).mean())) or 1.0  # constant features are all zeros
    x, x_test = (x - centre) / length, (x_test - centre) / length
    choices = choose(x, y, factors, kernel)
    answers = np.empty((len(x_test), y.shape[1]))
    for choice in set(choices):
        mine = np.array([choices[factor] == choice for factor in factors])
        answers[:, mine] = fitted(x, y[:, mine], x_test, kernel, choice)
    return answers


def choose(
    x: Float64[np.ndarray, "n d"], y: Float64[np.ndarray, "n t"], factors: Int64[np.ndarray, " t"], kernel: Kernel
) -> list[Choice]:
    """For each factor the w and λ with the smallest squared error on the validation rows."""
    held_out = validation_rows(len(x))
    learnt, centre = x[~held_out], y[~held_out].mean(axis=0)
    # From smooth to wiggly, so that of equal errors the smoothest wins.
    grid = [Choice(w, float(penalty)) for w in WIDTHS[kernel][::-1] for penalty in PENALTIES[::-1]]
    errors = []
    with progress(f"choosing a {kernel} regression", len(WIDTHS[kernel]), "kernels") as bar:
        for w in WIDTHS[kernel][::-1]:
            values, vectors = np.linalg.eigh(kernel_of(learnt, learnt, kernel, w))
            across = kernel_of(x[held_out], learnt, kernel, w) @ vectors
            projected = vectors.T @ (y[~held_out] - centre)
            for penalty in PENALTIES[::-1]:
                found = across @ (projected / (values + penalty)[:, None]) + centre
                errors.append(np.bincount(factors, np.square(found - y[held_out]).sum(axis=0)))
            bar()
    return [grid[best] for best in np.argmin(errors, axis=0)]


def fitted(
    x: Float64[np.ndarray, "n d"],
    y: Float64[np.ndarray, "n t"],
    x_new: Float64[np.ndarray, "m d"],
    kernel: Kernel,
    choice: Choice,
) -> Float64[np.ndarray, "m t"]:
    """The values of new rows with this w and λ."""
    within = kernel_of(x, x, kernel, choice.width)
    within[np.diag_indices_from(within)] += choice.penalty
    centre = y.mean(axis=0)
    weights = cho_solve(cho_factor(within, lower=True), y - centre)
    found: Float64[np.ndarray, "m t"] = kernel_of(x_new, x, kernel, choice.width) @ weights + centre
    return found


def kernel_of(
    a: Float64[np.ndarray, "n d"], b: Float64[np.ndarray, "m d"], kernel: Kernel, width: float
) -> Float64[np.ndarray, "n m"]:
    """k(a_i, b_j)."""
    inner: Float64[np.ndarray, "n m"] = a @ b.T
    if kernel == "linear":
        return inner
    squares = np.square(a).sum(axis=1)[:, None] + np.square(b).sum(axis=1) - 2 * inner
    return np.asarray(np.exp(-np.maximum(squares, 0) / (2 * width**2)))


def validation_rows(n: int) -> Bool[np.ndarray, " n"]:
    """Which rows choose: a quarter, always the same ones."""
    chosen = np.zeros(n, dtype=bool)
    chosen[rng("ridge validation", n).permutation(n)[: max(1, round(VALIDATION * n))]] = True
    return chosen
