"""What a change of images does to their whitened features, image by image: two scores, and a bar in a picture."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from sempairs.evaluation.base import Score
from sempairs.evaluation.pictures import Bars, Picture
from sempairs.evaluation.transformed.whitened import cosines, distances
from sempairs.statistics import Interval, t_interval

COSINE, DISTANCE = "cosine", "standard deviations"


@dataclass(frozen=True, eq=False)
class Change:
    """How similar each of n images is to what became of it, averaged where it was changed in several ways.

    Parameters
    ----------
    cosine: of the whitened features; 1 where nothing changed, about 0 where it might be any other image.
    distance: Mahalanobis distance of the features; 0 where nothing changed.
    """

    cosine: Float64[np.ndarray, " n"]
    distance: Float64[np.ndarray, " n"]

    @classmethod
    def of(cls, clean: Float64[np.ndarray, "n d"], changed: Float64[np.ndarray, "n d"]) -> "Change":
        """From whitened features before and after."""
        return cls(cosines(clean, changed), distances(clean, changed))

    @classmethod
    def mean(cls, changes: list["Change"]) -> "Change":
        """The mean of several, image by image."""
        return cls(
            np.mean([change.cosine for change in changes], axis=0),
            np.mean([change.distance for change in changes], axis=0),
        )

    def scores(self, metric: str, over: str, protocol: str, pictures: tuple[Picture, ...] = ()) -> list[Score]:
        """The scores `metric` and "`metric` distance": neither says by itself whether an encoder is good."""
        return [
            _score(metric, self.cosine, over, f"whitened cosine similarity {protocol}", COSINE, pictures),
            _score(f"{metric} distance", self.distance, over, f"Mahalanobis distance {protocol}", DISTANCE),
        ]


def _score(
    metric: str, outcomes: Float64[np.ndarray, " n"], over: str, protocol: str, unit: str,
    pictures: tuple[Picture, ...] = (),
) -> Score:  # fmt: skip
    interval = t_interval(outcomes)
    return Score(
        metric, interval.estimate, interval.n, over, (interval.low, interval.high), protocol, unit=unit,
        outcomes=outcomes, direction="neither", pictures=pictures,
    )  # fmt: skip


def pictures_of(changes: Mapping[str, Change], title: str, what: str) -> tuple[Bars, Bars]:
    """The cosines and the distances of several changes by name. `what` says which two images are compared."""
    return (
        _bars(
            title, f"Cosine similarity of the whitened features of {what}: 1 is no change, 0 as for any two images.",
            "whitened cosine", {name: t_interval(change.cosine) for name, change in changes.items()},
        ),
        _bars(
            f"{title}: distance", f"Mahalanobis distance of the features of {what}: 0 is no change.",
            "Mahalanobis distance", {name: t_interval(change.distance) for name, change in changes.items()},
        ),
    )  # fmt: skip


def _bars(title: str, about: str, axis: str, bars: Mapping[str, Interval]) -> Bars:
    return Bars(
        title=title, about=about, axis=axis, names=tuple(bars),
        values=np.array([bar.estimate for bar in bars.values()]),
        lows=np.array([bar.low for bar in bars.values()]), highs=np.array([bar.high for bar in bars.values()]),
    )  # fmt: skip
