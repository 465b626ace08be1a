"""L-BFGS for many smooth convex problems of one size at once, each with its own steps, line search and end.

**Source**: Nocedal, Updating quasi-Newton matrices with limited storage, Mathematics of Computation 35, 1980 (the
two-loop recursion is `Memory.direction`); Armijo, Pacific Journal of Mathematics 16, 1966 (the line search; on convex
problems the curvature along a step cannot be negative, so that it needs no second condition).
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float64
from torch import Tensor

Rows = Float64[Tensor, "p v"]
Objective = Callable[[Rows], tuple[Float64[Tensor, " p"], Rows]]
"""p functions of v numbers each: their values, which are not negative, and their gradients."""

PAIRS = 20  # steps remembered
DECREASE = 1e-4  # of what the slope promises, that a step must give
SMALLEST, LARGEST = 0.1, 0.5  # by which a step that gives less is shortened
MOST_TRIALS = 30
ROUNDING = 1e-13  # of a loss, within which two losses are equal


class Memory(NamedTuple):
    """The last steps of p problems, which tell the curvature.

    Parameters
    ----------
    steps, changes: of x and of the gradient, newest first.
    """

    steps: Float64[Tensor, "p m v"]
    changes: Float64[Tensor, "p m v"]

    def add(self, step: Rows, change: Rows) -> "Memory":
        """With one more step; the oldest is forgotten."""
        newest = (
            torch.cat([new[:, None], old[:, : PAIRS - 1]], 1) for new, old in ((step, self[0]), (change, self[1]))
        )
        return Memory(*newest)

    def direction(self, gradient: Rows, precondition: Callable[[Rows], Rows]) -> Rows:
        """The gradient divided by the curvature: as the steps tell it, and `precondition` where they tell nothing."""
        curvature = dot(self.steps, self.changes)
        inverse = torch.where(curvature > 0, 1 / curvature, 0.0)  # a problem that has ended makes steps of zero
        shares = []
        for place in range(self.steps.shape[1]):
            shares.append(inverse[:, place] * dot(self.steps[:, place], gradient))
            gradient = gradient - shares[-1][:, None] * self.changes[:, place]
        found = precondition(gradient)
        if shares:
            newest = dot(self.changes[:, 0], precondition(self.changes[:, 0]))
            found = found * torch.where(newest > 0, curvature[:, 0] / newest, 1.0)[:, None]
        for place in reversed(range(len(shares))):
            excess = shares[place] - inverse[:, place] * dot(self.changes[:, place], found)
            found = found + excess[:, None] * self.steps[:, place]
        return found


def dot(a: Float64[Tensor, "*p v"], b: Float64[Tensor, "*p v"]) -> Float64[Tensor, "*p"]:
    """The inner products of the rows."""
    found: Float64[Tensor, "*p"] = torch.linalg.vecdot(a, b)
    return found


def minimise(
    objective: Objective,
    precondition: Callable[[Rows], Rows],
    start: Rows,
    tolerance: float,
    floor: Float64[Tensor, " p"],
    max_steps: int,
) -> tuple[Rows, Float64[Tensor, " p"], Bool[Tensor, " p"]]:
    """Minimise p convex functions.

    Parameters
    ----------
    precondition: about the inverse of the second derivatives, times the rows that it is given.
    tolerance: a problem ends where its loss is estimated to be above its minimum by less than this share of itself.
    floor: or by less than this.
    max_steps: after which all problems end.

    Returns
    -------
    Where each problem is, its loss, and whether it has ended.
    """
    x, memory = start, Memory(*torch.zeros(2, len(start), 0, start.shape[1]).to(start))
    loss, gradient = objective(x)
    ended = torch.zeros_like(loss, dtype=torch.bool)
    for step in range(max_steps + 1):
        direction = memory.direction(gradient, precondition)
        slope = dot(gradient, direction)
        # Newton's estimate of what is left, by the remembered curvature or by the first guess: the larger of both.
        left = torch.maximum(slope, dot(gradient, precondition(gradient))) / 2
        ended |= left <= tolerance * loss + floor
        if step == max_steps or ended.all():
            break
        trial, loss, new_gradient = search(objective, x, loss, direction, slope * ~ended)
        memory = memory.add(trial - x, new_gradient - gradient)
        x, gradient = trial, new_gradient
    return x, loss, ended


def search(
    objective: Objective, x: Rows, loss: Float64[Tensor, " p"], direction: Rows, slope: Float64[Tensor, " p"]
) -> tuple[Rows, Float64[Tensor, " p"], Rows]:
    """Where a step against `direction` ends, the loss and the gradient there; a problem of slope 0 stays where it is.

    The whole step is tried first; one that does not give its share of the decrease is shortened to where the parabola
    through what is known has its minimum.
    """
    length = (slope > 0).to(x.dtype)
    for _ in range(MOST_TRIALS):
        trial = x - length[:, None] * direction
        new_loss, new_gradient = objective(trial)
        promised = length * slope
        short = ~(new_loss <= loss - DECREASE * promised + ROUNDING * loss)  # not a number is short, too
        if not short.any():
            break
        lowest = torch.nan_to_num(promised / (2 * (new_loss - loss + promised)), nan=SMALLEST)
        length = torch.where(short, length * lowest.clamp(SMALLEST, LARGEST), length)
    return trial, new_loss, new_gradient
