"""Multinomial logistic regression with an l2 penalty, for many problems at once: what linear evaluations fit with.

Minimised is, for each problem,

    Σ_i w_i cross-entropy(x_i W + b, y_i) + λ/2 |W|²        (summed loss; scikit-learn's C is 1/λ)

by L-BFGS in float64 on the device of the features. Features of a network are nearly dependent, and on them plain L-BFGS
takes hundreds of steps a fit, or stops where it stalls. Three things make it tens, and none changes the minimum:

- coordinates are those along the principal axes: |W|² does not change under rotation, and the bias, which is not
  penalised, takes up the shift; where there are fewer images than features, W lies in the span of the images;
- each is scaled by the second derivative that the loss has along it where the fit starts; a fit that takes long learns
  how those of each class mix, which the next fit on a path of penalties takes over: that changes slowly;
- such a fit starts where the line through the two before it, over log λ, leads.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from math import log
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Float64, Int64
from torch import Tensor

from sempairs.evaluation.linear_models.lbfgs import minimise

# Of the loss: within what share of its minimum a fit is estimated to end. Features that are nearly dependent hide more:
# on those of 6,000 Fashion-MNIST images every loss of 45 penalties was within 1.3e-5 of the minimum, on made ones 1e-4.
TOLERANCE = 1e-7
FLOOR = 1e-10  # of a mean loss, which is not worth a step
MAX_ITER = 1000
ROUND = 25  # steps after which a fit learns how second derivatives mix
# Multiplications in one product below which a processor's cores do not share it. The products are thousands and small:
# on two cores that others use too, threads that waited for each other made 45 fits six times slower.
ONE_THREAD = 10**8
MOST_NUMBERS = 2**27  # 1 GiB: where mixed second derivatives would be more, only those along each axis are taken
LEAST = 1e-9  # of the largest second derivative: what a direction that says nothing is taken to have

Features = Float[Tensor, "n d"] | Float[Tensor, "p n d"]


class Fit(NamedTuple):
    """p linear classifiers.

    Parameters
    ----------
    loss: summed, with the penalty.
    converged: whether L-BFGS reached its tolerance.
    """

    weights: Float64[Tensor, "p d c"]
    bias: Float64[Tensor, "p c"]
    loss: Float64[Tensor, " p"]
    converged: Bool[Tensor, " p"]

    def logits(self, features: Features) -> Float64[Tensor, "p m c"]:
        """Of images that all classifiers see `[m d]`, or of each classifier's own `[p m d]`."""
        found: Float64[Tensor, "p m c"] = features.double() @ self.weights + self.bias[:, None]
        return found


def fit(
    features: Features,
    classes: Int64[Tensor, "p n"],
    count: int,
    penalties: Float64[Tensor, " p"],
    *,
    sample_weights: Float[Tensor, "p n"] | None = None,
    start: Fit | None = None,
    tolerance: float = TOLERANCE,
    max_iter: int = MAX_ITER,
) -> Fit:
    """Fit p problems at once.

    Parameters
    ----------
    features: n images that all problems share, or n for each.
    classes: in 0 ... count - 1. Two classes are a binary regression whose penalty is half of the λ given here: two
        logits ±w/2 are one logit w, and |w/2|² + |w/2|² is half of |w|².
    count: of classes.
    penalties: λ of each problem, above zero.
    sample_weights: w; an image with 0 is absent, so that problems of several sizes can be filled up.
    start: where to start from; else from zero.
    tolerance: of the loss: within what share of its minimum a fit is estimated to end.
    max_iter: steps after which a fit ends anyway.
    """
    axes = Axes.of(features, sample_weights)
    problems = Problems.of(axes.coordinates(features), classes, count, sample_weights).penalised(penalties)
    here = axes.along(start) if start else problems.zero()
    return axes.back(*problems.solve(here, problems.unmixed(), tolerance, max_iter))


def path(
    features: Features,
    classes: Int64[Tensor, "p n"],
    count: int,
    penalties: Sequence[float],
    *,
    sample_weights: Float[Tensor, "p n"] | None = None,
    tolerance: float = TOLERANCE,
    max_iter: int = MAX_ITER,
) -> Iterator[Fit]:
    """Fit p problems with each of these penalties, which do not rise; the other parameters as in `fit`."""
    axes = Axes.of(features, sample_weights)
    problems = Problems.of(axes.coordinates(features), classes, count, sample_weights)
    before = here = problems.zero()
    mixing = problems.unmixed()
    for step, penalty in enumerate(penalties):
        start = here
        if step > 1 and penalties[step - 1] < penalties[step - 2]:
            ahead = log(penalty / penalties[step - 1]) / log(penalties[step - 1] / penalties[step - 2])
            start = here + ahead * (here - before)
        problems = problems.penalised(torch.full_like(here[:, 0, 0], penalty))
        found = problems.solve(start, mixing, tolerance, max_iter)
        before, here = here, found[0]
        yield axes.back(*found)


