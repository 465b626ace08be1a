"""SimCLR: two views of one thing attract, all other views of the batch repel.

**Source** Chen, Kornblith, Norouzi, Hinton, "A Simple Framework for Contrastive Learning of Visual
Representations", ICML 2020, arXiv 2002.05709, equation 1 and algorithm 1.
**Departure** The projection head has no batch norm (as in the paper's text; its code has it). What a view shows is
decided by the pair: with an identity pair set this is the paper's method, with another the positive is another image.
**Shapes** n pairs, d features, e embedding.
"""

from typing import ClassVar

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from sempairs.encoders.base import Encoder
from sempairs.methods.base import Method
from sempairs.nn.heads import mlp


def nt_xent(z1: Float[Tensor, "n e"], z2: Float[Tensor, "n e"], temperature: float) -> Float[Tensor, ""]:
    """The normalised temperature-scaled cross entropy (equation 1), averaged over the 2n views, in nats.

    Row i of `z1` and row i of `z2` are a positive pair; the other 2n - 2 views are negatives. When all embeddings are
    equal it is log(2n - 1).
    """
    z = F.normalize(torch.cat([z1, z2]), dim=1)
    similarity = z @ z.T / temperature
    similarity.fill_diagonal_(-torch.inf)
    n = len(z1)
    positive = torch.arange(2 * n, device=z.device).roll(n)
    return F.cross_entropy(similarity, positive)


class SimCLR(Method):
    """The two views of a pair attract, all other views of the batch repel.

    Parameters
    ----------
    encoder: what is trained.
    temperature: the temperature of the loss.
    hidden: width of the projection head's hidden layer; None for that of the features.
    embedding: width of the embedding.
    """

    contrastive: ClassVar[bool] = True

    def __init__(
        self, encoder: Encoder, *, temperature: float = 0.5, hidden: int | None = None, embedding: int = 128
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.projector = mlp(encoder.dim, hidden or encoder.dim, embedding)
        self.temperature = temperature

    def forward(self, *views: Float[Tensor, "n c h w"]) -> tuple[Float[Tensor, "n e"], Float[Tensor, "n e"]]:
        """The embeddings of both views, made in one pass, so that batch norm sees both as algorithm 1 does."""
        z1, z2 = self.projector(self.encoder(torch.cat(views))).chunk(2)
        return z1, z2

    def loss(self, *out: Float[Tensor, "n e"]) -> dict[str, Float[Tensor, ""]]:
        """`nt_xent` of the two embeddings."""
        z1, z2 = out
        return {"nt_xent": nt_xent(z1, z2, self.temperature)}
