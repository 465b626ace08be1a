"""Weighted k-nearest neighbours in cosine similarity: nothing is trained, so the features speak for themselves.

**Source**: Wu, Xiong, Yu, Lin, Unsupervised feature learning via non-parametric instance discrimination, CVPR 2018,
arXiv 1805.01978, section 3.4: a neighbour votes for its class with weight exp(similarity / T).
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64

from sempairs.core.errors import UserError
from sempairs.evaluation.base import Labelled, Score, accuracy, need_classes
from sempairs.neighbours import nearest


@dataclass(frozen=True, kw_only=True)
class NearestNeighbours:
    """Classify test images by their nearest training images.

    Parameters
    ----------
    k: neighbours that vote; of equally similar ones, the first training images.
    temperature: T; the smaller it is, the more the nearest neighbours count.
    """

    k: int = 20
    temperature: float = 0.07

    def __post_init__(self) -> None:
        if self.k < 1 or self.temperature <= 0:
            raise UserError("k-NN needs k of 1 or more and a temperature above 0", got=self, todo="change the option")

    def __call__(self, train: Labelled, test: Labelled) -> list[Score]:
        """One score, "knn".

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
        neighbours, similarities = nearest(test.features, train.features, self.k, exclude_self=False)
        voters = np.searchsorted(classes, train.labels)[neighbours]
        predicted = classes[vote(similarities, voters, len(classes), self.temperature)]
        protocol = (
            f"weighted k-NN on frozen features: cosine similarity, k = {self.k}, weights "
            f"exp(similarity / {self.temperature:g}), {len(train.labels):,} training images"
        )
        return [accuracy("knn", predicted == test.labels, protocol)]


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