class Axes(NamedTuple):
    """The mean of the features, and as columns orthonormal axes along which they do not covary.

    One for all problems that share their features, else one for each.

    Parameters
    ----------
    axes: no more than there are images.
    """

    centre: Float64[Tensor, "*p 1 d"]
    axes: Float64[Tensor, "*p d r"]

    @classmethod
    def of(cls, features: Features, sample_weights: Float[Tensor, "p n"] | None) -> "Axes":
        """Of these features, images as heavy as they are, in all problems together that share them."""
        x = features.double()
        mass = torch.ones_like(x[..., :1])
        if sample_weights is not None:
            mass = (sample_weights if x.ndim == 3 else sample_weights.mean(dim=0)).double()[..., None]
        centre = (mass * x).sum(dim=-2, keepdim=True) / mass.sum(dim=-2, keepdim=True)
        x = mass.sqrt() * (x - centre)
        if x.shape[-2] >= x.shape[-1]:
            return cls(centre, torch.linalg.eigh(x.mT @ x).eigenvectors)
        span = torch.linalg.qr(x.mT).Q
        x = x @ span
        return cls(centre, span @ torch.linalg.eigh(x.mT @ x).eigenvectors)

    def coordinates(self, features: Features) -> Float64[Tensor, "*p n v"]:
        """Features along the axes, and a last column of ones for the bias."""
        x = (features.double() - self.centre) @ self.axes
        return torch.cat([x, torch.ones_like(x[..., :1])], dim=-1)

    def along(self, start: Fit) -> Float64[Tensor, "p v c"]:
        """Classifiers in these coordinates, without what all classes have in common, which no probability sees."""
        bias = start.bias[:, None] + self.centre @ start.weights
        v = torch.cat([self.axes.mT @ start.weights, bias], dim=1)
        return v - v.mean(dim=2, keepdim=True)

    def back(self, v: Float64[Tensor, "p v c"], loss: Float64[Tensor, " p"], converged: Bool[Tensor, " p"]) -> Fit:
        """Classifiers of the features themselves."""
        weights = self.axes @ v[:, :-1]
        return Fit(weights, v[:, -1] - (self.centre @ weights)[:, 0], loss, converged)


