"""The linear probe: multinomial logistic regression on frozen features.

**Source**: Chen, Kornblith, Norouzi, Hinton, SimCLR, ICML 2020, arXiv 2002.05709, appendix B.8.1; grid of Ericsson,
Gouk, Hospedales, How well do self-supervised models transfer?, CVPR 2021, arXiv 2011.13377. Minimised is

    Σ_i cross-entropy(W x_i + b, y_i) + λ/2 |W|²        (summed loss; scikit-learn's C is 1/λ)

by L-BFGS, with λ chosen on a fifth of the training images and the fit repeated on all of them.
**Departure**: in the coordinates, not in the minimum. Features of a network are nearly dependent, and on them plain
L-BFGS takes hundreds of steps a fit, or stops where it stalls. `fit` therefore moves along the principal axes, each
scaled by the curvature that the loss has along it, and carries the penalty over: tens of steps.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float64, Int64
from scipy.optimize import minimize
from threadpoolctl import threadpool_limits

from sempairs.core.errors import UserError
from sempairs.core.progress import progress
from sempairs.core.seeds import rng
from sempairs.evaluation.base import Labelled, Score, accuracy, need_classes

VALIDATION = 0.2
# Largest component of the gradient at which a fit ends. Measured on three sets of 6,000 Fashion-MNIST features: at 1e-5
# a fit's test accuracy is within 0.04 points of the exact minimum's, at 1e-6 fewer than 1 in 1,000 predictions differ.
CHOOSING, FINAL = 1e-5, 1e-6
# Multiplications in one matrix product below which BLAS gets one thread. The products are thousands and small: on two
# cores that others use too, threads that wait for each other made a probe eight times slower.
ONE_THREAD = 10**8


class Fit(NamedTuple):
    """Weights with the bias as their last row, and whether L-BFGS reached the tolerance."""

    weights: Float64[np.ndarray, "d c"]
    converged: bool


@dataclass(frozen=True, kw_only=True)
class LinearProbe:
    """Train a linear classifier on frozen features as they are (not standardised).

    Parameters
    ----------
    grid_from, grid_to: the grid of λ goes from 10^grid_from to 10^grid_to.
    grid_size: its number of values, evenly spaced in the logarithm.
    max_iter: L-BFGS iterations for each fit. A fit that needs more is used as it is, and the protocol says so.
    """

    grid_from: float = -6.0
    grid_to: float = 5.0
    grid_size: int = 45
    max_iter: int = 1000

    def __post_init__(self) -> None:
        if self.grid_from > self.grid_to or min(self.grid_size, self.max_iter) < 1:
            raise UserError(
                "a linear probe needs grid_from <= grid_to, and a grid_size and max_iter of 1 or more",
                got=self,
                todo="change the option",
            )

    def __call__(self, train: Labelled, test: Labelled) -> list[Score]:
        """One score, "linear". Raises UserError if a class has one training image or `need_classes` refuses."""
        names = need_classes(train, test)
        classes = np.searchsorted(names, train.labels)
        centre, axes = principal_axes(train.features.astype(np.float64))
        x, x_test = along(train, centre, axes), along(test, centre, axes)
        held_out = validation_rows(train.labels)

        fits: list[Fit] = []
        grid = np.logspace(self.grid_to, self.grid_from, self.grid_size).tolist()
        threads = 1 if x.size * len(names) < ONE_THREAD else None
        with progress("linear probe", len(grid) + 1, "fits") as bar, threadpool_limits(threads, "blas"):
            start = np.zeros((x.shape[1], len(names)))
            part, part_classes = x[~held_out], classes[~held_out]
            for penalty in grid:  # from strong to weak, each fit starting from the one before
                fits.append(fit(part, part_classes, penalty, start, self.max_iter, CHOOSING))
                start = fits[-1].weights
                bar()
            right = [int((predict(x[held_out], f.weights) == classes[held_out]).sum()) for f in fits]
            best = int(np.argmax(right))  # of equal ones the first: the strongest penalty
            final = fit(x, classes, grid[best], fits[best].weights, self.max_iter, FINAL)
            bar()

        protocol = (
            f"multinomial logistic regression (L-BFGS) on frozen features; λ = {grid[best]:.3g} of {len(grid)} in "
            f"{grid[-1]:.3g} ... {grid[0]:.3g} on the summed loss, the best on {int(held_out.sum()):,} of "
            f"{len(x):,} training images, then fitted on all"
        )
        if len(grid) > 1 and best in (0, len(grid) - 1):
            protocol += f"; warning: λ is the {'smallest' if best else 'largest'} of the grid"
        if stopped := sum(not f.converged for f in fits):
            protocol += f"; warning: {stopped} fits of the grid did not converge in {self.max_iter} iterations"
        if not final.converged:
            protocol += f"; warning: the final fit did not converge in {self.max_iter} iterations"
        return [accuracy("linear", names[predict(x_test, final.weights)] == test.labels, protocol)]


def principal_axes(
    features: Float64[np.ndarray, "n d"],
) -> tuple[Float64[np.ndarray, " d"], Float64[np.ndarray, "d d"]]:
    """The mean of the features and, as columns, the eigenvectors of their covariance."""
    centre = features.mean(axis=0)
    return centre, np.linalg.eigh((features - centre).T @ (features - centre)).eigenvectors


def along(
    images: Labelled, centre: Float64[np.ndarray, " d"], axes: Float64[np.ndarray, "d d"]
) -> Float64[np.ndarray, "n d+1"]:
    """Features as coordinates along the axes, and a last column of ones for the bias.

    The probe in these coordinates is the same: |W|² does not change under rotation, and the bias, which is not
    penalised, takes up the shift.
    """
    coordinates = (images.features - centre) @ axes
    return np.concatenate([coordinates, np.ones((len(coordinates), 1))], axis=1)


def validation_rows(labels: Int64[np.ndarray, " n"]) -> Bool[np.ndarray, " n"]:
    """Which rows choose λ: a fifth of each class, at least one, always the same ones.

    Raises
    ------
    UserError: a class with a single image, which would be missing from one of the two parts.
    """
    held_out = np.zeros(len(labels), dtype=bool)
    generator = rng("linear probe", "validation", 0)
    for name in np.unique(labels):
        members = generator.permutation(np.flatnonzero(labels == name))
        if len(members) < 2:
            raise UserError(
                "a linear probe needs two training images of each class, one to choose λ by",
                got=f"one of class {name}",
                todo="add images, or leave the class out",
            )
        held_out[members[: max(1, round(VALIDATION * len(members)))]] = True
    return held_out


def fit(
    x: Float64[np.ndarray, "n d"],
    classes: Int64[np.ndarray, " n"],
    penalty: float,
    start: Float64[np.ndarray, "d c"],
    max_iter: int,
    tolerance: float,
) -> Fit:
    """Minimise Σ_i cross-entropy + penalty/2 |W|² over the weights W; the last column of x (ones) is not penalised.

    L-BFGS works on V = W / scale. With scale² = 1 / (Σ_i x_i² / c + penalty), one over the curvature along each axis
    while all c classes are equally likely, the problem is round at its start and mild all the way.

    Parameters
    ----------
    x: coordinates along principal axes. Others give the same minimum, more slowly.
    start: weights to start from.
    tolerance: the largest component of the gradient of the mean loss with respect to V at which it ends.
    """
    n, c = len(x), start.shape[1]
    rows = np.arange(n)
    penalties = np.append(np.full(x.shape[1] - 1, penalty), 0.0)[:, None]
    scale = 1 / np.sqrt((x**2).sum(axis=0)[:, None] / c + penalties)
    scaled, transposed = x * scale.T, np.ascontiguousarray((x * scale.T).T)

    def loss_and_gradient(flat: Float64[np.ndarray, " dc"]) -> tuple[float, Float64[np.ndarray, " dc"]]:
        v = flat.reshape(-1, c)
        logits = scaled @ v
        logits -= logits.max(axis=1, keepdims=True)
        own = logits[rows, classes]
        np.exp(logits, out=logits)
        totals = logits.sum(axis=1, keepdims=True)
        logits /= totals  # now the probabilities
        logits[rows, classes] -= 1
        decay = penalties * scale**2 * v
        loss = np.log(totals).sum() - own.sum() + (decay * v).sum() / 2
        return float(loss) / n, (transposed @ logits + decay).ravel() / n

    found = minimize(
        loss_and_gradient,
        (start / scale).ravel(),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": max_iter, "gtol": tolerance, "ftol": 1e-14, "maxcor": 20},
    )
    return Fit(found.x.reshape(-1, c) * scale, bool(found.success))


def predict(x: Float64[np.ndarray, "n d"], weights: Float64[np.ndarray, "d c"]) -> Int64[np.ndarray, " n"]:
    """The class with the largest logit; of equal ones, the smallest class."""
    predicted: Int64[np.ndarray, " n"] = (x @ weights).argmax(axis=1)
    return predicted
