"""SePP-ID: semantic pairs added to the augmented ones. Both attract, the views of other pairs repel.

**Source** Alkhalefi, Leontidis, Zhong, "Semantic Positive Pairs for Enhancing Visual Representation Learning of
Instance Discrimination Methods", arXiv 2306.16122, on SimCLR (arXiv 2002.05709) as in its first version.
**Departure** Which images are semantic pairs is decided by the pair set: the mining rule `band` bounds the similarity
of a pretrained encoder's features from both sides. The paper adds its pairs to the data set. Here a row of the pair set
brings both kinds along, if the recipe shows each image twice (`simclr-twice`): views 0 and 1 are the semantic pair,
views 0 and 2 and views 1 and 3 the augmented pairs, and the loss is the mean of NT-Xent over these couples. With a
recipe of two views the augmented pairs must be in the pair set, (x, x) beside (x, y) as in the arm `mixed`, and the
loss is SimCLR's. Small crops count as further views of their image. Negatives of one group or class may be masked. The
equations are SimCLR's; how later versions of the paper weigh the pairs on MoCo v2 is not reproduced.
**Shapes** n pairs, d features, e embedding.
"""

from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from sempairs.encoders.base import Encoder
from sempairs.methods.base import SOLO_LEARN, Method, Training
from sempairs.nn.heads import mlp
from sempairs.nn.known import Known, Negatives, may_repel, same_class_share
from sempairs.nn.multi_positive import multi_positive


class SePPID(Method):
    """Semantic pairs and augmented pairs attract, the views of other pairs repel.

    Parameters
    ----------
    encoder: what is trained.
    temperature: the temperature of the loss.
    hidden: width of the projection head's hidden layer; None for that of the features.
    embedding: width of the embedding.
    negatives: which other pairs repel: all, or all but those of the same group or class.
    """

    contrastive: ClassVar[bool] = True
    takes_crops: ClassVar[bool] = True
    # SimCLR's.
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

    def forward(self, *views: Float[Tensor, "n c _h _w"]) -> tuple[Float[Tensor, "n e"], ...]:
        """The embedding of each view; views of one size pass the encoder together, so that batch norm sees them all."""
        sizes = dict.fromkeys(view.shape for view in views)  # the two whole views come first, so the order stays
        features = [self.encoder(torch.cat([view for view in views if view.shape == size])) for size in sizes]
        z: tuple[Tensor, ...] = self.projector(torch.cat(features)).chunk(len(views))
        return z

    def loss(self, *out: Float[Tensor, "n e"], known: Known) -> dict[str, Float[Tensor, ""]]:
        """NT-Xent of the semantic and of the augmented pairs, each with its share of the couples."""
        repels = may_repel(known, known, self.negatives)
        self.noted["same-class negatives"] = same_class_share(known, known, repels, same_batch=True)
        couples = [(0, 1)] + [(view % 2, view) for view in range(2, len(out))]
        terms = [multi_positive(out[a], out[b], self.temperature, repels=repels) / len(couples) for a, b in couples]
        augmented = {"augmented": torch.stack(terms[1:]).sum()} if len(couples) > 1 else {}
        return {"semantic": terms[0], **augmented}
