"""DINO's views: two large crops, one always blurred, one sometimes solarized, and small crops blurred half the time.

**Source** Caron, Touvron, Misra, Jégou, Mairal, Bojanowski, Joulin, "Emerging Properties in Self-Supervised Vision
Transformers", ICCV 2021, arXiv 2104.14294, section 3.2, with the values of the authors' code,
https://github.com/facebookresearch/dino (`main_dino.py`): 2 views of 224 pixels from .4 to 1 of the area, 8 of 96 from
.05 to .4.
**Departure** Both images of a pair are cropped: even views show the first, odd ones the second. Crops are resized by an
antialiased bilinear filter (the authors' code: bicubic), and the blur's kernel is 10% of the side (Pillow's has none),
so views under 20 pixels are not blurred.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int64, UInt8
from torch import Tensor

from sempairs.views.appearance import Blur, Grey, Jitter, Solarize
from sempairs.views.geometry import Crop, Flip
from sempairs.views.multi_crop import LARGE, check_small, small_side
from sempairs.views.sampling import check_crop
from sempairs.views.steps import Step, make_views


@dataclass(frozen=True, kw_only=True)
class DINOViews:
    """Two large views and `crops` small ones (see `sempairs.views.dino`). For other strengths write `custom`.

    Parameters
    ----------
    size: the side of a large view in pixels; None keeps the frames' own height and width.
    crop_min: the least share of the frame's area that a large view shows.
    crops: how many small views there are; with an odd number the first image has one more.
    crop_size: the side of a small view in pixels; None is 3/7 of a large one's (the shorter, if they differ), as 96 of
        224.
    small_min, small_max: the least and the greatest share of the frame's area that a small view shows.
    flip: the probability of a mirror image.
    """

    size: int | None = None
    crop_min: float = 0.4
    crops: int = 8
    crop_size: int | None = None
    small_min: float = 0.05
    small_max: float = 0.4
    flip: float = 0.5

    def __post_init__(self) -> None:
        check_crop(self.size, self.crop_min, self.flip)
        check_small(self.crops, self.crop_size, self.small_min, self.small_max)

    @property
    def views(self) -> int:
        """The large views and the small ones."""
        return LARGE + self.crops

    def steps(self, view: int) -> tuple[Step, ...]:
        """What is done to view number `view`."""
        crop = Crop(min=self.crop_min) if view < LARGE else Crop(min=self.small_min, max=self.small_max)
        blur, solarize = {0: (1.0, 0.0), 1: (0.1, 0.2)}.get(view, (0.5, 0.0))
        jitter = Jitter(p=0.8, brightness=0.4, contrast=0.4, saturation=0.2, hue=0.1)
        return crop, Flip(p=self.flip), jitter, Grey(p=0.2), Blur(p=blur), Solarize(p=solarize)

    def __call__(
        self, frames: UInt8[Tensor, "n h w c"], seed: int, counters: Int64[np.ndarray, " n"], view: int = 0
    ) -> Float[Tensor, "n c s t"]:
        """View number `view` of each frame, with values in [0, 1]."""
        size = self.size if view < LARGE else small_side(self.crop_size, self.size or min(frames.shape[1:3]))
        return make_views(self.steps(view), frames, seed, counters, size)
