"""LeOCLR's views: the first image of a pair whole, then a crop of the second and a crop of the first.

**Source** Alkhalefi, Leontidis, Zhong, "LeOCLR: Leveraging Original Images for Contrastive Learning of Visual
Representations", arXiv 2403.06813: the original image beside two crops.
**Departure** Crops are augmented as by `simclr` and the whole image is left as it is, but for its size: what the paper
does to either besides cropping is not reproduced.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Float, Int64, UInt8
from torch import Tensor

from sempairs.views.none import WholeFrame
from sempairs.views.simclr import SimCLRViews


@dataclass(frozen=True, kw_only=True)
class LeOCLRViews(SimCLRViews):
    """View 0 is the whole frame, views 1 and 2 are those of `simclr`, whose options are taken."""

    views: ClassVar[int] = 3

    def __call__(
        self, frames: UInt8[Tensor, "n h w c"], seed: int, counters: Int64[np.ndarray, " n"], view: int = 0
    ) -> Float[Tensor, "n c s t"]:
        """View number `view` of each frame, with values in [0, 1]."""
        whole = WholeFrame(size=self.size)
        return whole(frames, seed, counters) if view == 0 else super().__call__(frames, seed, counters, view)
