"""BYOL's views: the first always blurred and never solarized, the second seldom blurred and sometimes solarized.

**Source** Grill et al., "Bootstrap Your Own Latent: A New Approach to Self-Supervised Learning", NeurIPS 2020,
arXiv 2006.07733, appendix B, table 6 (the sets T and T').
**Departure** Crops are resized by an antialiased bilinear filter (the paper's: bicubic); brightness is a factor, which
the paper calls an offset; the blur's kernel is 10% of the side, 23 for 224 pixels as in the paper, so views under 20
pixels are not blurred.
"""

from dataclasses import dataclass

from sempairs.views.appearance import Blur, Grey, Jitter, Solarize
from sempairs.views.cropped import CroppedViews
from sempairs.views.geometry import Crop, Flip
from sempairs.views.steps import Step


@dataclass(frozen=True, kw_only=True)
class BYOLViews(CroppedViews):
    """View 0 is of the paper's set T, view 1 of T' (see `sempairs.views.byol`). For other strengths write `custom`.

    Parameters
    ----------
    size: the side of a view in pixels; None keeps the frames' own height and width.
    crop_min: the least share of the frame's area that a crop shows.
    flip: the probability of a mirror image.
    """

    def steps(self, view: int) -> tuple[Step, ...]:
        """What is done to view number `view`."""
        blur, solarize = (1.0, 0.0) if view == 0 else (0.1, 0.2)
        jitter = Jitter(p=0.8, brightness=0.4, contrast=0.4, saturation=0.2, hue=0.1)
        return Crop(min=self.crop_min), Flip(p=self.flip), jitter, Grey(p=0.2), Blur(p=blur), Solarize(p=solarize)
