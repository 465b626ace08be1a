"""The named transformations under which invariance is measured, each at a few strengths, on whole batches.

**Source**: Ericsson, Gouk, Hospedales, Why do self-supervised models transfer? On the impact of invariance on
downstream tasks, BMVC 2022, arXiv 2111.11398, with the ranges of the authors' code (`ssl-invariances`).
**Departure**: a few evenly spaced strengths of each range instead of 256, and the image as it is left out (every
encoder is invariant to that). Shear reaches 40 degrees: theirs reaches 160, through 90, where no image is left. Crops
are square. Lengths are shares of the image's shorter side, where theirs are pixels of 224. Interpolation is bilinear.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from sempairs.views.affine import show_turned, turns
from sempairs.views.blur import gaussian_blur, kernel_side
from sempairs.views.colour import adjust_brightness, adjust_contrast, adjust_hue, adjust_saturation, greyscale
from sempairs.views.resample import show_windows
from sempairs.views.sampling import Windows, whole_frames
from sempairs.views.tones import equalize, posterize

Images = Float[Tensor, "n c h w"]


def rotate(images: Images, degrees: float) -> Images:
    """Turned clockwise about the centre; what was not in the image is black."""
    return _affine(images, turns(np.array([degrees]), np.zeros(1))[0])


def translate(images: Images, right: float, down: float) -> Images:
    """Moved by these shares of the shorter side, in whole pixels and by one at least; what comes in is black."""
    side = min(images.shape[2:])
    x, y = (int(np.sign(share)) * max(1, round(abs(share) * side)) for share in (right, down))
    return F.pad(images, (x, -x, y, -y))


def rescale(images: Images, factor: float) -> Images:
    """The content larger or smaller by `factor` about the centre, in an image of the same size."""
    return _affine(images, np.eye(2) / factor)


def shear(images: Images, across: float, along: float) -> Images:
    """Leaning by these degrees along x and y, as the two of torchvision's `affine(shear=...)`."""
    x, y = np.tan(np.radians([across, along]))
    return _affine(images, np.array([[1 + x * y, x], [y, 1]]))


def crop(images: Images, top: float, left: float, share: float) -> Images:
    """The window of this share of height and width, `top` and `left` being shares as well, in the image's size."""
    n, _, height, width = images.shape
    window = [round(top * height), round(left * width), round(share * height), round(share * width)]
    windows = Windows(*(np.full(n, pixels) for pixels in window))
    return show_windows(_frames(images), windows, np.zeros(n, dtype=bool), height, width)


def flip_horizontally(images: Images) -> Images:
    """The mirror image, left to right."""
    return images.flip(3)


def flip_vertically(images: Images) -> Images:
    """Upside down."""
    return images.flip(2)


def grey(images: Images) -> Images:
    """The luma in all channels."""
    return greyscale(images).expand_as(images)


def brightness(images: Images, factor: float) -> Images:
    """All values times `factor`."""
    return adjust_brightness(images.clone(), _each(images, factor))


def contrast(images: Images, factor: float) -> Images:
    """All differences from the mean grey times `factor`."""
    return adjust_contrast(images.clone(), _each(images, factor))


def saturation(images: Images, factor: float) -> Images:
    """All differences from grey times `factor`."""
    return adjust_saturation(images.clone(), _each(images, factor))


def hue(images: Images, turns: float) -> Images:
    """The colour wheel turned by this share of a full turn."""
    return adjust_hue(images.clone(), _each(images, turns))


def blur(images: Images, share: float) -> Images:
    """Gaussian blur; the standard deviation is a share of the shorter side, the kernel a tenth of it, 3 at least."""
    side = min(images.shape[2:])
    return gaussian_blur(images, np.full(len(images), share * side), max(3, kernel_side(side)))


