"""SimSiam: predict from one view what the same network says of the other. No negatives, no slow copy.

**Source** Chen, He, "Exploring Simple Siamese Representation Learning", CVPR 2021, arXiv 2011.10566, equations 1 to 4
and algorithm 1; the predictor's constant learning rate is that of section 4.2.
**Departure** Default widths are for small encoders; the bottleneck is a quarter of the embedding, as in the paper
(hidden 2048, embedding 2048, bottleneck 512). The loss is the negative cosine, as in the paper: BYOL's 2 - 2 cos has
twice its gradient.
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


def negative_cosine(prediction: Float[Tensor, "n e"], target: Float[Tensor, "n e"]) -> Float[Tensor, ""]:
    """Minus the cosine, mean over n, with the target as a constant (equation 3): -1 if parallel, 1 if opposite.

    Without that stop of the gradient all embeddings become one; when they do, this is -1.
    """
    return -F.cosine_similarity(prediction, target.detach(), dim=1).mean()


class SimSiam(Method):
    """Predict from one view what the same network says of the other; no negatives, no slow copy.

    Parameters
    ----------
    encoder: what is trained.
    hidden: width of the projection head's two hidden layers.
    embedding: width of the embedding.
    bottleneck: width of the predictor's hidden layer.
    """

    contrastive: ClassVar[bool] = False
    constant_rate: ClassVar[tuple[str, ...]] = ("predictor",)
    # solo-learn's for CIFAR; the paper's rate for ImageNet is 0.05.
    recipe: ClassVar[Training] = {"optimizer": "momentum", "lr": 0.5, "weight_decay": 1e-5, "schedule": "cosine"}

    def __init__(self, encoder: Encoder, *, hidden: int = 512, embedding: int = 512, bottleneck: int = 128) -> None:
        super().__init__()
        self.encoder = encoder
        self.projector = mlp(encoder.dim, hidden, hidden, embedding, hidden_norm=True, final_norm=True)
        self.predictor = mlp(embedding, bottleneck, embedding, hidden_norm=True)

    def forward(self, *views: Float[Tensor, "n c h w"]) -> tuple[Float[Tensor, "n e"], ...]:
        """Predictions from both views, then embeddings of both; each view passes alone, as in algorithm 1."""
        embeddings = [self.projector(self.encoder(view)) for view in views]
        return (*map(self.predictor, embeddings), *embeddings)

    def loss(self, *out: Float[Tensor, "n e"], known: Known) -> dict[str, Float[Tensor, ""]]:
        """Half the `negative_cosine` of each view's prediction and the other view's embedding (equation 4)."""
        p1, p2, z1, z2 = out
        return {"first": negative_cosine(p1, z2) / 2, "second": negative_cosine(p2, z1) / 2}
