"""SupCon: all views of a class attract one another, all other views of the batch repel.

**Source** Khosla, Teterwak, Wang, Sarna, Tian, Isola, Maschinot, Liu, Krishnan, "Supervised Contrastive Learning",
NeurIPS 2020, arXiv 2004.11362, equation 2.
**Departure** This is the paper's L_out: the logarithm is inside the mean over the positives. L_in (equation 3), which
other libraries call multi-positive InfoNCE, sums inside the logarithm and is another loss. We take the mean over the
views where the paper sums, and leave out the factor temperature / 0.07 of its code. Positives may be a group of the
pair set in place of a class; a pair of which nothing is known has only its own other view. Negatives of one group or
class may be masked: then a positive's denominator holds itself and views of others only.
**Shapes** n pairs, d features, e embedding.
"""

from typing import ClassVar, Literal

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from sempairs.encoders.base import Encoder
from sempairs.methods.base import Method, Training
from sempairs.nn.heads import mlp
from sempairs.nn.known import Known, Negatives, may_repel, same_class_share
from sempairs.nn.multi_positive import multi_positive


def alike(known: Known, positives: Literal["class", "group"]) -> Bool[Tensor, "n n"]:
    """Whether pairs i and j are known to be of one class, or of one group."""
    of = known.label if positives == "class" else known.group
    return (of[:, None] == of) & (of >= 0)


class SupCon(Method):
    """All views of a class attract one another, all other views of the batch repel.

    What is noted as same-class negatives are pairs of the anchor's class that stand in its denominators, positives
    among them.

    Parameters
    ----------
    encoder: what is trained.
    temperature: the temperature of the loss.
    hidden: width of the projection head's hidden layer; None for that of the features.
    embedding: width of the embedding.
    positives: what attracts besides the other view of a pair: pairs of its class, or of its group.
    negatives: which pairs stand in a denominator beside the positive: all, or all but those of the same group or class.
    """

    contrastive: ClassVar[bool] = True
    # solo-learn's for CIFAR.
    recipe: ClassVar[Training] = {"optimizer": "momentum", "lr": 0.4, "weight_decay": 1e-5, "schedule": "cosine"}

    def __init__(
        self,
        encoder: Encoder,
        *,
        temperature: float = 0.1,
        hidden: int | None = None,
        embedding: int = 128,
        positives: Literal["class", "group"] = "class",
        negatives: Negatives = "all",
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.projector = mlp(encoder.dim, hidden or encoder.dim, embedding)
        self.temperature = temperature
        self.positives: Literal["class", "group"] = positives
        self.negatives: Negatives = negatives

    def forward(self, *views: Float[Tensor, "n c h w"]) -> tuple[Float[Tensor, "n e"], Float[Tensor, "n e"]]:
        """The embeddings of both views, made in one pass, so that batch norm sees both."""
        z1, z2 = self.projector(self.encoder(torch.cat(views))).chunk(2)
        return z1, z2

    def loss(self, *out: Float[Tensor, "n e"], known: Known) -> dict[str, Float[Tensor, ""]]:
        """`multi_positive` of the two embeddings."""
        z1, z2 = out
        repels = may_repel(known, known, self.negatives)
        self.noted["same-class negatives"] = same_class_share(known, known, repels, same_batch=True)
        return {"supcon": multi_positive(z1, z2, self.temperature, alike(known, self.positives), repels)}
