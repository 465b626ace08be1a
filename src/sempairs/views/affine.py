"""Crop, resize, flip, rotation and shear as one resample: a pixel of a view is a weighted sum of pixels of the frame.

A view is its crop's window, resized and perhaps mirrored, then sheared and turned about its own centre: torchvision's
`resized_crop`, `horizontal_flip` and `affine`, one after the other. Here the three maps are one map from the view to
the frame, and the frame is read once, with the crop's own antialiased triangle filter (`views.resample`). Beyond the
frame is black, with an edge one pixel of the view soft, as torchvision's without `fill`.
**Departure** from resampling twice: nothing is blurred twice, and what turns into the view from beyond the window is
the frame's own content where torchvision shows black. The filter lies along the axes of the frame, and shear adds no
averaging of its own. So of a whole frame in its own size this is torchvision's bilinear `affine`, and without angle and
shear its antialiased `resized_crop`, but at the window's border, where pixels beyond it count. Crops that no step turns
stay with `views.resample`, which is exact there and several times as fast.
"""

import math

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64, UInt8
from torch import Tensor

from sempairs.views.sampling import Windows


def turns(angles: Float[np.ndarray, " n"], shears: Float[np.ndarray, " n"]) -> Float[np.ndarray, "n 2 2"]:
    """Where a turned view's pixel lies in the view that is not turned, both from the centre, as (x, y).

    Parameters
    ----------
    angles: degrees, clockwise, as torchvision's `affine` (its `rotate` turns the other way).
    shears: degrees by which columns lean, their tops to the right, as the first of torchvision's `shear`.
    """
    cos, sin, slope = np.cos(np.radians(angles)), np.sin(np.radians(angles)), np.tan(np.radians(shears))
    # The inverse of R(angle) [[1, -slope], [0, 1]], whose determinant is 1.
    rows = [[cos - slope * sin, sin + slope * cos], [-sin, cos]]
    matrix: Float[np.ndarray, "n 2 2"] = np.array(rows).transpose(2, 0, 1)
    return matrix


def show_turned(
    frames: UInt8[Tensor, "n h w c"],
    windows: Windows,
    flip: Bool[np.ndarray, " n"],
    turn: Float[np.ndarray, "n 2 2"],
    height: int,
    width: int,
) -> Float[Tensor, "n c s t"]:
    """The windows of uint8 frames as float images in [0, 1], mirrored where `flip` is true, then turned by `turn`.

    Parameters
    ----------
    turn: of `turns`.
    height, width: of the result, in pixels.
    """
    n, rows, columns, channels = frames.shape
    scale_x, scale_y = windows.width / width, windows.height / height
    mirror = np.where(flip, -1.0, 1.0)
    # x = xx right + xy down + x0 in the frame for a pixel that lies `right` and `down` of the view's centre.
    numbers = [
        scale_x * mirror * turn[:, 0, 0], scale_x * mirror * turn[:, 0, 1], windows.left + windows.width / 2, scale_x,
        scale_y * turn[:, 1, 0], scale_y * turn[:, 1, 1], windows.top + windows.height / 2, scale_y,
    ]  # fmt: skip
    on_device = torch.from_numpy(np.stack(numbers)).to(frames.device, torch.float32)[:, :, None, None]
    xx, xy, x0, x_scale, yx, yy, y0, y_scale = on_device
    right = torch.arange(width, device=frames.device) + (0.5 - width / 2)
    down = (torch.arange(height, device=frames.device) + (0.5 - height / 2))[:, None]
    across = _taps(xx * right + xy * down + x0, x_scale, columns, width)
    along = _taps(yx * right + yy * down + y0, y_scale, rows, height)

    pixels = frames.permute(0, 3, 1, 2).reshape(n, channels, rows * columns).float()
    view = pixels.new_zeros(n, channels, height * width)
    # Tap by tap, for a tensor of all taps would have them innermost: over two or so, torch's arithmetic is slow.
    for row, by_row in along:
        for column, by_column in across:
            place = (row * columns + column).view(n, 1, -1).expand(-1, channels, -1)
            view += pixels.gather(2, place).mul_((by_row * by_column).view(n, 1, -1))
    # Weights add up to 1 only up to rounding, so that a white area could come out a shade above white.
    return view.view(n, channels, height, width).clamp_(max=255).div_(255)


def _taps(
    centre: Float[Tensor, "n s t"], scale: Float[Tensor, "n 1 1"], total: int, size: int
) -> list[tuple[Int64[Tensor, "n s t"], Float[Tensor, "n s t"]]]:
    """Lines of the frame around each centre; weights add up to how much of the view's pixel is in the frame."""
    reach = scale.clamp(min=1)  # enlarging interpolates between two pixels, shrinking averages over the scale
    count = math.ceil(2 * max(1.0, total / size))  # of the frame and the view alone, so alike in every batch
    nearest = (centre - reach + 0.5).floor().long()
    lines = [nearest + number for number in range(count)]
    weights = [
        (1 - (line + 0.5 - centre).abs() / reach).clamp(min=0).masked_fill_((line < 0) | (line >= total), 0)
        for line in lines
    ]
    inside = (torch.minimum(centre, total - centre) / scale + 0.5).clamp(0, 1)
    # Added one by one: a sum over a dimension may go in another order for another batch.
    inside = inside / sum(weights[1:], start=weights[0]).clamp(min=torch.finfo(torch.float32).tiny)
    return [(line.clamp(0, total - 1), weight * inside) for line, weight in zip(lines, weights, strict=True)]
