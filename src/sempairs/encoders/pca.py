"""Principal components of the pixels: the simplest encoder without labels, and a good miner on centred images.

It knows no invariance at all, so it serves where objects are centred and alike in scale (clothes on white, digits), and
little elsewhere.
"""

from jaxtyping import Float
from torch import Tensor

from sempairs.encoders.projected import ProjectedEncoder


class PCAEncoder(ProjectedEncoder):
    """Centred pixels projected on their principal components, not whitened.

    Parameters
    ----------
    channels: channels of the images.
    dim: how many components.
    side: images are resized to `side` x `side` pixels (bilinear, antialiased).
    """

    def __init__(self, channels: int, *, dim: int = 64, side: int = 28) -> None:
        super().__init__(channels, dim, side, channels * side * side)

    def describe(self, images: Float[Tensor, "n c s s"]) -> Float[Tensor, "n p"]:
        """The pixels."""
        return images.flatten(start_dim=1)
