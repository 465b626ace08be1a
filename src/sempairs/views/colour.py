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
    """Factor 0 gives black, 1 the image itself. In place, as all adjustments."""
    return images.mul_(factors).clamp_(0, 1)


def adjust_contrast(images: Float[Tensor, "n c h w"], factors: Float[Tensor, "n 1 1 1"]) -> Float[Tensor, "n c h w"]:
    """Factor 0 gives the image's mean grey everywhere, 1 the image itself."""
    # The grey of the mean colour. Line by line, then the lines: one sum over a lone image would be split among threads.
    mean = images.sum(dim=3, keepdim=True).sum(dim=2, keepdim=True).div_(images[0, 0].numel())
    return _blend(images, greyscale(mean), factors)


def adjust_saturation(images: Float[Tensor, "n 3 h w"], factors: Float[Tensor, "n 1 1 1"]) -> Float[Tensor, "n 3 h w"]:
    """Factor 0 gives greyscale, 1 the image itself."""
    return _blend(images, greyscale(images), factors)


def adjust_hue(images: Float[Tensor, "n 3 h w"], turns: Float[Tensor, "n 1 1 1"]) -> Float[Tensor, "n 3 h w"]:
    """Turn the colour wheel, keeping value and saturation; the turns are in [-.5, .5], 1 being a full turn.

    With value V the greatest channel, M the least and chroma C = V - M, the hue is 1 + ((G - R) + (B - M)) / C sixths
    of a turn, backwards where B > G: one formula for the three of the definition. A channel is V within one sixth of
    its own hue (red 0, green 2, blue 4), M from two on, linear between: at s sixths (M - C) + C clamp(||s| - 3|, 1, 2).
    """
    red, green, blue = images.unbind(1)
    least, value = images.amin(1), images.amax(1)
    chroma = value - least
    sixth = (green - red).add_(blue - least).div_((chroma * 6).clamp_(min=torch.finfo(torch.float32).tiny)).add_(1 / 6)
    # A whole turn added makes the sum positive, as `frac` needs.
    sixth = sixth.copysign_(green - blue).unsqueeze(1).add_(turns + 1).frac_().mul_(6)
    own = torch.tensor((0.0, 2.0, 4.0), device=images.device).view(3, 1, 1)
    ramp = (sixth - own).abs_().sub_(3).abs_().clamp_(1, 2)
    return torch.add(ramp.mul_(chroma.unsqueeze(1)), least.sub_(chroma).unsqueeze(1), out=images)


def _blend(
    images: Float[Tensor, "n c h w"], others: Float[Tensor, "n #c #h #w"], factors: Float[Tensor, "n 1 1 1"]
) -> Float[Tensor, "n c h w"]:
    return images.mul_(factors).add_(others * (1 - factors)).clamp_(0, 1)


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
    applicable = 2 if batch.images.shape[1] == 1 else 4
    orders, which = np.unique(order[order < applicable].reshape(-1, applicable), axis=0, return_inverse=True)

    def adjust_in(order: Int64[np.ndarray, " _"]) -> Operation:
        def adjust(images: Float[Tensor, "m c h w"], samples: Int64[np.ndarray, " m"]) -> Float[Tensor, "m c h w"]:
            own = torch.from_numpy(factors[samples].astype(np.float32)).to(images.device)
            for number in order:
                images = ADJUSTMENTS[number](images, own[:, number].view(-1, 1, 1, 1))
            return images

        return adjust

    # Samples of one order undergo all adjustments while they are in the cache.
    return batch.apply(np.where(chosen, which, len(orders)), [*map(adjust_in, orders), keep])


def random_greyscale(batch: Grouped, chosen: Bool[np.ndarray, " n"]) -> Grouped:
    """Make the chosen samples grey; they keep their channels."""
    if batch.images.shape[1] == 1:
        return batch
    return batch.apply(chosen.astype(np.int64), [keep, lambda images, _: greyscale(images).expand_as(images)])
