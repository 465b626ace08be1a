"""SimCLR: two views of one thing attract, all other views of the batch repel.

**Source** Chen, Kornblith, Norouzi, Hinton, "A Simple Framework for Contrastive Learning of Visual
Representations", ICML 2020, arXiv 2002.05709, equation 1 and algorithm 1.
**Departure** The projection head has no batch norm (as in the paper's text; its code has it). What a view shows is
decided by the pair: with an identity pair set this is the paper's method, with another the positive is another image.
Negatives of one group or class may be masked.
**Shapes** n pairs, d features, e embedding.
"""

from typing import ClassVar

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from sempairs.encoders.base import Encoder
from sempairs.methods.base import SOLO_LEARN, Method, Training
from sempairs.nn.heads import mlp
from sempairs.nn.known import Known, Negatives, may_repel, same_class_share


def nt_xent(
    z1: Float[Tensor, "n e"], z2: Float[Tensor, "n e"], temperature: float, repels: Bool[Tensor, "n n"] | None = None
) -> Float[Tensor, ""]:
    """The normalised temperature-scaled cross entropy (equation 1), averaged over the 2n views, in nats.

    Row i of `z1` and row i of `z2` are a positive pair; the views of the other pairs are negatives, if `repels` allows.
    When all embeddings are equal and all others are negatives it is log(2n - 1).
    """
    n = len(z1)
    z = F.normalize(torch.cat([z1, z2]), dim=1)
    similarity = z @ z.T / temperature
    if repels is not None:
        counts = repels | torch.eye(n, dtype=torch.bool, device=z.device)
        similarity = similarity.masked_fill(~counts.repeat(2, 2), -torch.inf)
    similarity.fill_diagonal_(-torch.inf)
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
    negatives: which other pairs repel: all, or all but those of the same group or class.
    """

    contrastive: ClassVar[bool] = True
    recipe: ClassVar[Training] = {**SOLO_LEARN, "lr": 0.4, "weight_decay": 1e-4}

    def __init__(
        self,
        encoder: Encoder,
        *,
        temperature: float = 0.5,
        hidden: int | None = None,
        embedding: int = 128,
        negatives: Negatives = "all",
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.projector = mlp(encoder.dim, hidden or encoder.dim, embedding)
        self.temperature = temperature
        self.negatives: Negatives = negatives

    def forward(self, *views: Float[Tensor, "n c h w"]) -> tuple[Float[Tensor, "n e"], Float[Tensor, "n e"]]:
        """The embeddings of both views, made in one pass, so that batch norm sees both as algorithm 1 does."""
        z1, z2 = self.projector(self.encoder(torch.cat(views))).chunk(2)
        return z1, z2

    def loss(self, *out: Float[Tensor, "n e"], known: Known) -> dict[str, Float[Tensor, ""]]:
        """`nt_xent` of the two embeddings."""
        z1, z2 = out
        repels = may_repel(known, known, self.negatives)
        self.noted["same-class negatives"] = same_class_share(known, known, repels, same_batch=True)
        return {"nt_xent": nt_xent(z1, z2, self.temperature, repels)}
