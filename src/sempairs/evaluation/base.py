"""What every evaluation takes and gives: labelled images seen by an encoder in, scores that never travel alone out."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float, Float32, Int64

from sempairs.core.errors import UserError
from sempairs.encoders.base import Encoder
from sempairs.encoders.extract import extract
from sempairs.evaluation.pictures import Picture
from sempairs.sources.base import Source
from sempairs.statistics import proportion_interval

Direction = Literal["higher", "lower", "neither"]


class Labelled:
    """Images as an evaluation meets them: features and classes, and the images and their encoder where those are known.

    Features are extracted when they are first asked for and then shared by all evaluations, so that one which looks
    at the images themselves does not wait for them.

    Parameters
    ----------
    features: one row for each image.
    labels: class numbers.
    name: for people, for example "fashion-mnist test".
    source: the images, in the order of the rows.
    encoder: what the features are made by.

    Raises
    ------
    UserError: a feature is NaN or infinite.
    """

    def __init__(
        self,
        features: Float32[np.ndarray, "n d"] | None,
        labels: Int64[np.ndarray, " n"] | None,
        name: str = "",
        *,
        source: Source | None = None,
        encoder: Encoder | None = None,
    ) -> None:
        self.name, self._features, self._labels = name, features, labels
        self._source, self._encoder = source, encoder
        if features is not None:
            _need_finite(features, name)

    @classmethod
    def seen(cls, encoder: Encoder, source: Source) -> "Labelled":
        """The images of a source through an encoder; what is never asked for is never computed."""
        return cls(None, None, source.name, source=source, encoder=encoder)

    def __len__(self) -> int:
        return len(self._source) if self._features is None and self._source is not None else len(self.features)

    @functools.cached_property
    def features(self) -> Float32[np.ndarray, "n d"]:
        """One row for each image. Raises UserError if the encoder makes one that is not finite."""
        if self._features is not None:
            return self._features
        return _need_finite(extract(self.encoder, self.source, cache=None), self.name)

    @functools.cached_property
    def labels(self) -> Int64[np.ndarray, " n"]:
        """Class numbers. Raises UserError if the images have none."""
        return self.source.need_labels("this evaluation") if self._labels is None else self._labels

    @property
    def width(self) -> int:
        """The length of a feature vector; no feature is computed for it."""
        return self.encoder.dim if self._features is None else self._features.shape[1]

    @property
    def label_names(self) -> tuple[str, ...]:
        """The names of the classes 0, 1, ...; their numbers where there is no source that has names."""
        if self._source is not None:
            return self._source.label_names
        return tuple(map(str, range(int(self.labels.max(initial=-1)) + 1)))

    @property
    def source(self) -> Source:
        """The images. Raises UserError if there are features alone."""
        if self._source is None:
            raise UserError("this evaluation looks at images", got="features alone", todo="give a source")
        return self._source

    @property
    def encoder(self) -> Encoder:
        """What the features are made by. Raises UserError if there are features alone."""
        if self._encoder is None:
            raise UserError("this evaluation needs the encoder", got="features alone", todo="give an encoder")
        return self._encoder

    @property
    def has_images(self) -> bool:
        """Whether there is a source, for a picture that would show images."""
        return self._source is not None


def _need_finite(features: Float32[np.ndarray, "n d"], name: str) -> Float32[np.ndarray, "n d"]:
    if not np.isfinite(features).all():
        bad = int((~np.isfinite(features).all(axis=1)).sum())
        raise UserError(
            f"the features of {name or 'the images'} are not finite", got=f"{bad} rows with NaN or infinity",
            todo="look at the training: it diverged, or the encoder's weights are damaged",
        )  # fmt: skip
    return features


@dataclass(frozen=True)
class Score:
    """One number, never alone.

    Parameters
    ----------
    metric: its name, for example "knn"; unique among all evaluations and their options.
    value: in `unit`.
    interval: 95% interval over `n` items (`over`), encoder fixed.
    protocol: one sentence that says how it was measured.
    outcomes: the value of each of the n items, so that two encoders can be compared item by item; empty where the
        value is no mean over items.
    direction: which values are the better ones; "neither" for a number that describes and does not judge.
    pictures: what shows where the number comes from.
    evaluation: which one gave it, by its registered name; set by the suite.
    """

    metric: str
    value: float
    n: int
    over: str
    interval: tuple[float, float]
    protocol: str
    unit: str = "%"
    outcomes: Float[np.ndarray, " n"] = field(default_factory=lambda: np.empty(0), repr=False, compare=False)
    direction: Direction = "higher"
    pictures: tuple[Picture, ...] = field(default=(), repr=False, compare=False)
    evaluation: str = ""


@runtime_checkable
class Evaluation(Protocol):
    """A frozen dataclass with keyword-only options, called with images to learn from and images to be tested on."""

    def __call__(self, train: Labelled, test: Labelled) -> Sequence[Score]:
        """Score the encoder, or its features."""
        ...


@runtime_checkable
class ReadsFiles(Protocol):
    """An evaluation that reads files of its own, whose contents decide its scores beside its options."""

    def contents(self) -> list[str]:
        """Hashes of these files; kept scores are read again only where they are the same."""
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
    widths = train.width, test.width
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


def accuracy(metric: str, correct: Bool[np.ndarray, " n"], protocol: str, pictures: tuple[Picture, ...] = ()) -> Score:
    """The share of correct test images in percent, with its exact binomial (Clopper-Pearson) interval."""
    share = proportion_interval(int(correct.sum()), len(correct))
    outcomes = 100.0 * correct
    interval = (100 * share.low, 100 * share.high)
    value = float(outcomes.mean())
    return Score(metric, value, len(correct), "test images", interval, protocol, outcomes=outcomes, pictures=pictures)
