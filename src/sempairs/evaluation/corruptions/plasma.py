"""Plasma fractals: clouds of all sizes, whose ends meet."""

import torch
from jaxtyping import Float
from torch import Tensor

from sempairs.evaluation.corruptions.chance import Chance, on_device


def plasma(images: Float[Tensor, "n c h w"], chance: Chance, what: str, decay: float) -> Float[Tensor, "n 1 h w"]:
    """Heights from 0 to 1 by the diamond-square algorithm, cut to the size of the images.

    The map is a square of the next power of two. From grid to grid of half the spacing, the centre of each square and
    then of each diamond gets the mean of its four corners, and a number uniform in ±wobble² with wobble 100 at first,
    divided by `decay` at each halving.

    **Source**: Fournier, Fussell, Carpenter, Computer rendering of stochastic models, Communications of the ACM 25,
    1982; the wobble is that of `plasma_fractal` in the code of Hendrycks, Dietterich, arXiv 1903.12261.
    """
    h, w = images.shape[2:]
    side = 1 << (max(h, w, 2) - 1).bit_length()
    wobbles = on_device(2 * chance.uniform(what, side, side) - 1, images)
    height, step, wobble = torch.zeros_like(wobbles), side, 100.0
    while step > 1:
        half = step // 2
        corners = height[:, ::step, ::step]
        beside = corners + corners.roll(-1, 2)
        beneath = corners + corners.roll(-1, 1)
        centres = (beside + beside.roll(-1, 1)) / 4 + wobble**2 * wobbles[:, half::step, half::step]
        above, left = centres + centres.roll(1, 1), centres + centres.roll(1, 2)
        height[:, half::step, half::step] = centres
        height[:, ::step, half::step] = (beside + above) / 4 + wobble**2 * wobbles[:, ::step, half::step]
        height[:, half::step, ::step] = (beneath + left) / 4 + wobble**2 * wobbles[:, half::step, ::step]
        step, wobble = half, wobble / decay
    height -= height.amin(dim=(1, 2), keepdim=True)
    height /= height.amax(dim=(1, 2), keepdim=True)
    return height[:, None, :h, :w]
