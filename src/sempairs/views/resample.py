"""Crop, resize, flip and blur are one thing: each output line is a weighted sum of a few input lines, per axis.

`Taps` says which lines and weights; `separable` applies taps to the columns, then to the rows. Crop, resize and flip
together are one set of taps (`window_taps`), the Gaussian blur is another (`views.blur`).

Source: the antialiased triangle filter of Pillow and of torchvision's `resized_crop(antialias=True)`.
The weighted sum of lines is `embedding_bag`, which reads each line once from the cache; multiplying by full
interpolation matrices took 1.3 (32 x 32) to 5 (224 x 224) times as long.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int64, Real, UInt8
from torch import Tensor

from sempairs.views.sampling import Windows


@dataclass(frozen=True, eq=False)
class Taps:
    """Along one axis: output line o of sample i is the sum over k of `weight[i, o, k]` x input line `line[i, o, k]`."""

    line: Int64[Tensor, "n out k"]
    weight: Float[Tensor, "n out k"]


def window_taps(
    start: Int64[np.ndarray, " n"],
    length: Int64[np.ndarray, " n"],
    flip: Bool[np.ndarray, " n"],
    total: int,
    size: int,
    device: torch.device,
) -> Taps:
    """The taps that show a window of an axis in `size` pixels, by the antialiased triangle filter.

    Parameters
    ----------
    start, length: the window, in pixels of the frame.
    flip: whether to mirror it.
    total: the length of the frame's axis; decides how many taps there are, for all windows alike.
    size: the length of the view's axis. A window of the same length is copied exactly.
    """
    first, pixels, mirrored = (torch.from_numpy(values).to(device)[:, None] for values in (start, length, flip))
    position = torch.arange(size, device=device)
    position = torch.where(mirrored, size - 1 - position, position)
    scale = pixels / size
    centre = (position + 0.5) * scale
    reach = scale.clamp(min=1)  # enlarging interpolates between two pixels, shrinking averages over the scale

    # The taps lie outermost until the end: over two or so innermost, torch's arithmetic is slow.
    count = math.ceil(2 * max(1.0, total / size))
    line = (centre - reach + 0.5).floor() + torch.arange(count, device=device)[:, None, None]
    weight = (line + 0.5 - centre).abs_().div_(reach).neg_().add_(1).clamp_(min=0)
    inside = torch.minimum(line.clamp(min=0), pixels - 1)
    weight = weight.masked_fill_(line != inside, 0)
    weight /= sum(weight.unbind())  # tap by tap: torch's sum takes them in an order that depends on the batch
    return Taps((inside + first).long().permute(1, 2, 0), weight.permute(1, 2, 0))


def separable(images: Real[Tensor, "n c h w"], rows: Taps, columns: Taps) -> Float[Tensor, "n c s t"]:
    """Apply `columns` along the width, then `rows` along the height. In memory the result lies as n, s, c, t."""
    # As floats first: bytes are slow to transpose.
    by_column = images.float().permute(0, 3, 1, 2).contiguous()
    by_row = _sum_lines(by_column, columns).permute(0, 3, 2, 1).contiguous()
    return _sum_lines(by_row, rows).permute(0, 2, 1, 3)


def _sum_lines(lines: Float[Tensor, "n in a b"], taps: Taps) -> Float[Tensor, "n out a b"]:
    n, total, a, b = lines.shape
    size, count = taps.line.shape[1:]
    of_sample = torch.arange(0, n * total, total, device=lines.device)[:, None, None]
    summed = F.embedding_bag(
        (taps.line + of_sample).reshape(-1, count),
        lines.reshape(n * total, a * b),
        per_sample_weights=taps.weight.reshape(-1, count),
        mode="sum",
    )
    return summed.view(n, size, a, b)


def show_windows(
    frames: UInt8[Tensor, "n h w c"], windows: Windows, flip: Bool[np.ndarray, " n"], height: int, width: int
) -> Float[Tensor, "n c s t"]:
    """The windows of uint8 frames as float images in [0, 1], mirrored left to right where `flip` is true.

    Parameters
    ----------
    height, width: of the result, in pixels.
    """
    upright = np.zeros_like(flip)
    rows = window_taps(windows.top, windows.height, upright, frames.shape[1], height, frames.device)
    columns = window_taps(windows.left, windows.width, flip, frames.shape[2], width, frames.device)
    # Weights add up to 1 only up to rounding, so that a white area could come out a shade above white.
    views = separable(frames.permute(0, 3, 1, 2), rows, columns).clamp_(max=255)
    return torch.div(views, 255, out=torch.empty(views.shape, device=views.device))
