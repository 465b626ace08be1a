"""DCL: SimCLR without the positive in the denominator, so that an easy positive does not weaken the negatives.

**Source** Yeh, Hong, Hsu, Liu, Chen, LeCun, "Decoupled Contrastive Learning", ECCV 2022, arXiv 2110.06848, equation 6;
with `sigma` it is DCLW, whose weights of the positives are 2 minus a von Mises-Fisher density.
**Departure** The mean over the 2n views, not their sum. The weights get no gradient. Negatives of one group or class
may be masked; a view that has none left is attracted only. The recipe is SimCLR's: the loss alone is
another.
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


def dcl(
    z1: Float[Tensor, "n e"],
    z2: Float[Tensor, "n e"],
    temperature: float,
    repels: Bool[Tensor, "n n"] | None = None,
    sigma: float | None = None,
) -> Float[Tensor, ""]:
    """The decoupled contrastive loss (equation 6), averaged over the 2n views, in nats; it may be negative.

    Row i of `z1` and row i of `z2` are a positive pair; the views of the other pairs are negatives, if `repels` allows.
    When all embeddings are equal and all others are negatives it is log(2n - 2), weighted or not.
    """
    z1, z2 = F.normalize(z1, dim=1), F.normalize(z2, dim=1)
    positive = (z1 * z2).sum(dim=1)
    weight = torch.ones_like(positive) if sigma is None else mises_fisher_weights(positive.detach(), sigma)
    others = ~torch.eye(len(z1), dtype=torch.bool, device=z1.device)
    others = (others if repels is None else others & repels).repeat(2, 2)
    z = torch.cat([z1, z2])
    similarity = (z @ z.T / temperature).masked_fill(~others, -torch.inf)
    # The logarithm of an empty sum has no gradient: such rows are taken out before it and count as 0 after it.
    alone = ~others.any(dim=1)
    repulsion = similarity.masked_fill(alone[:, None], 0.0).logsumexp(dim=1).masked_fill(alone, 0.0)
    return repulsion.mean() - (weight * positive).mean() / temperature


def mises_fisher_weights(positive: Float[Tensor, " n"], sigma: float) -> Float[Tensor, " n"]:
    """DCLW's weights of the positives by their cosine: 2 - exp(cos / sigma) / mean exp(cos / sigma).

    Their mean is 1, and positives that are far apart weigh most.
    """
    return 2.0 - len(positive) * torch.softmax(positive / sigma, dim=0)


class DCL(Method):
    """SimCLR without the positive in the denominator.

    Parameters
    ----------
    encoder: what is trained.
    temperature: the temperature of the loss.
    sigma: of the weights of the positives, 0.5 in the paper (DCLW); None for equal weights (DCL).
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
        temperature: float = 0.1,
        sigma: float | None = None,
        hidden: int | None = None,
        embedding: int = 128,
        negatives: Negatives = "all",
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.projector = mlp(encoder.dim, hidden or encoder.dim, embedding)
        self.temperature = temperature
        self.sigma = sigma
        self.negatives: Negatives = negatives

    def forward(self, *views: Float[Tensor, "n c h w"]) -> tuple[Float[Tensor, "n e"], Float[Tensor, "n e"]]:
        """The embeddings of both views, made in one pass, so that batch norm sees both as in SimCLR."""
        z1, z2 = self.projector(self.encoder(torch.cat(views))).chunk(2)
        return z1, z2

    def loss(self, *out: Float[Tensor, "n e"], known: Known) -> dict[str, Float[Tensor, ""]]:
        """`dcl` of the two embeddings."""
        z1, z2 = out
        repels = may_repel(known, known, self.negatives)
        self.noted["same-class negatives"] = same_class_share(known, known, repels, same_batch=True)
        return {"dcl": dcl(z1, z2, self.temperature, repels, self.sigma)}
