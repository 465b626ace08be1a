"""The steps that change the pixels of a view: jitter, grey, blur, solarize, posterize, equalize, erase.

Each draws for every sample whether it undergoes the step, then how. They may stand in any order, more than once.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Bool, Float

from sempairs.core.errors import UserError
from sempairs.views.blur import kernel_side, random_blur
from sempairs.views.colour import random_greyscale, random_jitter
from sempairs.views.erase import ERASE_COLUMNS, erase, erase_windows
from sempairs.views.grouping import Grouped, Operation, keep
from sempairs.views.sampling import (
    JITTER_COLUMNS,
    Windows,
    blur_sigmas,
    check_between,
    check_shares,
    jitter_factors,
    jitter_order,
)
from sempairs.views.tones import equalize, posterize, solarize


@dataclass(frozen=True, kw_only=True)
class Jitter:
    """Brightness, contrast, saturation and hue in random order, as `ColorJitter`; the defaults are SimCLR's.

    Parameters
    ----------
    p: how probable it is.
    brightness, contrast, saturation: how far its factor may be from 1 (it is uniform, and not below 0), at most 2.
    hue: how far the colour wheel may be turned either way (uniformly), in turns, at most .5.
    """

    columns: ClassVar[int] = 1 + JITTER_COLUMNS
    p: float = 0.8
    brightness: float = 0.8
    contrast: float = 0.8
    saturation: float = 0.8
    hue: float = 0.2

    def __post_init__(self) -> None:
        check_between("p", self.p, 0.0, 1.0)
        for name in ("brightness", "contrast", "saturation"):
            check_between(name, getattr(self, name), 0.0, 2.0)
        check_between("hue", self.hue, 0.0, 0.5)

    def __call__(self, batch: Grouped, numbers: Float[np.ndarray, "n 9"]) -> Grouped:
        """Adjust the samples that are drawn."""
        spans = (self.brightness, self.contrast, self.saturation, self.hue)
        if not any(spans):
            return batch
        factors, order = jitter_factors(numbers[:, 1:5], spans), jitter_order(numbers[:, 5:])
        return random_jitter(batch, numbers[:, 0] < self.p, factors, order)


@dataclass(frozen=True, kw_only=True)
class Grey:
    """Greyscale; the view keeps its channels.

    Parameters
    ----------
    p: how probable it is.
    """

    columns: ClassVar[int] = 1
    p: float = 0.2

    def __post_init__(self) -> None:
        check_between("p", self.p, 0.0, 1.0)

    def __call__(self, batch: Grouped, numbers: Float[np.ndarray, "n 1"]) -> Grouped:
        """Make the samples that are drawn grey."""
        return random_greyscale(batch, numbers[:, 0] < self.p)


@dataclass(frozen=True, kw_only=True)
class Blur:
    """Gaussian blur, sigma uniform in [.1, 2] pixels; the kernel is 10% of the shorter side, nothing under 20 pixels.

    Parameters
    ----------
    p: how probable it is.
    """

    columns: ClassVar[int] = 2
    p: float = 0.5

    def __post_init__(self) -> None:
        check_between("p", self.p, 0.0, 1.0)

    def __call__(self, batch: Grouped, numbers: Float[np.ndarray, "n 2"]) -> Grouped:
        """Blur the samples that are drawn."""
        kernel = kernel_side(min(batch.images.shape[2:]))
        return random_blur(batch, numbers[:, 0] < self.p, blur_sigmas(numbers[:, 1]), kernel)


@dataclass(frozen=True, kw_only=True)
class Solarize:
    """The inverse of all values from a threshold on.

    Parameters
    ----------
    p: how probable it is.
    threshold: 0 to 1; 0 inverts the whole view.
    """

    columns: ClassVar[int] = 1
    p: float = 0.5
    threshold: float = 0.5

    def __post_init__(self) -> None:
        check_between("p", self.p, 0.0, 1.0)
        check_between("threshold", self.threshold, 0.0, 1.0)

    def __call__(self, batch: Grouped, numbers: Float[np.ndarray, "n 1"]) -> Grouped:
        """Solarize the samples that are drawn."""
        return _some(batch, numbers[:, 0] < self.p, lambda images, _: solarize(images, self.threshold))


@dataclass(frozen=True, kw_only=True)
class Posterize:
    """Values rounded down to a few levels.

    Parameters
    ----------
    p: how probable it is.
    bits: 1 to 8; there are 2^bits levels.
    """

    columns: ClassVar[int] = 1
    p: float = 0.5
    bits: int = 4

    def __post_init__(self) -> None:
        check_between("p", self.p, 0.0, 1.0)
        if not 1 <= self.bits <= 8:
            raise UserError("the view option bits must be between 1 and 8", got=self.bits)

    def __call__(self, batch: Grouped, numbers: Float[np.ndarray, "n 1"]) -> Grouped:
        """Posterize the samples that are drawn."""
        return _some(batch, numbers[:, 0] < self.p, lambda images, _: posterize(images, self.bits))


@dataclass(frozen=True, kw_only=True)
class Equalize:
    """Each channel's values spread so that all are about equally frequent.

    Parameters
    ----------
    p: how probable it is.
    """

    columns: ClassVar[int] = 1
    p: float = 0.5

    def __post_init__(self) -> None:
        check_between("p", self.p, 0.0, 1.0)

    def __call__(self, batch: Grouped, numbers: Float[np.ndarray, "n 1"]) -> Grouped:
        """Equalize the samples that are drawn."""
        return _some(batch, numbers[:, 0] < self.p, lambda images, _: equalize(images))


@dataclass(frozen=True, kw_only=True)
class Erase:
    """A rectangle of one value, as `RandomErasing`: area and position uniform, ratio log-uniform in [.3, 3.3].

    Parameters
    ----------
    p: how probable it is.
    min: the least share of the view's area.
    max: the greatest.
    value: what is painted, 0 (black) to 1.
    """

    columns: ClassVar[int] = 1 + ERASE_COLUMNS
    p: float = 0.5
    min: float = 0.02
    max: float = 0.33
    value: float = 0.0

    def __post_init__(self) -> None:
        check_between("p", self.p, 0.0, 1.0)
        check_shares("min", self.min, "max", self.max)
        check_between("value", self.value, 0.0, 1.0)

    def __call__(self, batch: Grouped, numbers: Float[np.ndarray, "n 23"]) -> Grouped:
        """Paint a rectangle over in the samples that are drawn."""
        height, width = batch.images.shape[2:]
        drawn = erase_windows(numbers[:, 1:], height, width, self.min, self.max)
        sides = (drawn.top, drawn.left, drawn.height, drawn.width)
        return _some(
            batch,
            numbers[:, 0] < self.p,
            lambda images, samples: erase(images, Windows(*(side[samples] for side in sides)), self.value),
        )


def _some(batch: Grouped, chosen: Bool[np.ndarray, " n"], operation: Operation) -> Grouped:
    return batch.apply(chosen.astype(np.int64), [keep, operation])
