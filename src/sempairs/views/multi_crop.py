"""Multi-crop: two large views of a pair and several small ones that show little of it, all augmented as by SimCLR.

**Source** Caron, Misra, Mairal, Goyal, Bojanowski, Joulin, "Unsupervised Learning of Visual Features by Contrasting
Cluster Assignments", NeurIPS 2020, arXiv 2006.09882, section 3.2 and appendix A: 2 views of 224 pixels from .14 to 1 of
the area, 6 of 96 pixels from .05 to .14.
**Departure** Both images of a pair are cropped: even views show the first, odd ones the second. Crops, colours and blur
are those of `simclr`.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int64, UInt8
from torch import Tensor

from sempairs.core.errors import UserError
from sempairs.views.geometry import Crop, Flip
from sempairs.views.sampling import check_colours, check_crop, check_shares, check_size
from sempairs.views.simclr import colour_and_blur
from sempairs.views.steps import Step, make_views

LARGE = 2


@dataclass(frozen=True, kw_only=True)
class LargeAndSmall(ABC):
    """Two large views and `crops` small ones, by the steps of each: what `multi-crop` and `dino` share."""

    size: int | None = None
    crop_min: float = 0.14
    crops: int = 6
    crop_size: int | None = None
    small_min: float = 0.05
    small_max: float = 0.14
    flip: float = 0.5

    def __post_init__(self) -> None:
        check_crop(self.size, self.crop_min, self.flip)
        check_size(self.crop_size)
        if self.crops < 0:
            raise UserError("the view option crops must not be negative", got=self.crops)
        check_shares("small_min", self.small_min, "small_max", self.small_max)

    @property
    def views(self) -> int:
        """The large views and the small ones."""
        return LARGE + self.crops

    def crop(self, view: int) -> Crop:
        """How much of its frame view number `view` shows."""
        return Crop(min=self.crop_min) if view < LARGE else Crop(min=self.small_min, max=self.small_max)

    @abstractmethod
    def steps(self, view: int) -> tuple[Step, ...]:
        """What is done to view number `view`."""

    def __call__(
        self, frames: UInt8[Tensor, "n h w c"], seed: int, counters: Int64[np.ndarray, " n"], view: int = 0
    ) -> Float[Tensor, "n c s t"]:
        """View number `view` of each frame, with values in [0, 1]."""
        size = self.size
        if view >= LARGE:
            size = self.crop_size or max(1, round((size or min(frames.shape[1:3])) * 3 / 7))
        return make_views(self.steps(view), frames, seed, counters, size)


@dataclass(frozen=True, kw_only=True)
class MultiCropViews(LargeAndSmall):
    """Two large views and `crops` small ones (see `sempairs.views.multi_crop`).

    Parameters
    ----------
    size: the side of a large view in pixels; None keeps the frames' own height and width.
    crop_min: the least share of the frame's area that a large view shows.
    crops: how many small views there are; with an odd number the first image has one more.
    crop_size: the side of a small view in pixels; None is 3/7 of a large one's (the shorter, if they differ), as 96 of
        224.
    small_min, small_max: the least and the greatest share of the frame's area that a small view shows.
    flip, jitter, jitter_p, grey_p, blur_p: of all views, as in `simclr`.
    """

    jitter: float = 1.0
    jitter_p: float = 0.8
    grey_p: float = 0.2
    blur_p: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        check_colours(self.jitter, self.jitter_p, self.grey_p, self.blur_p)

    def steps(self, view: int) -> tuple[Step, ...]:
        """What is done to view number `view`."""
        colours = colour_and_blur(self.jitter, self.jitter_p, self.grey_p, self.blur_p)
        return self.crop(view), Flip(p=self.flip), *colours
