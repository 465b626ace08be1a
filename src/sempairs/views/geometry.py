"""The steps that say which part of the frame a view shows, and how it lies: crop, flip, rotate, shear.

They make one resample together: along the axes of the frame where nothing is turned (`views.resample`), else as one
affine map (`views.affine`). So they stand before all other steps, in this order.
"""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from jaxtyping import Bool, Float, UInt8
from torch import Tensor

from sempairs.views.affine import show_turned, turns
from sempairs.views.resample import show_windows
from sempairs.views.sampling import CROP_COLUMNS, Windows, check_between, check_shares, crop_windows, whole_frames


@dataclass(frozen=True, eq=False)
class Geometry:
    """What each of n views shows of its frame.

    Parameters
    ----------
    height, width: of the frames, in pixels.
    windows: the part of each frame.
    flip: whether it is mirrored.
    angles, shears: in degrees, as `affine.turns` takes them; None where no step turns or shears.
    """

    height: int
    width: int
    windows: Windows
    flip: Bool[np.ndarray, " n"]
    angles: Float[np.ndarray, " n"] | None = None
    shears: Float[np.ndarray, " n"] | None = None

    @classmethod
    def whole(cls, n: int, height: int, width: int) -> "Geometry":
        """The frames as they are."""
        return cls(height, width, whole_frames(n, height, width), np.zeros(n, dtype=bool))

    def show(self, frames: UInt8[Tensor, "n h w c"], size: int | None) -> Float[Tensor, "n c s t"]:
        """The views, with values in [0, 1]; `size` is their side in pixels, None for that of the frames."""
        height, width = size or self.height, size or self.width
        if self.angles is None and self.shears is None:
            return show_windows(frames, self.windows, self.flip, height, width)
        still = np.zeros(len(frames))
        turn = turns(still if self.angles is None else self.angles, still if self.shears is None else self.shears)
        return show_turned(frames, self.windows, self.flip, turn, height, width)


@dataclass(frozen=True, kw_only=True)
class Crop:
    """A part of the frame: area uniform, ratio log-uniform in [3/4, 4/3], position uniform, as `RandomResizedCrop`.

    Parameters
    ----------
    min: the least share of the frame's area.
    max: the greatest.
    """

    columns: ClassVar[int] = CROP_COLUMNS
    min: float = 0.08
    max: float = 1.0

    def __post_init__(self) -> None:
        check_shares("min", self.min, "max", self.max)

    def __call__(self, view: Geometry, numbers: Float[np.ndarray, "n 22"]) -> Geometry:
        """The view with a window drawn."""
        return replace(view, windows=crop_windows(numbers, view.height, view.width, self.min, self.max))


@dataclass(frozen=True, kw_only=True)
class Flip:
    """The mirror image, left to right.

    Parameters
    ----------
    p: how probable it is.
    """

    columns: ClassVar[int] = 1
    p: float = 0.5

    def __post_init__(self) -> None:
        check_between("p", self.p, 0.0, 1.0)

    def __call__(self, view: Geometry, numbers: Float[np.ndarray, "n 1"]) -> Geometry:
        """The view, perhaps mirrored."""
        return replace(view, flip=numbers[:, 0] < self.p)


@dataclass(frozen=True, kw_only=True)
class Rotate:
    """The view turned about its centre, the angle uniform in [-degrees, degrees]; what is not in the frame is black.

    Parameters
    ----------
    degrees: the greatest angle, at most 180.
    """

    columns: ClassVar[int] = 1
    degrees: float

    def __post_init__(self) -> None:
        check_between("degrees", self.degrees, 0.0, 180.0)

    def __call__(self, view: Geometry, numbers: Float[np.ndarray, "n 1"]) -> Geometry:
        """The view with an angle drawn."""
        return replace(view, angles=_either_way(numbers, self.degrees))


@dataclass(frozen=True, kw_only=True)
class Shear:
    """The view's columns leaning by an angle uniform in [-degrees, degrees], as `RandomAffine` with one number.

    Parameters
    ----------
    degrees: the greatest angle, at most 80.
    """

    columns: ClassVar[int] = 1
    degrees: float

    def __post_init__(self) -> None:
        check_between("degrees", self.degrees, 0.0, 80.0)

    def __call__(self, view: Geometry, numbers: Float[np.ndarray, "n 1"]) -> Geometry:
        """The view with an angle drawn."""
        return replace(view, shears=_either_way(numbers, self.degrees))


def _either_way(numbers: Float[np.ndarray, "n 1"], degrees: float) -> Float[np.ndarray, " n"]:
    angles: Float[np.ndarray, " n"] = degrees * (2 * numbers[:, 0] - 1)
    return angles
