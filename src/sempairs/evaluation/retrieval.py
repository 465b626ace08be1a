"""Retrieval: does a search for images like this one find images of its class?

**Source**: recall@k: Oh Song, Xiang, Jegelka, Savarese, Deep metric learning via lifted structured feature embedding,
CVPR 2016, arXiv 1511.06452. R-precision and mAP@R: Musgrave, Belongie, Lim, A metric learning reality check, ECCV
2020, arXiv 2003.08505. For a query with R images of its class in the gallery, r of which are among its R nearest,

    R-precision = r / R        mAP@R = 1/R Σ_{i ≤ R} P(i)

where P(i) is the share of hits among the i nearest if the i-th is a hit, else 0.
**Departure**: by default the gallery is the training images, so that all test images search the same one; the papers'
protocol, in which test images search each other, is gallery = "test". Similarity is the cosine.
"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float64, Int64

from sempairs.core.errors import UserError
from sempairs.core.progress import progress, quiet
from sempairs.core.seeds import rng
from sempairs.evaluation.base import Labelled, Score, accuracy, need_classes
from sempairs.evaluation.pictures import Curves, Gallery, Picture
from sempairs.neighbours import Bank, norms
from sempairs.neighbours.search import search
from sempairs.statistics import t_interval

BLOCK = 2**20  # neighbours held at once; each takes some 60 bytes
SHOWN = 8  # queries in the picture, and neighbours of each


@dataclass(frozen=True, kw_only=True)
class Retrieval:
    """Every test image is a query; equally similar images of the gallery are ranked in its order.

    Parameters
    ----------
    k: recall is taken at each of these numbers of neighbours.
    gallery: what is searched: "train", or "test" for the other test images.
    """

    k: tuple[int, ...] = (1, 2, 4, 8)
    gallery: Literal["train", "test"] = "train"

    def __post_init__(self) -> None:
        if min(self.k, default=0) < 1 or len(set(self.k)) < len(self.k):
            raise UserError("recall needs different k of 1 or more", got=self.k, todo="set k to [1, 2, 4, 8]")

    def __call__(self, train: Labelled, test: Labelled) -> list[Score]:
        """Scores "recall@1", ..., "R-precision" and "mAP@R"; with the gallery "test" they end in "within test".

        Raises
        ------
        UserError: a gallery of fewer images than the largest k, a query that is alone in its class, features of length
            zero, or what `need_classes` refuses.
        """
        within = self.gallery == "test"
        gallery = test if within else train
        relevant = relevant_images(gallery, test, within)
        available = len(gallery) - within
        if max(self.k) > available:
            raise UserError(
                f"recall@{max(self.k)} needs as many images to search", got=available, todo="set k to smaller numbers"
            )
        shown = max(*self.k, min(SHOWN, available))
        nearest, precision, average = ranked(gallery, test, relevant, shown, within)
        hits = gallery.labels[nearest] == test.labels[:, None]

        suffix = " within test" if within else ""
        ranking = f"{available:,} {'other test' if within else 'training'} images ranked by cosine similarity"
        recalls = [
            accuracy(
                f"recall@{k}{suffix}",
                hits[:, :k].any(axis=1),
                f"an image of the class among the {k} nearest of {ranking}",
            )
            for k in self.k
        ]
        r = f"R the number of images of the query's class among the {ranking}"
        pictures: list[Picture] = [recall_curve(recalls, self.k, suffix)]
        if test.has_images and gallery.has_images and test.source.shape == gallery.source.shape:
            pictures.append(found_images(gallery, test, nearest[:, :SHOWN], suffix))
        return [
            dataclasses.replace(recalls[0], pictures=tuple(pictures)), *recalls[1:],
            mean_share(f"R-precision{suffix}", precision, f"share of hits among the R nearest, {r}"),
            mean_share(f"mAP@R{suffix}", average, f"sum of the precision at each hit among the R nearest, over R, {r}"),
        ]  # fmt: skip


def relevant_images(gallery: Labelled, test: Labelled, within: bool) -> Int64[np.ndarray, " q"]:
    """R of each query: how many images of its class it can find. Raises UserError if that is none for one of them."""
    classes = need_classes(gallery, test)
    sizes = np.bincount(np.searchsorted(classes, gallery.labels))
    if within and sizes.min() < 2:
        raise UserError(
            "test images that search each other need two or more of each class",
            got="one of class " + ", ".join(map(str, classes[sizes == 1])),
            todo='leave these classes out, or set gallery to "train"',
        )
    relevant: Int64[np.ndarray, " q"] = sizes[np.searchsorted(classes, test.labels)] - within
    return relevant


def ranked(
    gallery: Labelled, test: Labelled, relevant: Int64[np.ndarray, " q"], shown: int, within: bool
) -> tuple[Int64[np.ndarray, "q {shown}"], Float64[np.ndarray, " q"], Float64[np.ndarray, " q"]]:
    """The `shown` nearest images of the gallery for each query, its R-precision and its average precision at R.

    Parameters
    ----------
    relevant: R of each query.
    within: the queries are the gallery; none finds itself.
    """
    bank, lengths = Bank.exact(gallery.features, "gallery"), norms(test.features, "test images")
    width = max(shown, int(relevant.max()))
    nearest = np.empty((len(test), shown), np.int64)
    precision, average = np.empty(len(test)), np.empty(len(test))
    step = max(1, BLOCK // width)
    with progress("retrieval", len(test), "queries") as bar:
        for first in range(0, len(test), step):
            rows = np.arange(first, min(first + step, len(test)))
            with quiet():
                found, _ = search(bank, test.features[rows], lengths[rows], width, myself=rows if within else None)
            nearest[rows] = found[:, :shown]
            precision[rows], average[rows] = at_r(gallery.labels[found] == test.labels[rows, None], relevant[rows])
            bar(len(rows))
    return nearest, precision, average


def at_r(
    hits: Bool[np.ndarray, "q k"], relevant: Int64[np.ndarray, " q"]
) -> tuple[Float64[np.ndarray, " q"], Float64[np.ndarray, " q"]]:
    """R-precision and average precision at R, in 0 ... 1.

    Parameters
    ----------
    hits: whether each of the k nearest, in their order, is of the query's class.
    relevant: R, at most k.
    """
    ranks = np.arange(1, hits.shape[1] + 1)
    hits = hits & (ranks <= relevant[:, None])
    precisions = hits.cumsum(axis=1) / ranks
    return hits.sum(axis=1) / relevant, (precisions * hits).sum(axis=1) / relevant


def mean_share(metric: str, shares: Float64[np.ndarray, " q"], protocol: str) -> Score:
    """The mean over queries in percent, with its t interval."""
    outcomes = 100 * shares
    interval = t_interval(outcomes)
    ends = (interval.low, interval.high)
    return Score(metric, interval.estimate, len(shares), "test images", ends, protocol, outcomes=outcomes)


def recall_curve(recalls: Sequence[Score], k: tuple[int, ...], suffix: str) -> Curves:
    """Recall against k."""
    order = np.argsort(k)
    values, lows, highs = (
        np.array([numbers])[:, order]
        for numbers in ([s.value for s in recalls], [s.interval[0] for s in recalls], [s.interval[1] for s in recalls])
    )
    return Curves(
        title=f"Recall against k{suffix}",
        about="Share of test images with an image of their class among the k nearest; the band is the 95% interval.",
        x=np.array(k, dtype=np.float64)[order], values=values, lows=lows, highs=highs, lines=("recall@k",), x_axis="k",
        y_axis="recall, %", logarithmic=True,
    )  # fmt: skip


def found_images(gallery: Labelled, test: Labelled, nearest: Int64[np.ndarray, "q k"], suffix: str) -> Gallery:
    """A few test images, drawn by chance, and what was found for each."""
    queries = np.sort(rng("retrieval gallery").permutation(len(nearest))[:SHOWN])
    found = nearest[queries]
    images = gallery.source.images(found.ravel()).reshape(*found.shape, *gallery.source.shape)
    classes = np.column_stack([test.labels[queries], gallery.labels[found]])
    marks = np.where(classes == classes[:, :1], 1, -1)
    marks[:, 0] = 0
    return Gallery(
        title=f"What is found{suffix}",
        about="Test images drawn by chance (first column) and the nearest of the gallery, nearest first.",
        images=np.concatenate([test.source.images(queries)[:, None], images], axis=1),
        captions=tuple(tuple(test.label_names[c] for c in row) for row in classes.tolist()),
        marks=marks,
    )
