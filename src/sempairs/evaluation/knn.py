"""Weighted k-nearest neighbours in cosine similarity: nothing is trained, so the features speak for themselves.

**Source**: Wu, Xiong, Yu, Lin, Unsupervised feature learning via non-parametric instance discrimination, CVPR 2018,
arXiv 1805.01978, section 3.4: a neighbour votes for its class with weight exp(similarity / T).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int64

from sempairs.core.errors import UserError
from sempairs.evaluation.base import Labelled, Score, accuracy, need_classes
from sempairs.evaluation.pictures import Curves
from sempairs.evaluation.subsets import held_out
from sempairs.neighbours import nearest
from sempairs.statistics import proportion_interval

KS = (1, 5, 10, 20, 50, 100, 200)
TEMPERATURES = (0.02, 0.07, 0.2)


@dataclass(frozen=True, kw_only=True)
class NearestNeighbours:
    """Classify test images by their nearest training images.

    Parameters
    ----------
    k: neighbours that vote; of equally similar ones, the first training images.
    temperature: T; the smaller it is, the more the nearest neighbours count.
    sweep: also score the best of k in 1, 5, 10, 20, 50, 100, 200 and T in .02, .07, .2 on a held-out fifth of train.
    """

    k: int = 20
    temperature: float = 0.07
    sweep: bool = False

    def __post_init__(self) -> None:
        if self.k < 1 or self.temperature <= 0:
            raise UserError("k-NN needs k of 1 or more and a temperature above 0", got=self, todo="change the option")

    def __call__(self, train: Labelled, test: Labelled) -> list[Score]:
        """One score, "knn"; with `sweep` a second one, "knn swept".

        Raises
        ------
        UserError: fewer than k training images, features of length zero, or what `need_classes` refuses.
        """
        classes = need_classes(train, test)
        if self.k > len(train.labels):
            raise UserError(
                f"k-NN with k = {self.k} needs as many training images",
                got=len(train.labels),
                todo=f"set k to {len(train.labels)} or less",
            )
        members, truth = (np.searchsorted(classes, side.labels) for side in (train, test))
        ks = sorted({self.k, *(k for k in KS if k <= len(members))})
        temperatures = sorted({self.temperature, *(TEMPERATURES if self.sweep else ())})
        right = answered(train.features, members, test.features, truth, ks, temperatures)
        given = right[temperatures.index(self.temperature), ks.index(self.k)]
        protocol = (
            f"weighted k-NN on frozen features: cosine similarity, k = {self.k}, weights "
            f"exp(similarity / {self.temperature:g}), {len(members):,} training images"
        )
        scores = [accuracy("knn", given, protocol, (curves(right, ks, temperatures),))]
        if self.sweep:
            k, temperature, chosen_by = chosen(train.features, members)
            best = right[temperatures.index(temperature), ks.index(k)]
            protocol = (
                f"weighted k-NN on frozen features: cosine similarity, k = {k} and weights exp(similarity / "
                f"{temperature:g}), the best of {chosen_by}, {len(members):,} training images"
            )
            scores.append(accuracy("knn swept", best, protocol))
        return scores


def chosen(features: Float32[np.ndarray, "n d"], members: Int64[np.ndarray, " n"]) -> tuple[int, float, str]:
    """The k and T that are best on a fifth of each class, with the rest as neighbours, and what they were chosen of.

    The test is not seen. Of equally good ones the smallest k, then the smallest T.
    """
    chooses = held_out(members, seed=0)
    ks = [k for k in KS if k <= (~chooses).sum()]
    right = answered(
        features[~chooses], members[~chooses], features[chooses], members[chooses], ks, TEMPERATURES
    ).sum(axis=2)  # fmt: skip
    k, temperature = np.unravel_index(right.T.argmax(), right.T.shape)
    of_what = f"{right.size} pairs of k and T on {int(chooses.sum()):,} held-out training images"
    return ks[k], TEMPERATURES[temperature], of_what


def answered(
    bank: Float32[np.ndarray, "n d"],
    members: Int64[np.ndarray, " n"],
    queries: Float32[np.ndarray, "q d"],
    truth: Int64[np.ndarray, " q"],
    ks: Sequence[int],
    temperatures: Sequence[float],
) -> Bool[np.ndarray, "t k q"]:
    """Whether each query is answered rightly with each T and k.

    Parameters
    ----------
    members, truth: classes in 0, 1, ...
    """
    neighbours, similarities = nearest(queries, bank, max(ks), exclude_self=False)
    voters, count = members[neighbours], int(members.max()) + 1
    right = [[vote(similarities[:, :k], voters[:, :k], count, t) == truth for k in ks] for t in temperatures]
    return np.array(right)


def vote(
    similarities: Float64[np.ndarray, "q k"], classes: Int64[np.ndarray, "q k"], count: int, temperature: float
) -> Int64[np.ndarray, " q"]:
    """The class with the largest sum of exp(similarity / temperature); of equal ones, the smallest class.

    Parameters
    ----------
    similarities: those of the k neighbours.
    classes: those of the k neighbours, in 0 ... count - 1.
    """
    # Subtracting the largest similarity scales all votes of a row alike: the winner stays, nothing overflows.
    weights = np.exp((similarities - similarities.max(axis=1, keepdims=True)) / temperature)
    ballots = classes + count * np.arange(len(classes))[:, None]
    votes = np.bincount(ballots.ravel(), weights.ravel(), minlength=count * len(classes))
    winners: Int64[np.ndarray, " q"] = votes.reshape(-1, count).argmax(axis=1)
    return winners


def curves(right: Bool[np.ndarray, "t k q"], ks: Sequence[int], temperatures: Sequence[float]) -> Curves:
    """Accuracy on the test images against k: it describes, nothing is chosen by it."""
    intervals = [[proportion_interval(int(one.sum()), len(one)) for one in line] for line in right]
    values, lows, highs = (
        100 * np.array([[getattr(interval, name) for interval in line] for line in intervals])
        for name in ("estimate", "low", "high")
    )
    return Curves(
        title="k-NN: accuracy against k",
        about="How many test images their k nearest training images answer rightly; the bands are 95% intervals.",
        x=np.array(ks, dtype=np.float64), values=values, lows=lows, highs=highs,
        lines=tuple(f"T = {one:g}" for one in temperatures), x_axis="k", y_axis="accuracy, %", logarithmic=True,
    )  # fmt: skip
