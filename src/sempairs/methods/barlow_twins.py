"""Barlow Twins: each dimension of the embedding says the same of both views, and no two dimensions say the same.

**Source** Zbontar, Jing, Misra, LeCun, Deny, "Barlow Twins: Self-Supervised Learning via Redundancy Reduction", ICML
2021, arXiv 2103.03230, equations 1 and 2.
**Departure** Default widths are for small encoders (the paper's: 8192 thrice). Means and standard deviations are those
of the whole batch, of all processes. Standard deviations are divided by n, as in equation 2, so that a dimension
correlates with itself by 1; algorithm 1 as printed divides by n - 1. One below 1e-4 counts as 1e-4, so that a dimension
that stands still correlates with nothing; the authors' code adds 1e-5 to every variance. Biases and norms have the
learning rate of weights (the paper's: 0.0048).
**Shapes** n pairs, e embedding.
"""

from typing import ClassVar

from jaxtyping import Float
from torch import Tensor

from sempairs.encoders.base import Encoder
from sempairs.methods.base import SOLO_LEARN, Method, Training
from sempairs.nn.heads import mlp
from sempairs.nn.known import Known


def cross_correlation(z1: Float[Tensor, "n e"], z2: Float[Tensor, "n e"]) -> Float[Tensor, "e e"]:
    """Pearson's correlation, over the n pairs, of each dimension of `z1` with each of `z2` (equation 2)."""
    standard = [(z - z.mean(dim=0)) / z.var(dim=0, correction=0).clamp(min=1e-8).sqrt() for z in (z1, z2)]
    return standard[0].T @ standard[1] / len(z1)


def invariance(correlation: Float[Tensor, "e e"]) -> Float[Tensor, ""]:
    """How far the diagonal is from 1: the first term of equation 1; e if the embedding is constant."""
    return (1.0 - correlation.diagonal()).square().sum()


def redundancy(correlation: Float[Tensor, "e e"]) -> Float[Tensor, ""]:
    """How far the rest is from 0: the second term of equation 1, without its weight; 0 if the embedding is constant."""
    return correlation.square().sum() - correlation.diagonal().square().sum()


class BarlowTwins(Method):
    """Each dimension says the same of both views, and no two dimensions say the same.

    Parameters
    ----------
    encoder: what is trained.
    redundancy: weight of the second term (the paper's lambda).
    hidden: width of the projection head's two hidden layers.
    embedding: width of the embedding; the paper's results grow with it.
    """

    contrastive: ClassVar[bool] = False
    recipe: ClassVar[Training] = {**SOLO_LEARN, "lr": 0.3, "weight_decay": 1e-4}

    def __init__(
        self, encoder: Encoder, *, redundancy: float = 0.0051, hidden: int = 512, embedding: int = 512
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.projector = mlp(encoder.dim, hidden, hidden, embedding, hidden_norm=True, final_bias=False)
        self.redundancy = redundancy

    def forward(self, *views: Float[Tensor, "n c h w"]) -> tuple[Float[Tensor, "n e"], ...]:
        """The embeddings of both views; each passes alone, so batch norm sees it alone."""
        return tuple(self.projector(self.encoder(view)) for view in views)

    def loss(self, *out: Float[Tensor, "n e"], known: Known) -> dict[str, Float[Tensor, ""]]:
        """`invariance` and the weighted `redundancy` of the correlation of the views."""
        z1, z2 = out
        correlation = cross_correlation(z1, z2)
        return {"invariance": invariance(correlation), "redundancy": self.redundancy * redundancy(correlation)}
