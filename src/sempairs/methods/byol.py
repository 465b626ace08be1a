"""BYOL: predict from one view what a slow copy of the network says of the other. No negatives.

**Source** Grill et al., "Bootstrap Your Own Latent: A New Approach to Self-Supervised Learning", NeurIPS 2020,
arXiv 2006.07733, equations 1 and 2 and section 3.3.
**Departure** Default widths are for small encoders (the paper's: hidden 4096, embedding 256). The loss is 2 - 2 cos for
each direction, as in the paper; libraries that minimise the negative cosine have half its gradient.
**Shapes** n pairs, d features, e embedding.
"""

from typing import ClassVar

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from sempairs.encoders.base import Encoder
from sempairs.methods.base import SOLO_LEARN, Method, Training
from sempairs.nn.ema import cosine_momentum, teacher_of, update
from sempairs.nn.heads import mlp
from sempairs.nn.known import Known


def regression(prediction: Float[Tensor, "n e"], target: Float[Tensor, "n e"]) -> Float[Tensor, ""]:
    """The squared distance of the normalised vectors (equation 2), mean over n: 0 if parallel, 4 if opposite."""
    return 2.0 - 2.0 * F.cosine_similarity(prediction, target, dim=1).mean()


class BYOL(Method):
    """Predict from one view what a slow copy of the network says of the other; no negatives.

    Parameters
    ----------
    encoder: what is trained (the online network).
    momentum: of the target network at the start; it rises to 1 along a cosine (section 3.3).
    hidden: width of the hidden layers of projector and predictor.
    embedding: width of the embedding.
    """

    contrastive: ClassVar[bool] = False
    recipe: ClassVar[Training] = {**SOLO_LEARN, "lr": 1.0, "weight_decay": 1e-5}

    def __init__(self, encoder: Encoder, *, momentum: float = 0.996, hidden: int = 512, embedding: int = 128) -> None:
        super().__init__()
        self.encoder = encoder
        self.projector = mlp(encoder.dim, hidden, embedding, hidden_norm=True)
        self.predictor = mlp(embedding, hidden, embedding, hidden_norm=True)
        self.teacher = teacher_of(nn.Sequential(self.encoder, self.projector))
        self.momentum = momentum

    def forward(self, *views: Float[Tensor, "n c h w"]) -> tuple[Float[Tensor, "n e"], ...]:
        """Predictions of both views, then targets of both; each view passes alone, so batch norm sees it alone."""
        predictions = [self.predictor(self.projector(self.encoder(view))) for view in views]
        with torch.no_grad():
            targets = [self.teacher(view) for view in views]
        return (*predictions, *targets)

    def loss(self, *out: Float[Tensor, "n e"], known: Known) -> dict[str, Float[Tensor, ""]]:
        """`regression` of each view's prediction to the other view's target."""
        p1, p2, t1, t2 = out
        return {"first": regression(p1, t2), "second": regression(p2, t1)}

    def after_step(self, progress: float) -> None:
        """Let the target follow the online network."""
        update(self.teacher, nn.Sequential(self.encoder, self.projector), cosine_momentum(self.momentum, progress))
