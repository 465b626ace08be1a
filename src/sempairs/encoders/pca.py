"""Principal components of the pixels: the simplest encoder without labels, and a good miner on centred images.

**Source** Jolliffe, "Principal Component Analysis", 2nd edition, Springer 2002, chapter 1. It knows no invariance at
all, so it serves where objects are centred and alike in scale (clothes on white, digits), and little elsewhere.
"""

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Float64, UInt8
from torch import Tensor

from sempairs.core.errors import UserError
from sempairs.encoders.base import Encoder

BLOCK = 4096


class PCAEncoder(Encoder):
    """Centred pixels projected on their principal components, not whitened.

    It must be fitted before use. The components are part of the saved state.

    Parameters
    ----------
    channels: channels of the images.
    dim: how many components.
    side: images are resized to `side` x `side` pixels (bilinear, antialiased).
    """

    average: Tensor
    components: Tensor
    fitted_on: Tensor

    def __init__(self, channels: int, *, dim: int = 64, side: int = 28) -> None:
        super().__init__(dim=dim, mean=(0.0,) * channels, std=(1.0,) * channels)
        self.side = side
        pixels = channels * side * side
        self.register_buffer("average", torch.zeros(pixels))
        self.register_buffer("components", torch.zeros(dim, pixels))
        self.register_buffer("fitted_on", torch.tensor(0))

    def fit(self, images: UInt8[np.ndarray, "n h w c"]) -> None:
        """Find the components of these images. Raises UserError if there are fewer images or pixels than components."""
        if self.dim > min(len(images) - 1, self.average.numel()):
            raise UserError(
                f"{self.dim} principal components need more images than that and at least as many pixels",
                got=f"{len(images)} images of {self.average.numel()} values",
                todo="set a smaller dim",
            )
        starts = range(0, len(images), BLOCK)
        pixels = [self._pixels(_floats(images[start : start + BLOCK])).numpy() for start in starts]
        average, components = principal_components(np.concatenate(pixels), self.dim)
        self.average.copy_(torch.from_numpy(average))
        self.components.copy_(torch.from_numpy(components))
        self.fitted_on.fill_(len(images))

    def features(self, images: Float[Tensor, "n c h w"]) -> Float[Tensor, "n d"]:
        """Features of images. Raises UserError before `fit`."""
        if not int(self.fitted_on):
            raise UserError("this PCA encoder has not been fitted", todo="call encoder.fit(images) first")
        return (self._pixels(images) - self.average) @ self.components.T

    def _pixels(self, images: Float[Tensor, "n c h w"]) -> Float[Tensor, "n p"]:
        if tuple(images.shape[2:]) != (self.side, self.side):
            images = F.interpolate(images, size=(self.side, self.side), mode="bilinear", antialias=True)
        return images.flatten(start_dim=1)


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
