"""MoCo v2's views: SimCLR's with half the colour jitter and crops of at least a fifth of the frame.

**Source** Chen, Fan, Girshick, He, "Improved Baselines with Momentum Contrastive Learning", arXiv 2003.04297, and the
augmentation `aug_plus` of the authors' code, https://github.com/facebookresearch/moco.
**Departure** Blur has a kernel of 10% of the side, Pillow's in the authors' code has none; values are never rounded.
"""

from dataclasses import dataclass

from sempairs.views.appearance import Blur, Grey, Jitter
from sempairs.views.cropped import CroppedViews
from sempairs.views.geometry import Crop, Flip
from sempairs.views.steps import Step


@dataclass(frozen=True, kw_only=True)
class MoCoV2Views(CroppedViews):
    """Both views alike (see `sempairs.views.moco_v2`). For other strengths write a `custom` list.

    Parameters
    ----------
    size: the side of a view in pixels; None keeps the frames' own height and width.
    crop_min: the least share of the frame's area that a crop shows.
    flip: the probability of a mirror image.
    """

    crop_min: float = 0.2

    def steps(self, view: int) -> tuple[Step, ...]:
        """What is done to view number `view`."""
        jitter = Jitter(p=0.8, brightness=0.4, contrast=0.4, saturation=0.4, hue=0.1)
        return Crop(min=self.crop_min), Flip(p=self.flip), jitter, Grey(p=0.2), Blur(p=0.5)
