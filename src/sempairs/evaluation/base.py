"""What every evaluation takes and gives: labelled features in, scores with n, unit, interval and protocol out."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from jaxtyping import Float, Float32, Int64

from sempairs.core.errors import UserError


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


class Evaluation(Protocol):
    """A frozen dataclass with keyword-only options, called with images to learn from and images to be tested on."""

    def __call__(self, train: Labelled, test: Labelled) -> Sequence[Score]:
        """Score the features."""
        ...
