"""Brightness, contrast, saturation, hue and greyscale of a batch of images, with a factor for each image.

Source: torchvision's `adjust_*` and `rgb_to_grayscale` on float images, clamping to [0, 1] after each adjustment;
hue by the closed form of HSV to RGB (Smith, Color gamut transform pairs, SIGGRAPH 1978). Images with one channel have
no saturation and no hue: these adjustments leave them alone, as torchvision does.
Departure: torchvision rounds uint8 images to whole numbers after each step; here nothing is rounded.
Numbers: only operations that give the same bits in every batch; no fused multiply-add, no split sums.
"""

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

GREY = (0.2989, 0.587, 0.114)


def greyscale(images: Float[Tensor, "n c h w"]) -> Float[Tensor, "n 1 h w"]:
    """The luma of ITU-R BT.601 of each pixel; an image with one channel is its own."""
    if images.shape[1] == 1:
        return images
    red, green, blue = (images[:, i] * weight for i, weight in enumerate(GREY))
    return red.add_(green).add_(blue).unsqueeze(1)


def adjust_brightness(images: Float[Tensor, "n c h w"], factors: Float[Tensor, "n 1 1 1"]) -> Float[Tensor, "n c h w"]:
    """0 is black, 1 the image itself."""
    return (images * factors).clamp_(0, 1)


def adjust_contrast(images: Float[Tensor, "n c h w"], factors: Float[Tensor, "n 1 1 1"]) -> Float[Tensor, "n c h w"]:
    """0 is the image's mean grey everywhere, 1 the image itself."""
    grey = greyscale(images)
    # Line by line, then the lines: one sum over a lone image would be split among threads.
    mean = grey.sum(dim=3, keepdim=True).sum(dim=2, keepdim=True).div_(grey[0].numel())
    return _blend(images, mean, factors)


def adjust_saturation(images: Float[Tensor, "n 3 h w"], factors: Float[Tensor, "n 1 1 1"]) -> Float[Tensor, "n 3 h w"]:
    """0 is greyscale, 1 the image itself."""
    return _blend(images, greyscale(images), factors)


def adjust_hue(images: Float[Tensor, "n 3 h w"], turns: Float[Tensor, "n 1 1 1"]) -> Float[Tensor, "n 3 h w"]:
    """Turn the colour wheel, keeping value and saturation; 1 is a full turn.

    With V the greatest channel, C the span of the channels and H in sixths of a turn, channel c of the result is
    V - C x clamp(2 - |(H + o_c mod 6) - 2|, 0, 1) with offsets o of 5, 3, 1.
    """
    red, green, blue = images.unbind(1)
    value = torch.maximum(torch.maximum(red, green), blue)
    chroma = value - torch.minimum(torch.minimum(red, green), blue)
    is_red, is_green = value == red, value == green
    ahead = torch.where(is_red, green - blue, torch.where(is_green, blue - red, red - green))
    start = torch.where(is_red, 0.0, torch.where(is_green, 2.0, 4.0))
    turn = ahead.div_(torch.where(chroma == 0, 1.0, chroma)).add_(start).div_(6).unsqueeze(1).add_(turns)
    turn = turn + torch.tensor((5, 3, 1), device=images.device).view(3, 1, 1) / 6
    ramp = turn.sub_(turn.floor()).mul_(6).sub_(2).abs_().neg_().add_(2).clamp_(0, 1)
    return ramp.mul_(chroma.unsqueeze(1)).neg_().add_(value.unsqueeze(1))


def _blend(
    images: Float[Tensor, "n c h w"], others: Float[Tensor, "n #c #h #w"], factors: Float[Tensor, "n 1 1 1"]
) -> Float[Tensor, "n c h w"]:
    return (images * factors).add_(others * (1 - factors)).clamp_(0, 1)


ADJUSTMENTS = (adjust_brightness, adjust_contrast, adjust_saturation, adjust_hue)


def jitter_(
    images: Float[Tensor, "n c h w"],
    chosen: Bool[np.ndarray, " n"],
    factors: Float[np.ndarray, "n 4"],
    order: Int64[np.ndarray, "n 4"],
) -> None:
    """Adjust the chosen images in place, each by its own factors and in its own order.

    Parameters
    ----------
    factors: of brightness, contrast and saturation, and the turn of the hue, in the order of `ADJUSTMENTS`.
    order: row i lists the numbers 0 to 3 of `ADJUSTMENTS` in the order in which image i undergoes them.
    """
    on_device = torch.from_numpy(factors).to(images.device, torch.float32)
    adjustments = ADJUSTMENTS[:2] if images.shape[1] == 1 else ADJUSTMENTS
    for place in range(len(ADJUSTMENTS)):
        for number, adjust in enumerate(adjustments):
            rows = torch.from_numpy(np.flatnonzero(chosen & (order[:, place] == number))).to(images.device)
            if len(rows):
                factor = on_device[rows, number].view(-1, 1, 1, 1)
                images.index_copy_(0, rows, adjust(images.index_select(0, rows), factor))


def greyscale_(images: Float[Tensor, "n c h w"], chosen: Bool[np.ndarray, " n"]) -> None:
    """Make the chosen images grey in place; they keep their channels."""
    if images.shape[1] == 3 and chosen.any():
        rows = torch.from_numpy(np.flatnonzero(chosen)).to(images.device)
        grey = greyscale(images.index_select(0, rows))
        images.index_copy_(0, rows, grey.expand(-1, 3, -1, -1))
