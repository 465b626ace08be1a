"""Brightness, contrast, saturation, hue and greyscale of a batch of images, with a factor for each image.

Source: torchvision's `adjust_*` and `rgb_to_grayscale` on float images, clamping to [0, 1] after each adjustment; hue
by the closed form of HSV to RGB (Smith, Color gamut transform pairs, SIGGRAPH 1978). Images with one channel have no
saturation and no hue: these adjustments leave them alone, as torchvision does.
Departure: torchvision rounds uint8 images to whole numbers after each step; here nothing is rounded.
Numbers: only operations that give a row the same bits in every batch: no fused multiply-add, no split sums.
"""

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from sempairs.views.grouping import Grouped, Operation, keep

GREY = (0.2989, 0.587, 0.114)


def greyscale(images: Float[Tensor, "n c h w"]) -> Float[Tensor, "n 1 h w"]:
    """The luma of each pixel (ITU-R BT.601); an image with one channel is its own."""
    if images.shape[1] == 1:
        return images
    red, green, blue = (images[:, channel] * weight for channel, weight in enumerate(GREY))
    return red.add_(green).add_(blue).unsqueeze(1)


def adjust_brightness(images: Float[Tensor, "n c h w"], factors: Float[Tensor, "n 1 1 1"]) -> Float[Tensor, "n c h w"]:
    """Factor 0 gives black, 1 the image itself."""
    return (images * factors).clamp_(0, 1)


def adjust_contrast(images: Float[Tensor, "n c h w"], factors: Float[Tensor, "n 1 1 1"]) -> Float[Tensor, "n c h w"]:
    """Factor 0 gives the image's mean grey everywhere, 1 the image itself."""
    grey = greyscale(images)
    # Line by line, then the lines: one sum over a lone image would be split among threads.
    mean = grey.sum(dim=3, keepdim=True).sum(dim=2, keepdim=True).div_(grey[0].numel())
    return _blend(images, mean, factors)


def adjust_saturation(images: Float[Tensor, "n 3 h w"], factors: Float[Tensor, "n 1 1 1"]) -> Float[Tensor, "n 3 h w"]:
    """Factor 0 gives greyscale, 1 the image itself."""
    return _blend(images, greyscale(images), factors)


def adjust_hue(images: Float[Tensor, "n 3 h w"], turns: Float[Tensor, "n 1 1 1"]) -> Float[Tensor, "n 3 h w"]:
    """Turn the colour wheel, keeping value and saturation; the turns are in [-.5, .5], 1 being a full turn.

    With value V the greatest channel, chroma C the span of the channels and hue H in turns, the new channel is
    V - C clamp(2 - |6 frac(H + o) - 2|, 0, 1), where o is 5/6 for red, 3/6 for green and 1/6 for blue.
    """
    red, green, blue = images.unbind(1)
    value = torch.maximum(torch.maximum(red, green), blue)
    chroma = value - torch.minimum(torch.minimum(red, green), blue)

    # H = (g-b)/6C where red is the greatest, 1/3 + (b-r)/6C for green, 2/3 + (r-g)/6C for blue. The cases are told
    # apart by factors of 0 and 1, because `torch.where` takes 25 times as long as a product.
    not_red, not_green = (value - red).sign_(), (value - green).sign_()
    by_red, by_green, by_blue = green - blue, blue - red, red - green
    ahead = by_blue.sub_(by_green).mul_(not_green).add_(by_green).sub_(by_red).mul_(not_red).add_(by_red)
    start = not_green.add_(1).mul_(not_red).div_(3)
    hue = ahead.div_((chroma * 6).clamp_(min=torch.finfo(torch.float32).tiny)).add_(start).unsqueeze(1).add_(turns)

    # Whole turns added to the offsets make the sum positive, as `frac` needs.
    offsets = torch.tensor((5, 3, 1), device=images.device).view(3, 1, 1) / 6 + 1
    ramp = (hue + offsets).frac_().mul_(6).sub_(2).abs_().clamp_(1, 2).sub_(2)
    return ramp.mul_(chroma.unsqueeze(1)).add_(value.unsqueeze(1))


def _blend(
    images: Float[Tensor, "n c h w"], others: Float[Tensor, "n #c #h #w"], factors: Float[Tensor, "n 1 1 1"]
) -> Float[Tensor, "n c h w"]:
    return (images * factors).add_(others * (1 - factors)).clamp_(0, 1)


ADJUSTMENTS = (adjust_brightness, adjust_contrast, adjust_saturation, adjust_hue)


def random_jitter(
    batch: Grouped, chosen: Bool[np.ndarray, " n"], factors: Float[np.ndarray, "n 4"], order: Int64[np.ndarray, "n 4"]
) -> Grouped:
    """Adjust the chosen samples, each by its own factors and in its own order.

    Parameters
    ----------
    factors: of brightness, contrast and saturation, and the turn of the hue: the order of `ADJUSTMENTS`.
    order: row i lists the numbers 0 to 3 of `ADJUSTMENTS` in the order in which sample i undergoes them.
    """
    on_device = torch.from_numpy(factors).to(batch.images.device, torch.float32)

    def operation(number: int) -> Operation:
        adjust = ADJUSTMENTS[number]
        return lambda images, samples: adjust(images, on_device[samples, number].view(-1, 1, 1, 1))

    applicable = 2 if batch.images.shape[1] == 1 else 4
    operations = [operation(number) if number < applicable else keep for number in range(4)]
    for place in range(4):
        batch = batch.apply(np.where(chosen, order[:, place], 4), [*operations, keep])
    return batch


def random_greyscale(batch: Grouped, chosen: Bool[np.ndarray, " n"]) -> Grouped:
    """Make the chosen samples grey; they keep their channels."""
    if batch.images.shape[1] == 1:
        return batch
    return batch.apply(chosen.astype(np.int64), [keep, lambda images, _: greyscale(images).expand_as(images)])
