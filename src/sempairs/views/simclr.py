"""SimCLR's views: random crop, flip, colour jitter, greyscale and blur.

**Source** Chen, Kornblith, Norouzi, Hinton, "A Simple Framework for Contrastive Learning of Visual Representations",
ICML 2020, arXiv 2002.05709, appendix A.
**Departure** Resizing is antialiased bilinear where the authors' code is bicubic; the adjustments are torchvision's.
Pixels become float / 255 once and are never rounded, while torchvision on uint8 images rounds after each step.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Float, Int64, UInt8
from torch import Tensor

from sempairs.core.seeds import uniforms
from sempairs.views.blocks import in_blocks
from sempairs.views.blur import kernel_side, random_blur
from sempairs.views.colour import random_greyscale, random_jitter
from sempairs.views.grouping import Grouped
from sempairs.views.resample import CROP_AND_FLIP_COLUMNS, random_crop
from sempairs.views.sampling import blur_sigmas, check_between, check_crop, jitter_factors, jitter_order

# Jitter or not, four factors, their order; grey or not; blur or not, sigma.
COLOUR_COLUMNS = (9, 1, 2)
COLUMNS = CROP_AND_FLIP_COLUMNS + sum(COLOUR_COLUMNS)


@dataclass(frozen=True, kw_only=True)
class SimCLRViews:
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

    views: ClassVar[int] = 2
    size: int | None = None
    crop_min: float = 0.08
    flip: float = 0.5
    jitter: float = 1.0
    jitter_p: float = 0.8
    grey_p: float = 0.2
    blur_p: float = 0.5

    def __post_init__(self) -> None:
        check_crop(self.size, self.crop_min, self.flip)
        check_between("jitter", self.jitter, 0.0, 2.5)
        for name in ("jitter_p", "grey_p", "blur_p"):
            check_between(name, getattr(self, name), 0.0, 1.0)

    def __call__(
        self, frames: UInt8[Tensor, "n h w c"], seed: int, counters: Int64[np.ndarray, " n"], view: int = 0
    ) -> Float[Tensor, "n c s t"]:
        """One view of each frame, with values in [0, 1]; its crop is the one that `crop-only` makes."""
        return in_blocks(self._make, frames, uniforms(seed, counters, COLUMNS), self.size)

    def _make(self, frames: UInt8[Tensor, "n h w c"], numbers: Float[np.ndarray, "n 35"]) -> Float[Tensor, "n c s t"]:
        crop, colour = np.split(numbers, [CROP_AND_FLIP_COLUMNS], axis=1)
        images = random_crop(frames, crop, self.size, self.crop_min, self.flip)
        return colour_and_blur(images, colour, self.jitter, self.jitter_p, self.grey_p, self.blur_p)


def colour_and_blur(
    images: Float[Tensor, "n c s t"],
    numbers: Float[np.ndarray, "n 12"],
    strength: float,
    jitter_p: float,
    grey_p: float,
    blur_p: float,
) -> Float[Tensor, "n c s t"]:
    """Colour jitter, greyscale and blur, each of some of the images; `numbers` are uniform in [0, 1)."""
    jitter, grey, blur = np.split(numbers, np.cumsum(COLOUR_COLUMNS)[:-1], axis=1)
    batch = Grouped(images, np.arange(len(images)))
    if strength > 0:
        factors = jitter_factors(jitter[:, 1:5], strength)
        batch = random_jitter(batch, jitter[:, 0] < jitter_p, factors, jitter_order(jitter[:, 5:]))
    batch = random_greyscale(batch, grey[:, 0] < grey_p)
    kernel = kernel_side(min(images.shape[2:]))
    return random_blur(batch, blur[:, 0] < blur_p, blur_sigmas(blur[:, 1]), kernel).in_order()
