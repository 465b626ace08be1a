"""Gaussian blur with a standard deviation for each image, mirrored at the borders.

Source: SimCLR (arXiv 2002.05709, appendix A) for the distribution, torchvision's `gaussian_blur` for the weights.
"""

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from sempairs.views.grouping import Grouped, keep
from sempairs.views.resample import Taps, separable


def kernel_side(side: int) -> int:
    """The kernel for an image of this side, 10% of it and odd: 3 for 32 pixels, 9 for 96, 23 for 224.

    It reaches a twentieth of the side to each side of its centre, so under 20 pixels it is one pixel and does nothing.
    """
    return side // 20 * 2 + 1


def gaussian_blur(
    images: Float[Tensor, "n c h w"], sigmas: Float[np.ndarray, " n"], kernel: int
) -> Float[Tensor, "n c h w"]:
    """Blur each image with its own standard deviation (in pixels) and a kernel of odd side `kernel`."""
    offset = np.arange(kernel) - kernel // 2
    bell = np.exp(-0.5 * np.square(offset / sigmas[:, None]))
    weight = torch.from_numpy(bell / bell.sum(axis=1, keepdims=True)).to(images.device, torch.float32)
    rows, columns = (_mirrored_taps(size, offset, weight) for size in images.shape[2:])
    return separable(images, rows, columns).clamp_(max=1)  # weights add up to 1 only up to rounding


def random_blur(
    batch: Grouped, chosen: Bool[np.ndarray, " n"], sigmas: Float[np.ndarray, " n"], kernel: int
) -> Grouped:
    """Blur the chosen samples. A kernel of one pixel changes nothing."""
    if kernel == 1:
        return batch
    return batch.apply(
        chosen.astype(np.int64), [keep, lambda images, samples: gaussian_blur(images, sigmas[samples], kernel)]
    )


def _mirrored_taps(size: int, offset: Int64[np.ndarray, " k"], weight: Float[Tensor, "n k"]) -> Taps:
    line = np.abs(np.arange(size)[:, None] + offset)
    line = torch.from_numpy(size - 1 - np.abs(size - 1 - line)).to(weight.device)
    n, count = weight.shape
    return Taps(line.expand(n, size, count), weight[:, None].expand(n, size, count))
