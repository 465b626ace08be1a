"""SimCLR's views: random crop, flip, colour jitter, greyscale and blur.

**Source** Chen, Kornblith, Norouzi, Hinton, "A Simple Framework for Contrastive Learning of Visual Representations",
ICML 2020, arXiv 2002.05709, appendix A.
**Departure** Resizing is antialiased bilinear where the authors' code is bicubic; the adjustments are torchvision's.
Pixels become float / 255 once and are never rounded, while torchvision on uint8 images rounds after each step.
"""

from dataclasses import dataclass

from sempairs.views.appearance import Blur, Grey, Jitter
from sempairs.views.cropped import CroppedViews
from sempairs.views.geometry import Crop, Flip
from sempairs.views.sampling import check_colours
from sempairs.views.steps import Step


@dataclass(frozen=True, kw_only=True)
class SimCLRViews(CroppedViews):
    """Crop, flip, colour jitter, greyscale and blur, in this order (see `sempairs.views.simclr`).

    On images with one channel saturation, hue and greyscale do nothing.

    Parameters
    ----------
    size: the side of a view in pixels; None keeps the frames' own height and width.
    crop_min: the least share of the frame's area that a crop shows.
    flip: the probability of a mirror image.
    jitter: the paper's strength s, 0 to 2.5: brightness, contrast and saturation by .8s, hue by .2s of a turn.
    jitter_p: the probability of the colour jitter.
    grey_p: the probability of greyscale.
    blur_p: the probability of the blur, sigma uniform in [.1, 2] pixels; the kernel is 10% of the shorter side, so
        that views under 20 pixels are not blurred at all.
    """

    jitter: float = 1.0
    jitter_p: float = 0.8
    grey_p: float = 0.2
    blur_p: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        check_colours(self.jitter, self.jitter_p, self.grey_p, self.blur_p)

    def steps(self, view: int) -> tuple[Step, ...]:
        """What is done to view number `view`; its crop is the one that `crop-only` makes."""
        return (
            Crop(min=self.crop_min),
            Flip(p=self.flip),
            *colour_and_blur(self.jitter, self.jitter_p, self.grey_p, self.blur_p),
        )


def colour_and_blur(s: float, jitter_p: float, grey_p: float, blur_p: float) -> tuple[Step, ...]:
    """Colour jitter by the paper's strength s, greyscale and blur."""
    jitter = Jitter(p=jitter_p, brightness=0.8 * s, contrast=0.8 * s, saturation=0.8 * s, hue=0.2 * s)
    return jitter, Grey(p=grey_p), Blur(p=blur_p)
