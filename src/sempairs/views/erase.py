"""Random erasing: a rectangle of a view is painted over.

**Source** Zhong, Zheng, Kang, Li, Yang, "Random Erasing Data Augmentation", AAAI 2020, arXiv 1708.04896, algorithm 1,
with the distribution of torchvision's `RandomErasing`: area uniform, ratio log-uniform, position uniform.
**Departure** The rectangle has one value, not noise. Each sample draws all ten attempts at once and keeps the first
that fits.
"""

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from sempairs.views.sampling import ATTEMPTS, CROP_COLUMNS, Windows

RATIOS = (0.3, 3.3)
ERASE_COLUMNS = CROP_COLUMNS


def erase_windows(
    numbers: Float[np.ndarray, "n 22"], height: int, width: int, area_min: float, area_max: float
) -> Windows:
    """Random rectangles that are lower and narrower than the view, height to width within `RATIOS`.

    Parameters
    ----------
    numbers: uniform in [0, 1), `ERASE_COLUMNS` for each rectangle.
    height, width: of the views, in pixels.
    area_min, area_max: the least and the greatest share of the view's area.

    Returns
    -------
    The first of ten attempts that fits into the view; where none does, a rectangle of no pixels.
    """
    areas = height * width * (area_min + (area_max - area_min) * numbers[:, :ATTEMPTS])
    low, high = np.log(RATIOS)
    ratios = np.exp(low + (high - low) * numbers[:, ATTEMPTS : 2 * ATTEMPTS])
    heights = np.rint(np.sqrt(areas * ratios)).astype(np.int64)
    widths = np.rint(np.sqrt(areas / ratios)).astype(np.int64)
    fits = (heights < height) & (widths < width)
    first, found = fits.argmax(axis=1)[:, None], fits.any(axis=1)
    chosen = [np.where(found, np.take_along_axis(sides, first, axis=1)[:, 0], 0) for sides in (heights, widths)]
    top = np.floor(numbers[:, -2] * (height - chosen[0] + 1)).astype(np.int64)
    left = np.floor(numbers[:, -1] * (width - chosen[1] + 1)).astype(np.int64)
    return Windows(top, left, chosen[0], chosen[1])


def erase(images: Float[Tensor, "n c h w"], windows: Windows, value: float) -> Float[Tensor, "n c h w"]:
    """Paint a rectangle of each image over with `value`."""
    rows = _inside(windows.top, windows.height, images.shape[2], images.device)
    columns = _inside(windows.left, windows.width, images.shape[3], images.device)
    return images.masked_fill(rows[:, None, :, None] & columns[:, None, None, :], value)


def _inside(
    start: Int64[np.ndarray, " n"], length: Int64[np.ndarray, " n"], size: int, device: torch.device
) -> Bool[Tensor, "n size"]:
    position = np.arange(size)
    return torch.from_numpy((position >= start[:, None]) & (position < (start + length)[:, None])).to(device)
