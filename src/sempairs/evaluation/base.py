"""What every evaluation takes and gives: labelled features in, scores with n, unit, interval and protocol out."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float, Float32, Int64

from sempairs.core.errors import UserError
from sempairs.statistics import proportion_interval


@dataclass(frozen=True, eq=False)
class Labelled:
    """Features of images and their classes.

    Parameters
    ----------
    features: one row for each image.
    labels: class numbers.
    name: for people, for example "fashion-mnist test".
    """

    features: Float32[np.ndarray, "n d"]
    labels: Int64[np.ndarray, " n"]
    name: str = ""

    def __post_init__(self) -> None:
        if not np.isfinite(self.features).all():
            bad = int((~np.isfinite(self.features).all(axis=1)).sum())
            raise UserError(
                f"the features of {self.name or 'the images'} are not finite", got=f"{bad} rows with NaN or infinity",
                todo="look at the training: it diverged, or the encoder's weights are damaged",
            )  # fmt: skip


@dataclass(frozen=True)
class Score:
    """One number, never alone.

    Parameters
    ----------
    metric: its name, for example "knn".
    value: in `unit`.
    interval: 95% interval over `n` items (`over`), encoder fixed.
    protocol: one sentence that says how it was measured.
    outcomes: the value of each of the n items, so that two encoders can be compared item by item.
    """

    metric: str
    value: float
    n: int
    over: str
    interval: tuple[float, float]
    protocol: str
    unit: str = "%"
    outcomes: Float[np.ndarray, " n"] = field(default_factory=lambda: np.empty(0), repr=False, compare=False)


@runtime_checkable
class Evaluation(Protocol):
    """A frozen dataclass with keyword-only options, called with images to learn from and images to be tested on."""

    def __call__(self, train: Labelled, test: Labelled) -> Sequence[Score]:
        """Score the features."""
        ...


def need_classes(train: Labelled, test: Labelled) -> Int64[np.ndarray, " c"]:
    """The class numbers of `train`, sorted: what a classifier that learns from it can answer.

    Raises
    ------
    UserError: no images, features of two widths, fewer than two classes to learn from, or test images of a class that
        `train` lacks. Such an image could only be counted as wrong, and the score would not say why.
    """
    for images, role in ((train, "learn from"), (test, "test on")):
        if len(images.labels) == 0:
            raise UserError(f"there are no images to {role}", got=images.name or None, todo="check the source")
    widths = train.features.shape[1], test.features.shape[1]
    if widths[0] != widths[1]:
        raise UserError(
            "train and test features have different widths",
            got=f"{widths[0]} and {widths[1]}",
            todo="extract both with one encoder",
        )
    classes = np.unique(train.labels)
    if len(classes) < 2:
        raise UserError(
            "a classifier needs two classes or more to learn from",
            got=f"class {classes[0]} alone",
            todo="give labelled images of more classes",
        )
    unknown = np.setdiff1d(test.labels, classes)
    if len(unknown):
        raise UserError(
            "there are test images of classes that are not among the training images",
            got="classes " + ", ".join(map(str, unknown)),
            todo="give training images of these classes, or leave them out of the test",
        )
    return classes


def accuracy(metric: str, correct: Bool[np.ndarray, " n"], protocol: str) -> Score:
    """The share of correct test images in percent, with its exact binomial (Clopper-Pearson) interval."""
    share = proportion_interval(int(correct.sum()), len(correct))
    outcomes = 100.0 * correct
    interval = (100 * share.low, 100 * share.high)
    return Score(metric, float(outcomes.mean()), len(correct), "test images", interval, protocol, outcomes=outcomes)
