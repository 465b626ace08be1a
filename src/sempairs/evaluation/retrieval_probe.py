"""The retrieval probe: a linear model of its own for every test image, fitted to its nearest labelled neighbours.

**Source**: Basu, Rawat, Zaheer, Generalization properties of retrieval-based models, 2022, arXiv 2210.02617 (local
empirical risk minimisation: a simple model fitted to what is retrieved for the query can replace a complex global one).
Where k-NN asks who is near, it asks whether the classes are linear in the neighbourhood: fitted is ridge regression
of the one-hot classes y on the neighbours z, seen from the query and divided by their length, by

    Σ_{i ≤ k} |y_i - W z_i - b|² + λ |W|²,    λ = ridge · mean |z_i - z̄|²

and the answer is the largest entry of b, the value at the query.
**Departure**: the paper's analysis has any loss; the squared one is taken because its minimum is known in closed form
and is linear in y: a vote of the neighbours with weights that may be negative (`local_weights`), k-NN's being 1 / k.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float64, Int64
from torch import Tensor

from sempairs.core.devices import best_device
from sempairs.core.errors import UserError
from sempairs.core.progress import progress
from sempairs.core.seeds import rng
from sempairs.evaluation.base import Labelled, Score, accuracy, need_classes
from sempairs.evaluation.pictures import Curves
from sempairs.evaluation.subsets import held_out
from sempairs.neighbours import nearest, norms
from sempairs.statistics import proportion_interval

BLOCK = 2**23  # numbers held at once: 64 MiB
# Added to λ. Squared distances of rows of length 1 that are less than this are float32's rounding of equal features.
ROUNDING = 1e-9
METHODS = ("local linear model", "majority of the neighbours")


@dataclass(frozen=True, kw_only=True)
class RetrievalProbe:
    """Answer each test image by a linear model of its k nearest training images, k chosen on a fifth of these.

    Parameters
    ----------
    k: numbers of neighbours (cosine similarity) to choose from; those for which there are too few training images are
        left out, and the protocol names the others.
    ridge: the penalty of the local model; the larger it is, the more its answer is the majority's.
    queries: test images, and as many held-out ones at most; a sample where there are more.
    seed: names the sample and the held-out images.
    """

    k: tuple[int, ...] = (5, 10, 20, 50, 100, 200)
    ridge: float = 1.0
    queries: int = 2000
    seed: int = 0

    def __post_init__(self) -> None:
        if min(self.k, default=0) < 1 or len(set(self.k)) < len(self.k) or self.ridge <= 0 or self.queries < 1:
            raise UserError(
                "the retrieval probe needs different k of 1 or more, a ridge above 0 and queries", got=self,
                todo="change the option",
            )  # fmt: skip

    def __call__(self, train: Labelled, test: Labelled) -> list[Score]:
        """One score, "retrieval-probe".

        Raises
        ------
        UserError: fewer training images than the smallest k once a fifth of each class is held out, or nothing to
            hold out; features of length zero, or what `need_classes` refuses.
        """
        need_classes(train, test)
        choosing = held_out(train.labels, self.seed)
        if not choosing.any():
            raise UserError(
                "a retrieval probe holds training images out to choose k by", got="one image of each class",
                todo="give more training images",
            )  # fmt: skip
        ks = sorted(k for k in self.k if k <= (~choosing).sum())
        if not ks:
            raise UserError(
                f"a retrieval probe with k = {min(self.k)} needs as many images to retrieve from",
                got=f"{(~choosing).sum()} training images without the held-out fifth",
                todo="set k to smaller numbers",
            )
        chosen_on = self.right(part(train, np.flatnonzero(~choosing)), part(train, self.some(choosing)), ks)
        best = int(chosen_on[0].mean(axis=1).argmax())  # of equal ones, the smallest k
        asked = self.some(np.ones(len(test), dtype=bool))
        right = self.right(train, part(test, asked), ks)
        protocol = (
            f"ridge regression of the classes on the k nearest of {len(train):,} training images (cosine similarity) "
            f"for each of {len(asked):,} test images, penalty {self.ridge:g} of the mean squared distance; k = "
            f"{ks[best]} of {', '.join(map(str, ks))}, the best on {chosen_on.shape[2]:,} held-out training images; "
            f"majority of these k: {100 * right[1, best].mean():.2f}%; seed {self.seed}"
        )
        return [accuracy("retrieval-probe", right[0, best], protocol, (curves(right, ks),))]

    def some(self, images: Bool[np.ndarray, " n"]) -> Int64[np.ndarray, " m"]:
        """The rows of these images, or of a sample of them, in order."""
        return np.sort(rng("retrieval probe", self.seed).permutation(np.flatnonzero(images))[: self.queries])

    def right(self, train: Labelled, test: Labelled, ks: list[int]) -> Bool[np.ndarray, "2 k q"]:
        """Whether the local model (first) and the majority of the k nearest answer the class of each test image."""
        classes, members = np.unique(train.labels, return_inverse=True)
        found, _ = nearest(test.features, train.features, max(ks), exclude_self=False)
        rows, queries = (side.features / norms(side.features, "features")[:, None] for side in (train, test))
        right = np.empty((2, len(ks), len(test)), dtype=bool)
        step = max(1, BLOCK // (max(ks) * (rows.shape[1] + max(ks))))
        with progress("retrieval probe", len(test), "queries") as bar:
            for first in range(0, len(test), step):
                block = slice(first, min(first + step, len(test)))
                seen = torch.from_numpy(rows[found[block]] - queries[block, None]).to(best_device())
                products = seen @ seen.transpose(1, 2)
                for place, k in enumerate(ks):
                    voters = members[found[block, :k]]
                    weights = local_weights(products[:, :k, :k], self.ridge).cpu().numpy()
                    for method, votes in enumerate((weights, np.full_like(weights, 1 / k))):
                        answers = classes[elect(votes, voters, len(classes))]
                        right[method, place, block] = answers == test.labels[block]
                bar(len(seen))
        return right


def part(images: Labelled, rows: Int64[np.ndarray, " m"]) -> Labelled:
    """Some of the images, without their source."""
    return Labelled(images.features[rows], images.labels[rows], images.name)


def local_weights(products: Float64[Tensor, "q k k"], ridge: float) -> Float64[Tensor, "q k"]:
    """With which weight each neighbour's class enters the value of the local ridge regression at its query.

    With the neighbours z_i seen from the query, which is at 0, r_i = z_i · z̄ and G the inner products of the z_i - z̄,
    the regression's value at 0 is Σ_i (1/k + a_i) y_i, where (G + λ) a = |z̄|² - r. The a_i sum to zero.

    Parameters
    ----------
    products: z_i · z_j.
    """
    k = products.shape[1]
    r = products.mean(dim=2, keepdim=True)
    middle = r.mean(dim=1, keepdim=True)
    centred = products - r - r.transpose(1, 2) + middle
    penalty = ridge * centred.diagonal(dim1=1, dim2=2).mean(dim=1) + ROUNDING
    curvature = centred + penalty[:, None, None] * torch.eye(k, dtype=products.dtype, device=products.device)
    a = torch.cholesky_solve(middle - r, torch.linalg.cholesky(curvature))
    weights: Float64[Tensor, "q k"] = 1 / k + a[:, :, 0]
    return weights


def elect(weights: Float64[np.ndarray, "q k"], voters: Int64[np.ndarray, "q k"], count: int) -> Int64[np.ndarray, " q"]:
    """The class in 0 ... count - 1 with the largest sum of weights; of equal ones (to nine decimals), the smallest."""
    ballots = voters + count * np.arange(len(voters))[:, None]
    votes = np.bincount(ballots.ravel(), weights.ravel(), minlength=count * len(voters))
    winners: Int64[np.ndarray, " q"] = votes.reshape(-1, count).round(9).argmax(axis=1)
    return winners


def curves(right: Bool[np.ndarray, "2 k q"], ks: list[int]) -> Curves:
    """Accuracy against k of the local model and of the majority."""
    intervals = [[proportion_interval(int(r.sum()), len(r)) for r in method] for method in right]
    values, lows, highs = (
        100 * np.array([[getattr(interval, name) for interval in method] for method in intervals])
        for name in ("estimate", "low", "high")
    )
    return Curves(
        title="Retrieval probe: accuracy against k",
        about="A linear model of the k nearest training images for each test image, beside the majority of their "
        "classes; the bands are 95% intervals.",
        x=np.array(ks, dtype=np.float64), values=values, lows=lows, highs=highs, lines=METHODS, x_axis="k",
        y_axis="accuracy, %", logarithmic=True,
    )  # fmt: skip
