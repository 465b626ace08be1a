"""W-MSE: views agree after the embeddings of the batch are whitened, which leaves them no way to be all the same.

**Source** Ermolov, Siarohin, Sangineto, Sebe, "Whitening for Self-Supervised Representation Learning", ICML 2021,
arXiv 2007.06346, section 3.
**Departure** Each view is whitened over the whole batch, of all processes. The paper whitens random slices of twice the
width of the embedding, because small samples vary; the whole batch needs no random numbers, and neither the order of
the pairs nor the number of processes changes it. The default hidden width is for small encoders (the paper's: 1024).
**Shapes** n pairs, e embedding.
"""

from typing import ClassVar

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from sempairs.encoders.base import Encoder
from sempairs.methods.base import Method, Training
from sempairs.nn.heads import mlp
from sempairs.nn.known import Known
from sempairs.nn.whitening import whiten


def whitened_distance(z1: Float[Tensor, "n e"], z2: Float[Tensor, "n e"]) -> Float[Tensor, ""]:
    """The squared distance of the whitened and then normalised vectors, mean over n: from 0 to 4.

    Raises
    ------
    UserError: the embeddings cannot be whitened: there are not more pairs than dimensions, or all are the same.
    """
    return 2.0 - 2.0 * F.cosine_similarity(whiten(z1), whiten(z2), dim=1).mean()


class WMSE(Method):
    """Views agree after the embeddings of the batch are whitened; no negatives.

    The recipe is solo-learn's for CIFAR-10 (Adam, 0.002 for a batch of 256); the authors lower the rate in two drops.

    Parameters
    ----------
    encoder: what is trained.
    hidden: width of the projection head's hidden layer.
    embedding: width of the embedding; the batch should have at least twice as many pairs.
    """

    contrastive: ClassVar[bool] = False
    recipe: ClassVar[Training] = {"optimizer": "adam", "lr": 2e-3, "weight_decay": 1e-6, "schedule": "cosine"}

    def __init__(self, encoder: Encoder, *, hidden: int = 512, embedding: int = 64) -> None:
        super().__init__()
        self.encoder = encoder
        self.projector = mlp(encoder.dim, hidden, embedding, hidden_norm=True, final_bias=False)

    def forward(self, *views: Float[Tensor, "n c h w"]) -> tuple[Float[Tensor, "n e"], ...]:
        """The embeddings of both views; each passes alone, so batch norm sees it alone."""
        return tuple(self.projector(self.encoder(view)) for view in views)

    def loss(self, *out: Float[Tensor, "n e"], known: Known) -> dict[str, Float[Tensor, ""]]:
        """`whitened_distance` of the two embeddings."""
        z1, z2 = out
        return {"whitened distance": whitened_distance(z1, z2)}
