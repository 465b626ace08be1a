"""VICReg's views: BYOL's, made alike for both: each blurred with .5 and solarized with .1.

**Source** Bardes, Ponce, LeCun, "VICReg: Variance-Invariance-Covariance Regularization for Self-Supervised Learning",
ICLR 2022, arXiv 2105.04906, appendix C.1.
**Departure** Crops are resized by an antialiased bilinear filter (the authors' code: bicubic). The list in the paper
prints the areas of crops as .08 to .1 where its text has .08 to 1; the text is followed.
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
class VICRegViews:
    """Both views alike (see `sempairs.views.vicreg`). For other strengths write a `custom` list.

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
        jitter = Jitter(p=0.8, brightness=0.4, contrast=0.4, saturation=0.2, hue=0.1)
        return Crop(min=self.crop_min), Flip(p=self.flip), jitter, Grey(p=0.2), Blur(p=0.5), Solarize(p=0.1)

    def __call__(
        self, frames: UInt8[Tensor, "n h w c"], seed: int, counters: Int64[np.ndarray, " n"], view: int = 0
    ) -> Float[Tensor, "n c s t"]:
        """View number `view` of each frame, with values in [0, 1]."""
        return make_views(self.steps(view), frames, seed, counters, self.size)
