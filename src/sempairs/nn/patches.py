"""Images as patches, and which of them are hidden: decided by the bits of the image, never by a random state."""

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor

from sempairs.core.seeds import seed_of, uniforms

ODD = 0x9E3779B97F4A7C15 - 2**64  # the golden ratio's odd 64-bit number, signed


def patches_of(images: Float[Tensor, "n c h w"], size: int) -> Float[Tensor, "n p q"]:
    """The pixels of each patch of `size` x `size`, row by row; q runs over row, column and channel."""
    n, c, h, w = images.shape
    grid = images.reshape(n, c, h // size, size, w // size, size)
    return grid.permute(0, 2, 4, 3, 5, 1).reshape(n, (h // size) * (w // size), size * size * c)


def normalised(patches: Float[Tensor, "n p q"]) -> Float[Tensor, "n p q"]:
    """Each patch with mean 0 and (unbiased) variance 1; a patch of one colour becomes 0."""
    variance, mean = torch.var_mean(patches, dim=2, keepdim=True)
    return (patches - mean) / (variance + 1e-6).sqrt()


def kept_and_hidden(
    images: Float[Tensor, "n c h w"], patches: int, keep: int
) -> tuple[Int64[Tensor, "n k"], Int64[Tensor, "n m"]]:
    """`keep` of `patches` positions drawn without replacement for each image, and the others, both ascending.

    The draw is a function of the image's bits alone: the same in any batch, on any process and after a resume. Views
    that are augmented anew each epoch get new draws; images that stay the same keep theirs.
    """
    numbers = uniforms(seed_of("hidden patches"), _digest(images).cpu().numpy(), patches)
    order = torch.from_numpy(np.argsort(numbers, axis=1, kind="stable")).to(images.device)
    return order[:, :keep].sort(1).values, order[:, keep:].sort(1).values


def _digest(images: Float[Tensor, "n c h w"]) -> Int64[Tensor, " n"]:
    """One number for each image: its float32 bits times odd numbers that depend on the place, modulo 2**64."""
    bits = images.detach().float().contiguous().view(torch.int32).long().flatten(1)
    places = (2 * torch.arange(bits.shape[1], device=bits.device) + 1) * ODD
    return (bits * places).sum(1)
