"""Multi-crop: two large views of a pair and several small ones that show little of it, all augmented as by SimCLR.

**Source** Caron, Misra, Mairal, Goyal, Bojanowski, Joulin, "Unsupervised Learning of Visual Features by Contrasting
Cluster Assignments", NeurIPS 2020, arXiv 2006.09882, section 3.2 and appendix A: 2 views of 224 pixels from .14 to 1 of
the area, 6 of 96 pixels from .05 to .14.
**Departure** Both images of a pair are cropped: even views show the first, odd ones the second. Crops, colours and blur
are those of `simclr`.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int64, UInt8
from torch import Tensor

from sempairs.core.errors import UserError
from sempairs.views.geometry import Crop, Flip
from sempairs.views.sampling import check_between, check_crop, check_shares, check_size
from sempairs.views.simclr import colour_and_blur
from sempairs.views.steps import Step, make_views

LARGE = 2


@dataclass(frozen=True, kw_only=True)
class MultiCropViews:
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

    size: int | None = None
    crop_min: float = 0.14
    crops: int = 6
    crop_size: int | None = None
    small_min: float = 0.05
    small_max: float = 0.14
    flip: float = 0.5
    jitter: float = 1.0
    jitter_p: float = 0.8
    grey_p: float = 0.2
    blur_p: float = 0.5

    def __post_init__(self) -> None:
        check_crop(self.size, self.crop_min, self.flip)
        check_small(self.crops, self.crop_size, self.small_min, self.small_max)
        check_between("jitter", self.jitter, 0.0, 2.5)
        for name in ("jitter_p", "grey_p", "blur_p"):
            check_between(name, getattr(self, name), 0.0, 1.0)

    @property
    def views(self) -> int:
        """The large views and the small ones."""
        return LARGE + self.crops

    def steps(self, view: int) -> tuple[Step, ...]:
        """What is done to view number `view`."""
        crop = Crop(min=self.crop_min) if view < LARGE else Crop(min=self.small_min, max=self.small_max)
        return crop, Flip(p=self.flip), *colour_and_blur(self.jitter, self.jitter_p, self.grey_p, self.blur_p)

    def __call__(
        self, frames: UInt8[Tensor, "n h w c"], seed: int, counters: Int64[np.ndarray, " n"], view: int = 0
    ) -> Float[Tensor, "n c s t"]:
        """View number `view` of each frame, with values in [0, 1]."""
        size = self.size if view < LARGE else small_side(self.crop_size, self.size or min(frames.shape[1:3]))
        return make_views(self.steps(view), frames, seed, counters, size)


def small_side(side: int | None, large: int) -> int:
    """The side of small views beside large ones of `large` pixels: `side`, or else 3/7 of it."""
    return side or max(1, round(large * 3 / 7))


def check_small(crops: int, side: int | None, least: float, most: float) -> None:
    """Raise UserError if there cannot be `crops` small views of this side from this share of the frame's area."""
    check_size(side)
    if crops < 0:
        raise UserError("the view option crops must not be negative", got=crops)
    check_shares("small_min", least, "small_max", most)