def sharpen(images: Images, factor: float) -> Images:
    """Differences from the smoothed image times `factor`; the outermost pixels stay, as in torchvision and Pillow.

    The smoothing kernel has 5 in its middle and 1 around it, divided by 13.
    """
    sharp, inner = images.clone(), images[:, :, 1:-1, 1:-1]
    smooth = (9 * F.avg_pool2d(images, 3, stride=1) + 4 * inner) / 13
    sharp[:, :, 1:-1, 1:-1] = (smooth + factor * (inner - smooth)).clamp(0, 1)
    return sharp


def invert(images: Images) -> Images:
    """The negative."""
    return 1 - images


@dataclass(frozen=True)
class Transformation:
    """One kind of change at several strengths.

    Parameters
    ----------
    apply: called with images in [0, 1] and the numbers of one strength; gives new images of the same shape.
    strengths: the numbers of each.
    about: the strengths in words.
    of_colour: whether it leaves grey images as they are.
    """

    apply: Callable[..., Tensor]
    strengths: tuple[tuple[float | int, ...], ...]
    about: str = ""
    of_colour: bool = False


FACTORS = (0.25, 1.83, 3.42, 5.0)
QUARTERS = tuple((top, left, share) for share in (0.75, 0.25) for top in (0.0, 0.25) for left in (0.0, 0.25))

TRANSFORMATIONS = {
    "rotation": Transformation(rotate, tuple((float(d),) for d in range(45, 360, 45)), "by 45, 90, ... 315 degrees"),
    "translation": Transformation(
        translate, tuple((x / 16, y / 16) for x in (-1, 1) for y in (-1, 1)), "by a sixteenth towards each corner"
    ),
    "scale": Transformation(rescale, ((0.25,), (0.83,), (1.42,), (2.0,)), "by .25, .83, 1.42 and 2"),
    "shear": Transformation(shear, ((-40.0, 0.0), (40.0, 0.0), (0.0, -40.0), (0.0, 40.0)), "by 40 degrees, four ways"),
    "crop": Transformation(crop, QUARTERS, "to .75 and .25 of both sides, from 0 or .25 of each"),
    "horizontal flip": Transformation(flip_horizontally, ((),)),
    "vertical flip": Transformation(flip_vertically, ((),)),
    "grey": Transformation(grey, ((),), of_colour=True),
    "brightness": Transformation(brightness, tuple((f,) for f in FACTORS), "times .25, 1.83, 3.42 and 5"),
    "contrast": Transformation(contrast, tuple((f,) for f in FACTORS), "times .25, 1.83, 3.42 and 5"),
    "saturation": Transformation(
        saturation, tuple((f,) for f in FACTORS), "times .25, 1.83, 3.42 and 5", of_colour=True
    ),
    "hue": Transformation(
        hue, ((-0.25,), (0.25,), (0.5,)), "turned by a quarter either way and a half", of_colour=True
    ),
    "blur": Transformation(blur, ((0.03,), (0.06,), (0.09,)), "with sigma .03, .06 and .09 of the shorter side"),
    "sharpness": Transformation(sharpen, ((10.0,), (20.0,), (30.0,)), "times 10, 20 and 30"),
    "invert": Transformation(invert, ((),)),
    "equalize": Transformation(equalize, ((),)),
    "posterize": Transformation(posterize, ((1,), (3,), (5,), (7,)), "to 1, 3, 5 and 7 bits"),
}


def _affine(images: Images, inverse: Float[np.ndarray, "2 2"]) -> Images:
    """`inverse` says where a pixel of the result lies in the image, both from the centre, as (x, y)."""
    n, _, height, width = images.shape
    still, matrices = np.zeros(n, dtype=bool), np.broadcast_to(inverse, (n, 2, 2))
    return show_turned(_frames(images), whole_frames(n, height, width), still, matrices, height, width)


def _frames(images: Images) -> Tensor:
    """The bytes [n, h, w, c] that images were read from, which the resampling kernels take."""
    return (images * 255).round().byte().permute(0, 2, 3, 1)


def _each(images: Images, value: float) -> Float[Tensor, "n 1 1 1"]:
    return torch.full((len(images), 1, 1, 1), value, device=images.device)
