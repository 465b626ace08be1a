"""An encoder: images in [0, 1] to feature vectors. Any torch module with a `dim` can be one."""

from abc import abstractmethod

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from sempairs.core.errors import UserError


class Encoder(nn.Module):
    """Turns images into features.

    Parameters
    ----------
    dim: length of a feature vector.
    mean, std: what the images are normalised with, one number for each channel; the encoder owns this, so that
        training and evaluation cannot differ in it.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, dim: int, mean: tuple[float, ...], std: tuple[float, ...]) -> None:
        super().__init__()
        self.dim = dim
        self.register_buffer("mean", torch.tensor(mean).view(1, -1, 1, 1))
        self.register_buffer("std", torch.tensor(std).view(1, -1, 1, 1))

    def forward(self, images: Float[Tensor, "n c h w"]) -> Float[Tensor, "n d"]:
        """Features of images with values in [0, 1]."""
        return self.features((images - self.mean) / self.std)

    def fit(self, images: UInt8[np.ndarray, "n h w c"]) -> None:
        """Learn from images, without labels, what the encoder needs before its first use; most need nothing."""

    @abstractmethod
    def features(self, images: Float[Tensor, "n c h w"]) -> Float[Tensor, "n d"]:
        """Features of normalised images."""

    def maps(self, images: Float[Tensor, "n c h w"]) -> list[Float[Tensor, "n _c _h _w"]]:
        """What the stages make of normalised images before anything is averaged over space, the finest first.

        Raises
        ------
        UserError: this encoder has no such stages.
        """
        raise UserError(
            "this encoder has no feature maps",
            got=type(self).__name__,
            todo="take small-resnet, efficientnet-lite0, or a convolutional model of timm",
        )
