"""Solarize, posterize and equalize: each pixel's value becomes another by a curve.

Source: torchvision's `solarize`, `posterize` and `equalize` of float images, which follow Pillow's `ImageOps`; all are
exact. Our floats are never rounded to uint8. Equalizing alone counts the 256 levels of uint8, so that its result has
256 levels by definition.
"""

import torch
from jaxtyping import Float
from torch import Tensor

LEVELS = 256


def solarize(images: Float[Tensor, "n c h w"], threshold: float) -> Float[Tensor, "n c h w"]:
    """Values of at least `threshold` (0 to 1) are inverted."""
    solarized: Float[Tensor, "n c h w"] = torch.where(images >= threshold, 1 - images, images)
    return solarized


def posterize(images: Float[Tensor, "n c h w"], bits: int) -> Float[Tensor, "n c h w"]:
    """Values are rounded down to one of 2^`bits` levels; the highest is 1 - 2^-`bits`, for 1 itself as well."""
    levels = 1 << bits
    return (images * levels).floor_().clamp_(max=levels - 1).div_(levels)


def equalize(images: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h w"]:
    """In each channel of each image, level v becomes the share of pixels below v, in Pillow's whole numbers.

    With c(v) pixels below v of the N that are not at the highest level in use, and s = N // 255, the new level is
    (c(v) + s // 2) // s, at most 255. Where s is 0, so few pixels differ from the brightest, a channel stays as it is
    (torchvision rounds it to 256 levels).
    """
    level = (images * (LEVELS - 1e-3)).long().flatten(2)  # as torchvision's conversion of floats to uint8
    counts = torch.zeros(*level.shape[:2], LEVELS, dtype=torch.long, device=images.device)
    counts.scatter_add_(2, level, torch.ones_like(level))
    brightest = counts.gather(2, level.amax(dim=2, keepdim=True))
    step = (level.shape[2] - brightest).div_(LEVELS - 1, rounding_mode="floor")
    below = counts.cumsum(2) - counts
    curve = ((below + step // 2) // step.clamp(min=1)).clamp_(max=LEVELS - 1)
    equalized = curve.gather(2, level).view(images.shape).to(images.dtype).mul_(1 / (LEVELS - 1))
    return torch.where((step > 0)[..., None], equalized, images)
