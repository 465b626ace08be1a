"""VICReg: views agree, every dimension varies by at least 1 over the batch, and no two dimensions vary together.

**Source** Bardes, Ponce, LeCun, "VICReg: Variance-Invariance-Covariance Regularization for Self-Supervised Learning",
ICLR 2022, arXiv 2105.04906, equations 1 to 6.
**Departure** Default widths are for small encoders (the paper's: 8192 thrice). Invariance is a mean over n and e, and
variance the mean of the two views, as in the authors' code, for which the weights 25, 25, 1 were found: equations 5
and 6 as printed sum invariance over e and variance over the views. solo-learn sums variance over the views too, which
is a weight of 50.
**Shapes** n pairs, e embedding.
"""

from typing import ClassVar

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from sempairs.encoders.base import Encoder
from sempairs.methods.base import SOLO_LEARN, Method, Training
from sempairs.nn.heads import mlp
from sempairs.nn.known import Known
from sempairs.nn.whitening import covariance

EPSILON = 1e-4  # equation 2: keeps the gradient of the standard deviation finite where nothing varies


def variance_hinge(z: Float[Tensor, "n e"]) -> Float[Tensor, ""]:
    """By how much the standard deviations fall short of 1, mean over e (equations 1 and 2): 0.99 if z is constant."""
    return F.relu(1.0 - (z.var(dim=0) + EPSILON).sqrt()).mean()


def off_diagonal(z: Float[Tensor, "n e"]) -> Float[Tensor, ""]:
    """The squared covariances of different dimensions, summed and divided by e (equations 3 and 4): 0 if constant."""
    between = covariance(z)
    return (between.square().sum() - between.diagonal().square().sum()) / z.shape[1]


class VICReg(Method):
    """Views agree, every dimension varies by at least 1 over the batch, and no two dimensions vary together.

    Parameters
    ----------
    encoder: what is trained.
    invariance, variance, covariance: weights of the three terms (the paper's lambda, mu and nu).
    hidden: width of the projection head's two hidden layers.
    embedding: width of the embedding; the paper's results grow with it.
    """

    contrastive: ClassVar[bool] = False
    recipe: ClassVar[Training] = {**SOLO_LEARN, "lr": 0.3, "weight_decay": 1e-4}

    def __init__(
        self,
        encoder: Encoder,
        *,
        invariance: float = 25.0,
        variance: float = 25.0,
        covariance: float = 1.0,
        hidden: int = 512,
        embedding: int = 512,
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.projector = mlp(encoder.dim, hidden, hidden, embedding, hidden_norm=True, final_bias=False)
        self.invariance, self.variance, self.covariance = invariance, variance, covariance

    def forward(self, *views: Float[Tensor, "n c h w"]) -> tuple[Float[Tensor, "n e"], ...]:
        """The embeddings of both views; each passes alone, so batch norm sees it alone."""
        return tuple(self.projector(self.encoder(view)) for view in views)

    def loss(self, *out: Float[Tensor, "n e"], known: Known) -> dict[str, Float[Tensor, ""]]:
        """The three weighted terms of equation 6; all are 0 for whitened equal embeddings."""
        z1, z2 = out
        return {
            "invariance": self.invariance * F.mse_loss(z1, z2),
            "variance": self.variance * (variance_hinge(z1) + variance_hinge(z2)) / 2,
            "covariance": self.covariance * (off_diagonal(z1) + off_diagonal(z2)),
        }
