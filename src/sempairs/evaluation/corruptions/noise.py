"""Noise: Gaussian, shot and impulse noise, drawn for each value of each channel.

**Source**: Hendrycks, Dietterich, arXiv 1903.12261: `gaussian_noise`, `shot_noise`, `impulse_noise` of the authors'
code, the last through scikit-image's `random_noise(mode="s&p")`.
"""

import numpy as np
import torch
from jaxtyping import Float, Float64, Int64, UInt8
from scipy.special import pdtr
from torch import Tensor

from sempairs.evaluation.corruptions.chance import Chance, on_device


def gaussian_noise(images: Float[Tensor, "n c h w"], chance: Chance, deviation: float) -> Float[Tensor, "n c h w"]:
    """Each value x becomes x + `deviation` e, with e standard normal."""
    return images + deviation * on_device(chance.normal("noise", *images.shape[1:]), images)


def shot_noise(images: Float[Tensor, "n c h w"], chance: Chance, photons: float) -> Float[Tensor, "n c h w"]:
    """Each value x, read as a byte, becomes a Poisson number of mean `photons` x, divided by `photons`."""
    levels = (images * 255).round().to(torch.uint8).cpu().numpy()
    counts = poisson(levels, photons / 255, chance.uniform("noise", *images.shape[1:]))
    return on_device(counts / photons, images)


def impulse_noise(images: Float[Tensor, "n c h w"], chance: Chance, share: float) -> Float[Tensor, "n c h w"]:
    """This share of the values becomes 0 or 1, either equally often."""
    drawn = on_device(chance.uniform("noise", *images.shape[1:]), images)
    extreme = (drawn < share / 2).to(images.dtype)
    return torch.where(drawn < share, extreme, images)


def poisson(
    levels: UInt8[np.ndarray, "*shape"], mean: float, uniform: Float64[np.ndarray, "*shape"]
) -> Int64[np.ndarray, "*shape"]:
    """Poisson numbers of mean `mean` times the level, each by inverting its distribution function at a uniform number.

    All 256 distribution functions stand in one sorted line, that of level v raised by v, so that one search finds all.
    """
    largest = 255 * mean
    counts = np.arange(int(largest + 10 * np.sqrt(largest) + 20))  # beyond them there is less than 1e-16
    functions = pdtr(counts[None, :], mean * np.arange(256)[:, None])
    line = (np.minimum(functions, 1) + np.arange(256)[:, None]).ravel()
    places = np.searchsorted(line, levels + uniform, side="right") - levels.astype(np.int64) * len(counts)
    return np.asarray(np.minimum(places, len(counts) - 1))
