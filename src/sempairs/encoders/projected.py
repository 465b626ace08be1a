"""Encoders that are a fixed description of an image, centred and projected on its principal components.

**Source** Jolliffe, "Principal Component Analysis", 2nd edition, Springer 2002, chapter 1.
"""

from abc import abstractmethod

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Float64, UInt8
from torch import Tensor

from sempairs.core.errors import UserError
from sempairs.encoders.base import Encoder

BLOCK = 4096


class ProjectedEncoder(Encoder):
    """What `describe` says of an image, minus the average, on the principal components; not whitened.

    It must be fitted before use. The components are part of the saved state.

    Parameters
    ----------
    channels: channels of the images.
    dim: how many components.
    side: images are resized to `side` x `side` pixels (bilinear, antialiased).
    numbers: how many numbers a description has.
    """

    average: Tensor
    components: Tensor
    fitted_on: Tensor

    def __init__(self, channels: int, dim: int, side: int, numbers: int) -> None:
        super().__init__(dim=dim, mean=(0.0,) * channels, std=(1.0,) * channels)
        self.side = side
        self.register_buffer("average", torch.zeros(numbers))
        self.register_buffer("components", torch.zeros(dim, numbers))
        self.register_buffer("fitted_on", torch.tensor(0))

    @abstractmethod
    def describe(self, images: Float[Tensor, "n c s s"]) -> Float[Tensor, "n p"]:
        """The description of images of `side` x `side` pixels with values in [0, 1]."""

    def fit(self, images: UInt8[np.ndarray, "n h w c"]) -> None:
        """Find the components of these images.

        Raises
        ------
        UserError: there are fewer images, or fewer numbers in a description, than components.
        """
        if self.dim > min(len(images) - 1, self.average.numel()):
            raise UserError(
                f"{self.dim} principal components need more images than that and at least as many values",
                got=f"{len(images)} images of {self.average.numel()} values",
                todo="set a smaller dim",
            )
        starts = range(0, len(images), BLOCK)
        rows = [self._rows(_floats(images[start : start + BLOCK])).numpy() for start in starts]
        average, components = principal_components(np.concatenate(rows), self.dim)
        self.average.copy_(torch.from_numpy(average))
        self.components.copy_(torch.from_numpy(components))
        self.fitted_on.fill_(len(images))

    def features(self, images: Float[Tensor, "n c h w"]) -> Float[Tensor, "n d"]:
        """Features of images. Raises UserError before `fit`."""
        if not int(self.fitted_on):
            raise UserError("this encoder has not been fitted", todo="call encoder.fit(images) first")
        return (self._rows(images) - self.average) @ self.components.T

    def _rows(self, images: Float[Tensor, "n c h w"]) -> Float[Tensor, "n p"]:
        if tuple(images.shape[2:]) != (self.side, self.side):
            images = F.interpolate(images, size=(self.side, self.side), mode="bilinear", antialias=True)
        return self.describe(images)


def principal_components(
    rows: Float[np.ndarray, "n p"], dim: int
) -> tuple[Float64[np.ndarray, " p"], Float64[np.ndarray, "{dim} p"]]:
    """The mean of the rows and their first `dim` principal axes, unit length, by falling variance.

    They are eigenvectors of the float64 covariance. An axis has no sign of its own: its largest entry is made positive.
    """
    average = rows.mean(axis=0, dtype=np.float64)
    covariance = np.zeros((rows.shape[1],) * 2)
    for start in range(0, len(rows), BLOCK):
        centred = rows[start : start + BLOCK] - average
        covariance += centred.T @ centred
    _, axes = np.linalg.eigh(covariance)
    components = axes.T[::-1][:dim]
    largest = np.take_along_axis(components, np.abs(components).argmax(axis=1, keepdims=True), axis=1)
    return average, components * np.sign(largest)


def _floats(images: UInt8[np.ndarray, "n h w c"]) -> Float[Tensor, "n c h w"]:
    return torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255