@dataclass(frozen=True, eq=False)
class Problems:
    """p problems in their coordinates: the loss that L-BFGS minimises, and where its search starts.

    Parameters
    ----------
    transposed: x again, as it lies in memory: products with it are three times as fast.
    decay: λ for each coordinate, 0 for the last, which is the bias.
    """

    x: Float64[Tensor, "*p n r"]
    transposed: Float64[Tensor, "*p r n"]
    classes: Int64[Tensor, "p n 1"]
    count: int
    mass: Float64[Tensor, "p n 1"]
    decay: Float64[Tensor, "p r 1"]

    @classmethod
    def of(
        cls,
        x: Float64[Tensor, "*q n r"],
        classes: Int64[Tensor, "p n"],
        count: int,
        sample_weights: Float[Tensor, "p n"] | None,
    ) -> "Problems":
        """Without a penalty."""
        mass = torch.ones_like(classes, dtype=x.dtype) if sample_weights is None else sample_weights.double()
        decay = x.new_zeros(len(classes), x.shape[-1], 1)
        return cls(x, x.mT.contiguous(), classes[:, :, None], count, mass[:, :, None], decay)

    def penalised(self, penalties: Float64[Tensor, " p"]) -> "Problems":
        """With these λ."""
        decay = self.decay.clone()
        decay[:, :-1] = penalties[:, None, None]
        return replace(self, decay=decay)

    def take(self, rows: Int64[Tensor, " q"]) -> "Problems":
        """Some of the problems."""
        x, transposed = (x if x.ndim == 2 else x[rows] for x in (self.x, self.transposed))
        return Problems(x, transposed, self.classes[rows], self.count, self.mass[rows], self.decay[rows])

    def zero(self) -> Float64[Tensor, "p r c"]:
        """Weights that say nothing."""
        return self.decay.new_zeros(*self.decay.shape[:2], self.count)

    def __call__(self, flat: Float64[Tensor, "p v"]) -> tuple[Float64[Tensor, " p"], Float64[Tensor, "p v"]]:
        """The loss and its gradient."""
        v = flat.reshape(len(flat), -1, self.count)
        logits = self.x @ v
        totals = logits.logsumexp(dim=2, keepdim=True)
        surprise = self.mass * (totals - logits.gather(2, self.classes))
        decayed = self.decay * v
        loss = surprise.sum(dim=(1, 2)) + (decayed * v).sum(dim=(1, 2)) / 2
        residuals = (logits - totals).exp_().mul_(self.mass).scatter_add_(2, self.classes, -self.mass)
        return loss, (self.transposed @ residuals + decayed).flatten(1)

    def solve(
        self, start: Float64[Tensor, "p r c"], mixing: Float64[Tensor, "p c s s"], tolerance: float, max_iter: int
    ) -> tuple[Float64[Tensor, "p r c"], Float64[Tensor, " p"], Bool[Tensor, " p"]]:
        """The minima, their losses and whether they were reached.

        Parameters
        ----------
        mixing: as `mixed` has it; for problems that take long, a new one is left in it.
        """
        v, part, rows = start.clone(), self, torch.arange(len(start), device=start.device)
        loss, converged = torch.zeros_like(v[:, 0, 0]), torch.zeros_like(v[:, 0, 0], dtype=torch.bool)
        floor = FLOOR * self.mass.sum(dim=(1, 2))
        for done in range(0, max_iter, ROUND):
            if done and mixing.numel():
                mixing[rows] = part.mixed(v[rows])
            guess, steps = partial(multiply, part.inverse(v[rows], mixing[rows])), min(ROUND, max_iter - done)
            with threads_for(part.x.shape[-2:].numel() * v[rows, 0].numel()):
                flat, loss[rows], converged[rows] = minimise(
                    part, guess, v[rows].flatten(1), tolerance, floor[rows], steps
                )
            v[rows] = flat.reshape(len(rows), *v.shape[1:])
            rows = rows[~converged[rows]]
            if not len(rows):
                break
            part = self.take(rows)
        return v, loss, converged

    def unmixed(self) -> Float64[Tensor, "p c s s"]:
        """What `mixed` gives where second derivatives do not mix; empty matrices where they would be too large."""
        p, r, c = self.zero().shape
        size = r if p * c * r * r <= MOST_NUMBERS else 0
        return torch.eye(size, dtype=self.x.dtype, device=self.x.device).repeat(p, c, 1, 1)

    def spread(self, v: Float64[Tensor, "p r c"]) -> Float64[Tensor, "p c n"]:
        """The second derivative of the loss with respect to each logit."""
        chances = (self.x @ v).softmax(dim=2)
        return (self.mass * chances * (1 - chances)).mT

    def mixed(self, v: Float64[Tensor, "p r c"]) -> Float64[Tensor, "p c r r"]:
        """The second derivatives of the loss without its penalty, with respect to the weights of each class.

        They are divided by the roots of those along both axes, as a correlation is.
        """
        if self.x.ndim == 2:
            found = torch.stack([torch.stack([(self.transposed * s) @ self.x for s in own]) for own in self.spread(v)])
        else:
            found = torch.stack([(self.transposed * s[:, None]) @ self.x for s in self.spread(v).unbind(1)], dim=1)
        roots = found.diagonal(dim1=2, dim2=3).sqrt()
        roots = torch.where(roots > 0, roots, 1.0)
        return found / (roots[..., :, None] * roots[..., None, :])

    def inverse(self, v: Float64[Tensor, "p r c"], mixing: Float64[Tensor, "p c s s"]) -> Float64[Tensor, "p c *r r"]:
        """The inverse of the second derivatives with respect to the weights of each class, if they mix like this."""
        alone = self.spread(v) @ self.x**2
        more = self.decay.mT + LEAST * (alone + self.decay.mT).amax(dim=(1, 2), keepdim=True)
        if not mixing.numel():
            return 1 / (alone + more)
        roots = alone.sqrt()
        curvature = roots[..., :, None] * roots[..., None, :] * mixing
        curvature.diagonal(dim1=2, dim2=3).add_(more)
        return torch.cholesky_inverse(torch.linalg.cholesky(curvature))


def multiply(inverse: Float64[Tensor, "p c *r r"], flat: Float64[Tensor, "p v"]) -> Float64[Tensor, "p v"]:
    """`inverse` times gradients, without what all classes have in common, which no probability sees."""
    each = flat.reshape(len(flat), -1, inverse.shape[1]).mT
    found = (inverse @ each[..., None])[..., 0] if inverse.ndim == 4 else inverse * each
    return (found - found.mean(dim=1, keepdim=True)).mT.flatten(1)


@contextmanager
def threads_for(multiplications: int) -> Iterator[None]:
    """One thread inside this block, if the products are small."""
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(1 if multiplications < ONE_THREAD else threads)
        yield
    finally:
        torch.set_num_threads(threads)
