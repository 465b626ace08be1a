"""Histograms of gradient orientations, and their principal components: edges where `pca` sees brightness.

**Source** Dalal, Triggs, "Histograms of Oriented Gradients for Human Detection", CVPR 2005.
**Departure** The square root of the counts, and one normalisation of the whole image in place of overlapping blocks.
"""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from sempairs.core.errors import UserError
from sempairs.encoders.projected import ProjectedEncoder


class GradientEncoder(ProjectedEncoder):
    """Orientations of gradients, counted in cells, projected on their principal components.

    Parameters
    ----------
    channels: channels of the images; gradients are those of their mean.
    dim: how many components.
    side: images are resized to `side` x `side` pixels (bilinear, antialiased).
    cell: side of a cell in pixels; it divides `side`.
    orientations: how many directions, without sign, are told apart.

    Raises
    ------
    UserError: cells that do not fill the image, or fewer than two orientations.
    """

    def __init__(self, channels: int, *, dim: int = 96, side: int = 28, cell: int = 4, orientations: int = 9) -> None:
        if cell < 1 or side % cell or orientations < 2:
            raise UserError(
                "gradients are counted in cells that fill the image, in 2 orientations or more",
                got=f"side {side}, cell {cell}, orientations {orientations}",
                todo="choose a cell that divides the side",
            )
        super().__init__(channels, dim, side, orientations * (side // cell) ** 2)
        self.cell, self.orientations = cell, orientations

    def describe(self, images: Float[Tensor, "n c s s"]) -> Float[Tensor, "n p"]:
        """The root of the counts of each cell and orientation, of length one for each image."""
        grey = images.mean(dim=1, keepdim=True)
        dx = F.pad(grey[..., :, 2:] - grey[..., :, :-2], (1, 1, 0, 0))
        dy = F.pad(grey[..., 2:, :] - grey[..., :-2, :], (0, 0, 1, 1))
        place = torch.atan2(dy, dx).remainder(math.pi) * (self.orientations / math.pi)
        # Each gradient is shared between the two nearest orientations, on a circle.
        apart = (place - torch.arange(self.orientations, device=place.device).view(1, -1, 1, 1)).abs()
        share = (1 - torch.minimum(apart, self.orientations - apart)).clamp_min(0)
        counts = F.avg_pool2d(torch.hypot(dx, dy) * share, self.cell)
        return F.normalize(counts.sqrt().flatten(start_dim=1), eps=1e-6)
