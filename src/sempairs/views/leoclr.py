"""LeOCLR's views: the first image of a pair whole, then a crop of the second and a crop of the first.

**Source** Alkhalefi, Leontidis, Zhong, "LeOCLR: Leveraging Original Images for Contrastive Learning of Visual
Representations", arXiv 2403.06813: the original image beside two crops.
**Departure** Crops are augmented as by `simclr` and the whole image is left as it is, but for its size: what the paper
does to either besides cropping is not reproduced.
"""

from dataclasses import dataclass
from typing import ClassVar

from sempairs.views.simclr import SimCLRViews
from sempairs.views.steps import Step


@dataclass(frozen=True, kw_only=True)
class LeOCLRViews(SimCLRViews):
    """View 0 is the whole frame, views 1 and 2 are those of `simclr`, whose options are taken."""

    views: ClassVar[int] = 3

    def steps(self, view: int) -> tuple[Step, ...]:
        """What is done to view number `view`: nothing, or what `simclr` does."""
        return () if view == 0 else super().steps(view)
