"""What a classifier's answers are worth: accuracy, accuracy averaged over classes, mean average precision of VOC 2007.

**Source**: Everingham, Van Gool, Williams, Winn, Zisserman, The PASCAL visual object classes (VOC) challenge, IJCV
2010, section 4.2: average precision is the mean, over the recalls 0, .1, ..., 1, of the largest precision at that
recall or a higher one; examples marked difficult count neither way.
**Departure**: images of equal score are retrieved together, so that their order says nothing.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float64, Int64

from sempairs.core.errors import UserError
from sempairs.evaluation.base import Score, accuracy
from sempairs.evaluation.pictures import Bars, Picture, confusion
from sempairs.statistics import jackknife_interval

Metric = Literal["accuracy", "mean-per-class", "voc-map"]

Labels = Int64[np.ndarray, " n"] | Int64[np.ndarray, "n c"]
"""Class numbers 0 ... c - 1; or, where images may show many classes, for each class 1, 0 or -1 for what is ignored."""

RECALLS = np.arange(11)  # tenths
DECIMALS = 9  # to which scores are rounded: equal ones would be told apart by the last digit of a matrix product


def answers(scores: Float64[np.ndarray, "n c"]) -> Int64[np.ndarray, " n"]:
    """The class with the largest score; of equal ones, the first."""
    found: Int64[np.ndarray, " n"] = scores.round(DECIMALS).argmax(axis=1)
    return found


def value(metric: Metric, scores: Float64[np.ndarray, "n c"], labels: Labels) -> float:
    """The metric in percent. Classes that no image is of are left out of a mean over classes."""
    if metric == "voc-map":
        return 100 * float(np.nanmean(average_precisions(scores, labels)))
    right = answers(scores) == labels
    if metric == "accuracy":
        return 100 * float(right.mean())
    sizes = np.bincount(labels)
    return 100 * float((np.bincount(labels, right)[sizes > 0] / sizes[sizes > 0]).mean())


def average_precisions(
    scores: Float64[np.ndarray, "n c"], labels: Int64[np.ndarray, "n c"]
) -> Float64[np.ndarray, " c"]:
    """The 11-point interpolated average precision of each class, in 0 ... 1; NaN for one that no image is of."""
    return np.array([_precision(own, label) for own, label in zip(scores.T.round(DECIMALS), labels.T, strict=True)])


def _precision(scores: Float64[np.ndarray, " n"], labels: Int64[np.ndarray, " n"]) -> float:
    scores, relevant = scores[labels >= 0], labels[labels >= 0] > 0
    if not relevant.any():
        return float("nan")
    order = np.argsort(-scores, kind="stable")
    last = np.append(np.diff(scores[order]) != 0, True)  # of those with equal scores
    found, retrieved = np.cumsum(relevant[order])[last], np.arange(1, len(order) + 1)[last]
    # Of this recall or a higher one: in whole numbers, since a recall of .3 is not 3 * .1.
    reaches = 10 * found >= RECALLS[:, None] * relevant.sum()
    return float((reaches * (found / retrieved)).max(axis=1).mean())


def score_of(
    name: str,
    metric: Metric,
    scores: Float64[np.ndarray, "n c"],
    labels: Labels,
    classes: Sequence[str],
    protocol: str,
) -> Score:
    """A classifier's score on test images with its picture: a confusion matrix, or the precision of each class.

    Parameters
    ----------
    name: of the score and its picture.
    classes: names of the classes 0, 1, ...

    Raises
    ------
    UserError: no test images, or none that shows any class.
    """
    if not len(labels) or (labels.ndim == 2 and not (labels > 0).any()):
        raise UserError("there are no images to test on", got="no class in any of them", todo="check the source")
    picture: Picture
    if metric == "voc-map":
        each = 100 * average_precisions(scores, labels)
        shown = np.flatnonzero(~np.isnan(each))
        picture = Bars(
            title=f"{name}: each class", about="The 11-point average precision of each class on the test images.",
            values=each[shown], lows=each[shown], highs=each[shown], names=tuple(np.array(classes)[shown].tolist()),
            axis="average precision, %",
        )  # fmt: skip
    else:
        picture = confusion(f"{name}: confusion", labels, answers(scores), classes, "the classifier")
        if metric == "accuracy":
            return accuracy(name, answers(scores) == labels, protocol, (picture,))
    found = jackknife_interval(lambda rows: value(metric, scores[rows], labels[rows]), len(labels))
    interval = (max(found.low, 0.0), min(found.high, 100.0))
    outcomes = np.empty(0) if labels.ndim == 2 else shares(answers(scores) == labels, labels)
    return Score(
        name, found.estimate, len(labels), "test images", interval, protocol, outcomes=outcomes, pictures=(picture,)
    )


def shares(right: Bool[np.ndarray, " n"], labels: Int64[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
    """What each image gives to the accuracy averaged over classes, which is the mean of these."""
    sizes = np.bincount(labels)
    found: Float64[np.ndarray, " n"] = 100 * right * len(labels) / (np.count_nonzero(sizes) * sizes[labels])
    return found


def multi_labels(shown: np.ndarray, difficult: np.ndarray, classes: Sequence[str]) -> Int64[np.ndarray, "n c"]:
    """Labels of images that may show many classes: 1 for one that is shown, -1 for one that is difficult, else 0.

    Parameters
    ----------
    shown, difficult: for each image the names of classes, joined by "|".

    Raises
    ------
    UserError: a name that is none of the classes.
    """
    labels = np.zeros((len(shown), len(classes)), dtype=np.int64)
    number = {name: place for place, name in enumerate(classes)}
    for told, mark in ((difficult, -1), (shown, 1)):
        for row, text in enumerate(told):
            for name in filter(None, text.split("|")):
                if name not in number:
                    raise UserError("an image shows what is no class", got=name, todo=f"one of {', '.join(classes)}")
                labels[row, number[name]] = mark
    return labels
