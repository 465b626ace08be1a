"""BYOL's views: the first always blurred and never solarized, the second seldom blurred and sometimes solarized.

**Source** Grill et al., "Bootstrap Your Own Latent: A New Approach to Self-Supervised Learning", NeurIPS 2020,
arXiv 2006.07733, appendix B, table 6 (the sets T and T').
**Departure** Crops are resized by an antialiased bilinear filter (the paper's: bicubic); brightness is a factor, which
the paper calls an offset; the blur's kernel is 10% of the side, 23 for 224 pixels as in the paper, so views under 20
pixels are not blurred.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Float, Int64, UInt8
from torch import Tensor

from sempairs.views.appearance import Blur, Grey, Jitter, Solarize
from sempairs.views.geometry import Crop, Flip
from sempairs.views.sampling import check_crop
from sempairs.views.steps import Step, make_views


@dataclass(frozen=True, kw_only=True)
class BYOLViews:
    """View 0 is of the paper's set T, view 1 of T' (see `sempairs.views.byol`). For other strengths write `custom`.

    Parameters
    ----------
    size: the side of a view in pixels; None keeps the frames' own height and width.
    crop_min: the least share of the frame's area that a crop shows.
    flip: the probability of a mirror image.
    """

    views: ClassVar[int] = 2
    size: int | None = None
    crop_min: float = 0.08
    flip: float = 0.5

    def __post_init__(self) -> None:
        check_crop(self.size, self.crop_min, self.flip)

    def steps(self, view: int) -> tuple[Step, ...]:
        """What is done to view number `view`."""
        blur, solarize = (1.0, 0.0) if view == 0 else (0.1, 0.2)
        jitter = Jitter(p=0.8, brightness=0.4, contrast=0.4, saturation=0.2, hue=0.1)
        return Crop(min=self.crop_min), Flip(p=self.flip), jitter, Grey(p=0.2), Blur(p=blur), Solarize(p=solarize)

    def __call__(
        self, frames: UInt8[Tensor, "n h w c"], seed: int, counters: Int64[np.ndarray, " n"], view: int = 0
    ) -> Float[Tensor, "n c s t"]:
        """View number `view` of each frame, with values in [0, 1]."""
        return make_views(self.steps(view), frames, seed, counters, self.size)
