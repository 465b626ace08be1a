"""Random crop and flip: SimCLR's views without their colour and blur, for studies of how much augmentation is needed.

**Source** Chen, Kornblith, Norouzi, Hinton, "A Simple Framework for Contrastive Learning of Visual Representations",
ICML 2020, arXiv 2002.05709, appendix A.
**Departure** Resizing is antialiased bilinear where the authors' code is bicubic, without rounding to whole numbers.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Float, Int64, UInt8
from torch import Tensor

from sempairs.views.geometry import Crop, Flip
from sempairs.views.sampling import check_crop
from sempairs.views.steps import make_views


@dataclass(frozen=True, kw_only=True)
class CropOnly:
    """Crop and flip (see `sempairs.views.crop_only`).

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

    def __call__(
        self, frames: UInt8[Tensor, "n h w c"], seed: int, counters: Int64[np.ndarray, " n"], view: int = 0
    ) -> Float[Tensor, "n c s t"]:
        """One view of each frame, with values in [0, 1]; the crop is the one that `simclr` makes."""
        return make_views((Crop(min=self.crop_min), Flip(p=self.flip)), frames, seed, counters, self.size)
