"""Random crop and flip: SimCLR's views without their colour and blur, for studies of how much augmentation is needed.

**Source** Chen, Kornblith, Norouzi, Hinton, "A Simple Framework for Contrastive Learning of Visual Representations",
ICML 2020, arXiv 2002.05709, appendix A.
**Departure** Resizing is antialiased bilinear where the authors' code is bicubic, without rounding to whole numbers.
"""

from dataclasses import dataclass

from sempairs.views.cropped import CroppedViews
from sempairs.views.geometry import Crop, Flip
from sempairs.views.steps import Step


@dataclass(frozen=True, kw_only=True)
class CropOnly(CroppedViews):
    """Crop and flip (see `sempairs.views.crop_only`).

    Parameters
    ----------
    size: the side of a view in pixels; None keeps the frames' own height and width.
    crop_min: the least share of the frame's area that a crop shows.
    flip: the probability of a mirror image.
    """

    def steps(self, view: int) -> tuple[Step, ...]:
        """What is done to any view; its crop is the one that `simclr` makes."""
        return Crop(min=self.crop_min), Flip(p=self.flip)
