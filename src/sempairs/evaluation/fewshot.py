"""Few-shot classification: many small problems of a few classes with a few labelled images each.

**Source**: Snell, Swersky, Zemel, Prototypical networks for few-shot learning, NeurIPS 2017, arXiv 1703.05175 (a
class is the mean of its support images, the nearest mean wins); Wang, Chao, Weinberger, van der Maaten, SimpleShot,
2019, arXiv 1911.04623 (frozen features, each divided by its length before the means: "L2N").
**Departure**: SimpleShot's stronger variant also centres by the mean of base classes. Here there are no base classes:
images to learn from are not used at all, so a score needs nothing but the test images.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64, Int64

from sempairs.core.errors import UserError
from sempairs.core.seeds import seed_of, uniforms
from sempairs.evaluation.base import Labelled, Score
from sempairs.statistics import t_interval

BLOCK = 2**23  # numbers held at once: 64 MiB


@dataclass(frozen=True, kw_only=True)
class FewShot:
    """Nearest centroid on episodes drawn from the test images.

    Episode i depends on the seed, i and the test labels alone: every encoder meets the same episodes, so that
    outcomes of two encoders can be compared one by one.

    Parameters
    ----------
    ways: classes in an episode.
    shots: labelled images of each class.
    queries: images of each class to be classified.
    episodes: how many episodes.
    seed: names the episodes.
    """

    ways: int = 5
    shots: int = 5
    queries: int = 15
    episodes: int = 600
    seed: int = 0

    def __post_init__(self) -> None:
        if min(self.ways, self.episodes) < 2 or min(self.shots, self.queries) < 1:
            raise UserError(
                "few-shot needs 2 ways, 1 shot, 1 query and 2 episodes or more", got=self, todo="change the option"
            )

    def __call__(self, train: Labelled, test: Labelled) -> list[Score]:
        """One score, for example "5-way 5-shot"; `train` is not used.

        Raises
        ------
        UserError: fewer test classes than ways, or a test class with fewer images than shots + queries.
        """
        rows = self.rows_by_class(test)
        features = unit_rows(test.features)
        images = self.shots + self.queries
        block = max(1, BLOCK // (self.ways * max(images * features.shape[1], rows.shape[1])))
        outcomes = np.empty(self.episodes)
        for first in range(0, self.episodes, block):
            episodes = np.arange(first, min(first + block, self.episodes))
            drawn = draw(rows, seed_of("fewshot", self.seed), episodes, self.ways, images)
            outcomes[episodes] = 100 * nearest_centroid(features[drawn], self.shots)
        protocol = (
            f"nearest centroid (Euclidean) on frozen features divided by their length, {self.queries} queries a class, "
            f"{self.episodes:,} episodes from {len(rows)} test classes, seed {self.seed}"
        )
        interval = t_interval(outcomes)
        metric = f"{self.ways}-way {self.shots}-shot"
        ends = (interval.low, interval.high)
        return [Score(metric, interval.estimate, self.episodes, "episodes", ends, protocol, outcomes=outcomes)]

    def rows_by_class(self, test: Labelled) -> Int64[np.ndarray, "c m"]:
        """The rows of each class in order, one line for each class, filled up with -1."""
        classes, sizes = np.unique(test.labels, return_counts=True)
        if len(classes) < self.ways:
            raise UserError(
                f"{self.ways}-way episodes need {self.ways} test classes",
                got=len(classes),
                todo="set ways to the number of classes or less" if len(classes) > 1 else "test on more classes",
            )
        images = self.shots + self.queries
        if sizes.min() < images:
            small = ", ".join(
                f"{name} ({size} images)" for name, size in zip(classes, sizes, strict=True) if size < images
            )
            raise UserError(
                f"{self.shots} shots and {self.queries} queries need {images} test images of each class",
                got=f"class {small}",
                todo="set queries lower, or leave these classes out",
            )
        rows = np.full((len(classes), sizes.max()), -1)
        for line, name in zip(rows, classes, strict=True):
            members = np.flatnonzero(test.labels == name)
            line[: len(members)] = members
        return rows


def unit_rows(features: Float32[np.ndarray, "n d"]) -> Float64[np.ndarray, "n d"]:
    """Each row divided by its length; a row of zeros has no direction and stays zero."""
    rows = features.astype(np.float64)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(lengths > 0, lengths, 1.0)


def draw(
    rows: Int64[np.ndarray, "c m"], seed: int, episodes: Int64[np.ndarray, " e"], ways: int, images: int
) -> Int64[np.ndarray, "e {ways} {images}"]:
    """Classes without replacement, then images of each without replacement, for all these episodes at once.

    Sorting by random numbers and taking the first is a draw without replacement; what does not exist sorts last.

    Parameters
    ----------
    rows: the rows of each class, filled up with -1.
    episodes: their numbers; each episode depends on its own alone.
    """
    classes = uniforms(seed_of("classes", seed), episodes, len(rows)).argsort(axis=1)[:, :ways]
    candidates = rows[classes.ravel()]
    counters = (episodes[:, None] * ways + np.arange(ways)).ravel()
    keys = uniforms(seed_of("images", seed), counters, rows.shape[1])
    keys[candidates < 0] = 2.0
    drawn = np.take_along_axis(candidates, keys.argsort(axis=1)[:, :images], axis=1)
    return drawn.reshape(len(episodes), ways, images)


def nearest_centroid(features: Float64[np.ndarray, "e w i d"], shots: int) -> Float64[np.ndarray, " e"]:
    """The share of queries in each episode whose own class has the nearest centroid.

    Of equal distances the first class wins: features that tell nothing apart score exactly 1 / w.

    Parameters
    ----------
    features: i images of each of w classes in e episodes, of length 1; the first `shots` of each class are its support.
    """
    e, w, _, d = features.shape
    centroids = features[:, :, :shots].mean(axis=2)
    queries = features[:, :, shots:].reshape(e, -1, d)
    # |q - c|² without |q|², which is the same for every centroid; rounded, because equal distances would otherwise
    # be told apart by the last digit of a matrix product.
    distances = (centroids**2).sum(axis=2)[:, None] - 2 * queries @ centroids.transpose(0, 2, 1)
    nearest = distances.round(9).argmin(axis=2).reshape(e, w, -1)
    shares: Float64[np.ndarray, " e"] = (nearest == np.arange(w)[:, None]).mean(axis=(1, 2))
    return shares
