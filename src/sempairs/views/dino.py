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

from sempairs.views.appearance import Blur, Grey, Jitter, Solarize
from sempairs.views.geometry import Flip
from sempairs.views.multi_crop import LargeAndSmall
from sempairs.views.steps import Step


@dataclass(frozen=True, kw_only=True)
class DINOViews(LargeAndSmall):
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

    crop_min: float = 0.4
    crops: int = 8
    small_max: float = 0.4

    def steps(self, view: int) -> tuple[Step, ...]:
        """What is done to view number `view`."""
        blur, solarize = {0: (1.0, 0.0), 1: (0.1, 0.2)}.get(view, (0.5, 0.0))
        jitter = Jitter(p=0.8, brightness=0.4, contrast=0.4, saturation=0.2, hue=0.1)
        return self.crop(view), Flip(p=self.flip), jitter, Grey(p=0.2), Blur(p=blur), Solarize(p=solarize)
