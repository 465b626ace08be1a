"""What a view is drawn from: uniform numbers in, the parameters of crops, colours and blurs out.

Source: the distributions of torchvision's `RandomResizedCrop.get_params` and `ColorJitter`, with which SimCLR (Chen,
Kornblith, Norouzi, Hinton, arXiv 2002.05709, appendix A) agrees.
Departure: each sample draws all ten attempts of a crop at once and keeps the first that fits.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int64

from sempairs.core.errors import UserError

ATTEMPTS = 10
RATIOS = (3 / 4, 4 / 3)
CROP_COLUMNS = 2 * ATTEMPTS + 2
JITTER_COLUMNS = 8
SIGMAS = (0.1, 2.0)


@dataclass(frozen=True, eq=False)
class Windows:
    """The part of each frame that a view shows, in pixels."""

    top: Int64[np.ndarray, " n"]
    left: Int64[np.ndarray, " n"]
    height: Int64[np.ndarray, " n"]
    width: Int64[np.ndarray, " n"]


def whole_frames(n: int, height: int, width: int) -> Windows:
    """Windows that show everything."""
    zeros = np.zeros(n, dtype=np.int64)
    return Windows(zeros, zeros, zeros + height, zeros + width)


def crop_windows(
    numbers: Float[np.ndarray, "n 22"], height: int, width: int, area_min: float, area_max: float = 1.0
) -> Windows:
    """Random crops as in Inception: area uniform, aspect ratio log-uniform, position uniform.

    Parameters
    ----------
    numbers: uniform in [0, 1), `CROP_COLUMNS` for each crop.
    height, width: of the frames, in pixels.
    area_min, area_max: the least and the greatest share of the frame's area.

    Returns
    -------
    The first of ten attempts that fits into the frame, else the central crop whose ratio is nearest to the frame's.
    """
    areas = height * width * (area_min + (area_max - area_min) * numbers[:, :ATTEMPTS])
    low, high = np.log(RATIOS)
    ratios = np.exp(low + (high - low) * numbers[:, ATTEMPTS : 2 * ATTEMPTS])
    widths = np.rint(np.sqrt(areas * ratios)).astype(np.int64)
    heights = np.rint(np.sqrt(areas / ratios)).astype(np.int64)

    fits = (widths > 0) & (widths <= width) & (heights > 0) & (heights <= height)
    first = fits.argmax(axis=1)[:, None]
    found = fits.any(axis=1)
    central_height, central_width = _central_crop(height, width)
    crop_height = np.where(found, np.take_along_axis(heights, first, axis=1)[:, 0], central_height)
    crop_width = np.where(found, np.take_along_axis(widths, first, axis=1)[:, 0], central_width)

    room_above, room_left = height - crop_height, width - crop_width
    top = np.floor(numbers[:, -2] * (room_above + 1)).astype(np.int64)
    left = np.floor(numbers[:, -1] * (room_left + 1)).astype(np.int64)
    return Windows(
        np.where(found, top, room_above // 2), np.where(found, left, room_left // 2), crop_height, crop_width
    )


def _central_crop(height: int, width: int) -> tuple[int, int]:
    low, high = RATIOS
    if width / height < low:
        return round(width / low), width
    if width / height > high:
        return height, round(height * high)
    return height, width


def jitter_factors(
    numbers: Float[np.ndarray, "n 4"], spans: tuple[float, float, float, float]
) -> Float[np.ndarray, "n 4"]:
    """Factors of brightness, contrast and saturation (1 changes nothing) and the turn of the hue (0 changes nothing).

    Each is uniform within its span: a factor in [max(0, 1 - span), 1 + span], the turn in [-span, span].
    """
    low = np.array([*[max(0.0, 1 - span) for span in spans[:3]], -spans[3]])
    high = np.array([*[1 + span for span in spans[:3]], spans[3]])
    factors: Float[np.ndarray, "n 4"] = low + (high - low) * numbers
    return factors


def jitter_order(numbers: Float[np.ndarray, "n 4"]) -> Int64[np.ndarray, "n 4"]:
    """A uniformly random order of the four adjustments: `order[i, p]` is the one that sample i undergoes p-th."""
    return np.argsort(numbers, axis=1, kind="stable")


def blur_sigmas(numbers: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """Standard deviations of the Gaussian blur, uniform in [.1, 2] pixels."""
    low, high = SIGMAS
    return low + (high - low) * numbers


def check_between(name: str, value: float, low: float, high: float) -> None:
    """Raise UserError unless `low <= value <= high`."""
    if not low <= value <= high:
        raise UserError(f"the view option {name} must be between {low} and {high}", got=value)


def check_shares(low: str, least: float, high: str, most: float) -> None:
    """Raise UserError unless the options called `low` and `high` are a least and a greatest share of an area."""
    if not 0 < least <= most <= 1:
        raise UserError(
            f"the view options {low} and {high} must be shares, {low} above 0 and at most {high}",
            got=f"{least} and {most}",
        )


def check_colours(jitter: float, jitter_p: float, grey_p: float, blur_p: float) -> None:
    """Raise UserError unless SimCLR's options of these names are a strength from 0 to 2.5 and probabilities."""
    check_between("jitter", jitter, 0.0, 2.5)
    for name, p in (("jitter_p", jitter_p), ("grey_p", grey_p), ("blur_p", blur_p)):
        check_between(name, p, 0.0, 1.0)


def check_size(size: int | None) -> None:
    """Raise UserError unless `size` is None or a number of pixels."""
    if size is not None and size < 1:
        raise UserError("the view option size must be at least 1 pixel", got=size)


def check_crop(size: int | None, crop_min: float, flip: float) -> None:
    """Raise UserError if these options cannot describe a crop."""
    check_size(size)
    if not 0 < crop_min <= 1:
        raise UserError("the view option crop_min must be above 0 and at most 1", got=crop_min)
    check_between("flip", flip, 0.0, 1.0)
