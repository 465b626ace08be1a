"""Few-shot classification: many small problems of a few classes with a few labelled images each.

**Source**: Snell, Swersky, Zemel, Prototypical networks for few-shot learning, NeurIPS 2017, arXiv 1703.05175 (a
class is the mean of its support images, the nearest mean wins); Wang, Chao, Weinberger, van der Maaten, SimpleShot,
2019, arXiv 1911.04623 (frozen features, each divided by its length before the means: "L2N"). Other heads, in
`fewshot_heads`: logistic regression, arXiv 2003.11539, and weighted prototypes, after arXiv 2209.03034.
**Departure**: SimpleShot's stronger variant also centres by the mean of base classes. Here there are no base classes:
images to learn from are not used at all, so a score needs nothing but the test images.
"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float32, Float64, Int64

from sempairs.core.errors import UserError
from sempairs.core.progress import Bar, progress
from sempairs.core.seeds import seed_of, uniforms
from sempairs.evaluation.base import Labelled, Score
from sempairs.evaluation.fewshot_heads import HEADS
from sempairs.evaluation.pictures import Curves
from sempairs.statistics import t_interval

BLOCK = 2**23  # numbers held at once: 64 MiB
PROTOCOLS = {
    "centroid": "nearest centroid (Euclidean)",
    "logistic": "multinomial logistic regression (λ = 1 on the summed loss)",
    "weighted": "nearest weighted centroid (Euclidean, weights learnt from the support)",
}


@dataclass(frozen=True, kw_only=True)
class FewShot:
    """Classifiers of a few images on episodes drawn from the test images.

    Episode i depends on the seed, i, the shots and the test labels alone: every encoder and every head meets the same
    episodes, so that outcomes can be compared one by one.

    Parameters
    ----------
    ways: classes in an episode.
    shots: labelled images of each class; several numbers give a score each and a curve.
    queries: images of each class to be classified.
    episodes: how many episodes.
    seed: names the episodes.
    head: the nearest mean of the labelled images, a logistic regression, or means in which what is unlike the rest of
        its class counts less.
    corrupt: the share of the labelled images of each class that change places with those of other classes of the
        episode, so that their labels are wrong.
    """

    ways: int = 5
    shots: int | tuple[int, ...] = 5
    queries: int = 15
    episodes: int = 600
    seed: int = 0
    head: Literal["centroid", "logistic", "weighted"] = "centroid"
    corrupt: float = 0.0

    def __post_init__(self) -> None:
        if min(self.ways, self.episodes) < 2 or min(*self.each, self.queries, len(self.each)) < 1:
            raise UserError(
                "few-shot needs 2 ways, 1 shot, 1 query and 2 episodes or more", got=self, todo="change the option"
            )
        if len(set(self.each)) < len(self.each) or not 0 <= self.corrupt < 1:
            raise UserError(
                "few-shot needs different shots and corrupt from 0 to 1", got=self, todo="change the option"
            )
        unfit = [shots for shots in self.each if self.corrupt and not 1 <= self.wrong(shots) < shots]
        if unfit:
            raise UserError(
                f"{100 * self.corrupt:g}% of {unfit[0]} labelled images are none or all of them",
                got=f"corrupt = {self.corrupt:g} with {unfit[0]} shots",
                todo="give more shots, or another share",
            )

    @property
    def each(self) -> tuple[int, ...]:
        """The numbers of shots, as given."""
        return self.shots if isinstance(self.shots, tuple) else (self.shots,)

    def wrong(self, shots: int) -> int:
        """How many of so many labelled images of a class have the label of another."""
        return round(self.corrupt * shots)

    @property
    def suffix(self) -> str:
        """What tells the scores from those of other options."""
        head = "" if self.head == "centroid" else f" {self.head}"
        return head + (f" {100 * self.corrupt:g}% corrupt" if self.corrupt else "")

    def __call__(self, train: Labelled, test: Labelled) -> list[Score]:
        """A score for each number of shots, for example "5-way 5-shot" or "5-way 5-shot weighted 40% corrupt".

        `train` is not used.

        Raises
        ------
        UserError: fewer test classes than ways, or a test class with fewer images than shots + queries.
        """
        rows = self.rows_by_class(test)
        features = unit_rows(test.features)
        with progress("few-shot", self.episodes * len(self.each), "episodes") as bar:
            scores = [self.score(features, rows, shots, bar) for shots in self.each]
        if len(scores) > 1:
            scores[0] = dataclasses.replace(scores[0], pictures=(self.curve(scores),))
        return scores

    def score(
        self, features: Float64[np.ndarray, "n d"], rows: Int64[np.ndarray, "c m"], shots: int, bar: Bar
    ) -> Score:
        """Of all episodes with so many shots."""
        images, wrong, seed = shots + self.queries, self.wrong(shots), seed_of("fewshot", self.seed)
        block = max(1, BLOCK // (self.ways * max(images * features.shape[1], rows.shape[1])))
        outcomes = np.empty(self.episodes)
        for first in range(0, self.episodes, block):
            episodes = np.arange(first, min(first + block, self.episodes))
            drawn = draw(rows, seed, episodes, self.ways, images)
            support = features[mislabelled(drawn[:, :, :shots], wrong, seed, episodes)]
            answers = HEADS[self.head](support, features[drawn[:, :, shots:]])
            outcomes[episodes] = 100 * (answers == np.arange(self.ways)[:, None]).mean(axis=(1, 2))
            bar(len(episodes))
        protocol = (
            f"{PROTOCOLS[self.head]} on frozen features divided by their length, {self.queries} queries a class, "
            f"{self.episodes:,} episodes from {len(rows)} test classes, seed {self.seed}"
        )
        if wrong:
            protocol += f"; {wrong} of the {shots} labelled images of each class are of other classes of the episode"
        interval = t_interval(outcomes)
        metric = f"{self.ways}-way {shots}-shot{self.suffix}"
        ends = (interval.low, interval.high)
        return Score(metric, interval.estimate, self.episodes, "episodes", ends, protocol, outcomes=outcomes)

    def curve(self, scores: Sequence[Score]) -> Curves:
        """Accuracy against shots."""
        order = np.argsort(self.each)
        numbers = [(score.value, *score.interval) for score in scores]
        values, lows, highs = np.array(numbers)[order].T[:, None]
        return Curves(
            title=f"{self.ways}-way accuracy against shots{self.suffix}",
            about=f"Mean over {self.episodes:,} episodes, {PROTOCOLS[self.head]}; the band is its 95% interval.",
            x=np.array(self.each, dtype=np.float64)[order], values=values, lows=lows, highs=highs,
            lines=(self.head,), x_axis="shots", y_axis="accuracy, %", logarithmic=True,
        )  # fmt: skip

    def rows_by_class(self, test: Labelled) -> Int64[np.ndarray, "c m"]:
        """The rows of each class in order, one line for each class, filled up with -1."""
        classes, sizes = np.unique(test.labels, return_counts=True)
        if len(classes) < self.ways:
            raise UserError(
                f"{self.ways}-way episodes need {self.ways} test classes",
                got=len(classes),
                todo="set ways to the number of classes or less" if len(classes) > 1 else "test on more classes",
            )
        shots = max(self.each)
        images = shots + self.queries
        if sizes.min() < images:
            small = ", ".join(
                f"{name} ({size} images)" for name, size in zip(classes, sizes, strict=True) if size < images
            )
            raise UserError(
                f"{shots} shots and {self.queries} queries need {images} test images of each class",
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


def mislabelled(
    drawn: Int64[np.ndarray, "e w s"], wrong: int, seed: int, episodes: Int64[np.ndarray, " e"]
) -> Int64[np.ndarray, "e w s"]:
    """Let the last `wrong` support images of every class stand under another class of their episode, by chance.

    They change places all around: as many of each class as before, and every wrong label is another image's right one.
    """
    ways, last = drawn.shape[1], drawn[:, :, drawn.shape[2] - wrong :]
    turns = 1 + (uniforms(seed_of("mislabelled", seed), episodes, wrong) * (ways - 1)).astype(np.int64)
    places = (np.arange(ways)[:, None] + turns[:, None]) % ways
    moved = np.take_along_axis(last, places, axis=1)
    return np.concatenate([drawn[:, :, : drawn.shape[2] - wrong], moved], axis=2)
