"""VICReg's views: BYOL's, made alike for both: each blurred with .5 and solarized with .1.

**Source** Bardes, Ponce, LeCun, "VICReg: Variance-Invariance-Covariance Regularization for Self-Supervised Learning",
ICLR 2022, arXiv 2105.04906, appendix C.1.
**Departure** Crops are resized by an antialiased bilinear filter (the authors' code: bicubic). The list in the paper
prints the areas of crops as .08 to .1 where its text has .08 to 1; the text is followed.
"""

from dataclasses import dataclass

from sempairs.views.appearance import Blur, Grey, Jitter, Solarize
from sempairs.views.cropped import CroppedViews
from sempairs.views.geometry import Crop, Flip
from sempairs.views.steps import Step


@dataclass(frozen=True, kw_only=True)
class VICRegViews(CroppedViews):
    """Both views alike (see `sempairs.views.vicreg`). For other strengths write a `custom` list.

    Parameters
    ----------
    size: the side of a view in pixels; None keeps the frames' own height and width.
    crop_min: the least share of the frame's area that a crop shows.
    flip: the probability of a mirror image.
    """

    def steps(self, view: int) -> tuple[Step, ...]:
        """What is done to view number `view`."""
        jitter = Jitter(p=0.8, brightness=0.4, contrast=0.4, saturation=0.2, hue=0.1)
        return Crop(min=self.crop_min), Flip(p=self.flip), jitter, Grey(p=0.2), Blur(p=0.5), Solarize(p=0.1)
