"""The random numbers of a batch of images, made on the CPU so that they are the same on every device."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Float32, Float64, Int64
from scipy.special import ndtri
from torch import Tensor

from sempairs.core.seeds import seed_of, uniforms


@dataclass(frozen=True)
class Chance:
    """Draws for n images, each a function of the corruption, the seed and the image's own number.

    Parameters
    ----------
    corruption: its name; two corruptions of an image draw other numbers.
    seed: names the draws.
    numbers: of the images.
    """

    corruption: str
    seed: int
    numbers: Int64[np.ndarray, " n"]

    def uniform(self, what: str, *shape: int) -> Float64[np.ndarray, "..."]:
        """Uniform numbers in [0, 1), as [n, *shape]; others for other `what`."""
        seed = seed_of("corruption", self.corruption, what, self.seed)
        return uniforms(seed, self.numbers, int(np.prod(shape))).reshape(-1, *shape)

    def normal(self, what: str, *shape: int) -> Float64[np.ndarray, "..."]:
        """Standard normal numbers, as [n, *shape]."""
        return np.asarray(ndtri(np.maximum(self.uniform(what, *shape), 2.0**-54)))  # 0 has no finite quantile


def on_device(values: Float[np.ndarray, "..."], images: Float[Tensor, "n c h w"]) -> Float32[Tensor, "..."]:
    """Numbers as a tensor beside the images."""
    return torch.from_numpy(values.astype(np.float32)).to(images.device)
