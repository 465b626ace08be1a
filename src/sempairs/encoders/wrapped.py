"""Any torch module as an encoder: for networks that come from elsewhere and are to be scored here."""

from jaxtyping import Float
from torch import Tensor, nn

from sempairs.core.errors import UserError
from sempairs.encoders.base import Encoder


class Wrapped(Encoder):
    """A module that turns normalised images into one feature vector each.

    Parameters
    ----------
    module: called with `[n, c, h, w]`; gives `[n, d]`.
    dim: d, the length of a feature vector.
    mean, std: what images in [0, 1] are normalised with, one number for each channel.
    """

    def __init__(self, module: nn.Module, dim: int, mean: tuple[float, ...], std: tuple[float, ...]) -> None:
        super().__init__(dim, mean, std)
        self.module = module

    def features(self, images: Float[Tensor, "n c h w"]) -> Float[Tensor, "n d"]:
        """Features of normalised images. Raises UserError if the module gives something else than `[n, dim]`."""
        features = self.module(images)
        shape = tuple(getattr(features, "shape", ()))
        if shape != (len(images), self.dim):
            raise UserError(
                f"the module should give {len(images)} feature vectors of {self.dim} numbers",
                got=shape or type(features).__name__,
                todo="wrap the part of the network before its head, pooled and flattened, and give its width as dim",
            )
        return features  # type: ignore[no-any-return]
