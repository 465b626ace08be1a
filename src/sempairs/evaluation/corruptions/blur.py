"""Blur: out of focus, through frosted glass, by motion and by zoom.

**Source**: Hendrycks, Dietterich, arXiv 1903.12261: `defocus_blur`, `glass_blur`, `motion_blur`, `zoom_blur` of the
authors' code; the third is ImageMagick's `MotionBlurImage`.
**Departure**: `glass_blur` visits pixels in the authors' order with their result, but in a few steps for all pixels.
"""

import numpy as np
import torch
from jaxtyping import Float, Float64, Int64
from scipy.ndimage import correlate1d
from torch import Tensor
from torch.nn.functional import conv2d

from sempairs.evaluation.corruptions.chance import Chance, on_device
from sempairs.evaluation.corruptions.separable import smooth, zoomed


def defocus_blur(
    images: Float[Tensor, "n c h w"], chance: Chance, radius: float, softness: float
) -> Float[Tensor, "n c h w"]:
    """Each point becomes a disk of this radius, whose edge is blurred with standard deviation `softness`."""
    kernel = on_device(disk(radius, softness), images)
    reach = len(kernel) // 2
    # One border pixel after another is mirrored, so that a kernel may be larger than the image.
    rows, columns = (mirrored(size, reach).to(images.device) for size in images.shape[2:])
    planes = images[:, :, rows][:, :, :, columns].flatten(0, 1)[:, None]
    return conv2d(planes, kernel[None, None]).view(images.shape)


def disk(radius: float, softness: float) -> Float64[np.ndarray, "k k"]:
    """The pixels whose centres are in the disk, with sum 1, blurred by a Gaussian of 3 x 3 taps (5 x 5 above radius 8).

    As the authors', it is not larger than 17 x 17 (21 x 21 above radius 8) and mirrored there when it is blurred.
    """
    taps, reach = (1, 8) if radius <= 8 else (2, int(radius))
    place = np.arange(-reach, reach + 1)
    inside = (place[:, None] ** 2 + place**2 <= radius**2).astype(np.float64)
    kernel: Float64[np.ndarray, "k k"] = inside / inside.sum()
    bell = np.exp(-0.5 * (np.arange(-taps, taps + 1) / softness) ** 2)
    for axis in (0, 1):
        kernel = correlate1d(kernel, bell / bell.sum(), axis=axis, mode="mirror")
    empty = max(0, reach - int(radius) - taps)
    return kernel[empty : len(kernel) - empty, empty : len(kernel) - empty]


def mirrored(size: int, reach: int) -> Int64[Tensor, " m"]:
    """Positions -reach ... size - 1 + reach of a line that is mirrored about its first and last pixel."""
    place = torch.arange(-reach, size + reach) % max(2 * size - 2, 1)
    return torch.minimum(place, 2 * size - 2 - place)


def glass_blur(
    images: Float[Tensor, "n c h w"], chance: Chance, sigma: float, reach: int, times: int
) -> Float[Tensor, "n c h w"]:
    """Pixels change places with others near by, between two Gaussian blurs.

    From the last pixel to the first, pixel p takes the value that q(p) has by then, q(p) being up to `reach` before or
    up to `reach` - 1 after it in either direction. (The authors' line reads as a swap, but as NumPy hands out views of
    colour pixels, p alone changes; the published images are made so.) If q comes after p it has its new value already:
    that of q(q(p)), and so on. Following these chains by doubling takes a few steps for all pixels at once.
    """
    shape, (h, w) = images.shape, images.shape[2:]
    images = smooth(images, sigma, "nearest", 4.0)
    for time in range(times):
        source = torch.from_numpy(_followed(_taken_from(chance.uniform(f"offsets {time}", 2, h, w), reach)))
        index = source.to(images.device)[:, None].expand(-1, shape[1], -1)
        images = images.flatten(2).gather(2, index).view(shape)
    return smooth(images, sigma, "nearest", 4.0)


def _taken_from(uniform: Float64[np.ndarray, "n 2 h w"], reach: int) -> Int64[np.ndarray, "n hw"]:
    """q(p) as flat positions; pixels at the borders, which stay, take from themselves."""
    n, _, h, w = uniform.shape
    offset = np.floor(uniform * 2 * reach).astype(np.int64) - reach
    inside = np.zeros((h, w), dtype=bool)
    inside[reach + 1 : h - reach + 1, reach + 1 : w - reach + 1] = True
    taken = np.arange(h * w).reshape(h, w) + inside * (offset[:, 0] * w + offset[:, 1])
    return np.asarray(taken.reshape(n, h * w))


def _followed(taken: Int64[np.ndarray, "n p"]) -> Int64[np.ndarray, "n p"]:
    """Where each pixel's value stood before any changed: the end of its chain, in which each comes after the last."""
    own = np.arange(taken.shape[1])
    link = np.maximum(taken, own)  # its own place where the chain ends
    while not np.array_equal(further := np.take_along_axis(link, link, axis=1), link):
        link = further
    return np.take_along_axis(taken, link, axis=1)


def motion_blur(
    images: Float[Tensor, "n c h w"], chance: Chance, radius: float, sigma: float
) -> Float[Tensor, "n c h w"]:
    """A streak in a direction of -45 to 45 degrees."""
    return streak(images, 90 * chance.uniform("angle")[:, None] - 45, radius, sigma)


def streak(
    images: Float[Tensor, "n c h w"], angles: Float64[np.ndarray, "n 1"], radius: float, sigma: float
) -> Float[Tensor, "n c h w"]:
    """ImageMagick's motion blur: pixels from p on in the direction of its angle (in degrees), by half a bell curve.

    Tap i of 0 ... 2 `radius` has weight exp(-i² / 2 `sigma`²) and lies at i times the direction, rounded to whole
    pixels, halves downwards; beyond the border the border goes on.
    """
    h, w = images.shape[2:]
    tap = np.arange(2 * int(np.ceil(radius)) + 1)
    weight = np.exp(-0.5 * (tap / sigma) ** 2)
    weight /= weight.sum()
    right, down = (np.ceil(tap * f(np.radians(angles)) - 0.5).astype(np.int64) for f in (np.cos, np.sin))
    row = np.clip(np.arange(h)[:, None] + down[:, None], 0, h - 1)
    column = np.clip(np.arange(w)[:, None] + right[:, None], 0, w - 1)
    row, column = (torch.from_numpy(place).to(images.device) for place in (row, column))
    image = torch.arange(len(images), device=images.device)[:, None, None]
    pixels, blurred = images.permute(0, 2, 3, 1), torch.zeros_like(images.permute(0, 2, 3, 1))
    for i, share in enumerate(weight.tolist()):
        blurred += share * pixels[image, row[:, :, None, i], column[:, None, :, i]]
    return blurred.permute(0, 3, 1, 2)


def zoom_blur(images: Float[Tensor, "n c h w"], chance: Chance, end: float, step: float) -> Float[Tensor, "n c h w"]:
    """The mean of the image and its enlargements by 1, 1 + `step`, ... up to `end`."""
    factors = np.arange(1, end, step).tolist()
    total = images.clone()
    for factor in factors:
        total += zoomed(images, factor)
    return total / (len(factors) + 1)
