"""Weighted k-nearest neighbours in cosine similarity: nothing is trained, so the features speak for themselves.

**Source**: Wu, Xiong, Yu, Lin, Unsupervised feature learning via non-parametric instance discrimination, CVPR 2018,
arXiv 1805.01978, section 3.4: a neighbour votes for its class with weight exp(similarity / T).
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64

from sempairs.core.errors import UserError
from sempairs.core.progress import progress
from sempairs.evaluation.base import Labelled, Score, accuracy, need_classes, unit_rows

BLOCK = 2**20  # similarities held at once: 8 MiB, which stay in the cache
STEPS = 2**30  # similarities are compared in steps of 1 / STEPS


@dataclass(frozen=True, kw_only=True)
class NearestNeighbours:
    """Classify test images by their nearest training images.

    Parameters
    ----------
    k: neighbours that vote.
    temperature: T; the smaller it is, the more the nearest neighbours count.
    """

    k: int = 20
    temperature: float = 0.07

    def __post_init__(self) -> None:
        if self.k < 1 or self.temperature <= 0:
            raise UserError("k-NN needs k of 1 or more and a temperature above 0", got=self, todo="change the option")

    def __call__(self, train: Labelled, test: Labelled) -> list[Score]:
        """One score, "knn". Raises UserError if there are fewer than k training images or `need_classes` refuses."""
        classes = need_classes(train, test)
        bank, queries = unit_rows(train.features), unit_rows(test.features)
        if self.k > len(bank):
            raise UserError(
                f"k-NN with k = {self.k} needs as many training images",
                got=len(bank),
                todo=f"set k to {len(bank)} or less",
            )
        votes = np.searchsorted(classes, train.labels)
        rows = max(16, BLOCK // len(bank))
        predicted = np.empty(len(queries), dtype=np.int64)
        with progress("k-NN", len(queries), "images") as bar:
            for first in range(0, len(queries), rows):
                block = slice(first, first + rows)
                similarities, nearest = neighbours(queries[block], bank, self.k)
                predicted[block] = vote(similarities, votes[nearest], len(classes), self.temperature)
                bar(len(nearest))
        protocol = (
            f"weighted k-NN on frozen features: cosine similarity, k = {self.k}, weights "
            f"exp(similarity / {self.temperature:g}), {len(bank):,} training images"
        )
        return [accuracy("knn", classes[predicted] == test.labels, protocol)]


def neighbours(
    queries: Float64[np.ndarray, "q d"], bank: Float64[np.ndarray, "n d"], k: int
) -> tuple[Float64[np.ndarray, "q {k}"], Int64[np.ndarray, "q {k}"]]:  # fmt: skip
    """The k rows of `bank` with the largest inner products, largest first; of equal ones, the first rows of the bank.

    The last digits of a matrix product depend on how it was blocked, so products are compared in steps of 2^-30: the
    same rows are neighbours whatever else is in the block. One integer, product * n - row, holds both sort keys.

    Parameters
    ----------
    queries, bank: rows of length 1 (or 0).
    """
    n = len(bank)
    keys = np.rint(queries @ bank.T * STEPS).astype(np.int64)
    keys *= n
    keys += np.arange(n - 1, -1, -1)
    keys.partition(n - k, axis=1)
    top = np.sort(keys[:, n - k :], axis=1)[:, ::-1]
    return top // n / STEPS, n - 1 - top % n


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
