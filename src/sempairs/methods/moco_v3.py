"""MoCo v3: predict from one view the key that a slow copy of the network makes of the other, among those of the batch.

**Source** Chen, Xie, He, "An Empirical Study of Training Self-Supervised Vision Transformers", ICCV 2021,
arXiv 2104.02057, equation 1, algorithm 1, sections 3 and 4.2.
**Departure** The heads are those of the paper's text for a vision transformer (projector of three layers, predictor of
two, batch norm after all, the last without scale and shift); its code has other ones for a ResNet. Default widths are
for small encoders (the paper's: hidden 4096, embedding 256). The patch projection is frozen only if asked for, and as
timm starts it; positions are learned (the paper's are fixed). Negatives of one group or class may be masked.
**Shapes** n pairs, e embedding.
"""

from typing import ClassVar

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from sempairs.encoders.base import Encoder
from sempairs.encoders.patches import freeze_projection
from sempairs.methods.base import SOLO_LEARN, Method, Training
from sempairs.nn.ema import cosine_momentum, teacher_of, update
from sempairs.nn.heads import mlp
from sempairs.nn.known import Known, Negatives, may_repel, same_class_share


def contrast(
    query: Float[Tensor, "n e"],
    key: Float[Tensor, "n e"],
    temperature: float,
    repels: Bool[Tensor, "n n"] | None = None,
) -> Float[Tensor, ""]:
    """`ctr` of algorithm 1: 2 * temperature times the cross entropy of finding a query's key in the batch, mean over n.

    Vectors of any length are compared by their cosine; `repels` says which other pairs' keys count. The factor keeps
    the size of the gradient about the same for all temperatures. When all vectors are equal it is
    2 * temperature * log(n).
    """
    logits = F.normalize(query, dim=1) @ F.normalize(key, dim=1).T / temperature
    if repels is not None:
        counts = repels | torch.eye(len(logits), dtype=torch.bool, device=logits.device)
        logits = logits.masked_fill(~counts, -torch.inf)
    return 2.0 * temperature * F.cross_entropy(logits, torch.arange(len(logits), device=logits.device))


class MoCoV3(Method):
    """Predict from one view the key that a slow copy of the network makes of the other, among those of the batch.

    Parameters
    ----------
    encoder: what is trained (the query network).
    temperature: the temperature of the loss (the paper's code has 0.2 for a vision transformer, 1 for a ResNet).
    momentum: of the key network at the start; it rises to 1 along a cosine.
    hidden: width of the hidden layers of projector and predictor.
    embedding: width of the embedding.
    negatives: which other pairs repel: all, or all but those of the same group or class.
    freeze_patches: a vision transformer keeps its random projection of patches, for stability (section 4.2).
    """

    contrastive: ClassVar[bool] = True
    # For a vision transformer the paper has adamw, 1.5e-4 and 0.1.
    recipe: ClassVar[Training] = {**SOLO_LEARN, "lr": 0.3, "weight_decay": 1e-6}

    def __init__(
        self,
        encoder: Encoder,
        *,
        temperature: float = 0.2,
        momentum: float = 0.99,
        hidden: int = 512,
        embedding: int = 128,
        negatives: Negatives = "all",
        freeze_patches: bool = False,
    ) -> None:
        super().__init__()
        self.encoder = encoder
        if freeze_patches:
            freeze_projection(encoder)
        self.projector = mlp(encoder.dim, hidden, hidden, embedding, hidden_norm=True, final_norm=True)
        self.predictor = mlp(embedding, hidden, embedding, hidden_norm=True, final_norm=True)
        self.teacher = teacher_of(nn.Sequential(self.encoder, self.projector))
        self.temperature = temperature
        self.momentum = momentum
        self.negatives: Negatives = negatives

    def forward(self, *views: Float[Tensor, "n c h w"]) -> tuple[Float[Tensor, "n e"], ...]:
        """Queries of both views, then keys of both; each view passes alone, so batch norm sees it alone."""
        queries = [self.predictor(self.projector(self.encoder(view))) for view in views]
        with torch.no_grad():
            keys = [self.teacher(view) for view in views]
        return (*queries, *keys)

    def loss(self, *out: Float[Tensor, "n e"], known: Known) -> dict[str, Float[Tensor, ""]]:
        """`contrast` of each view's queries with the other view's keys."""
        q1, q2, k1, k2 = out
        repels = may_repel(known, known, self.negatives)
        self.noted["same-class negatives"] = same_class_share(known, known, repels, same_batch=True)
        return {
            "first": contrast(q1, k2, self.temperature, repels),
            "second": contrast(q2, k1, self.temperature, repels),
        }

    def after_step(self, progress: float) -> None:
        """Let the key network follow the query network."""
        update(self.teacher, nn.Sequential(self.encoder, self.projector), cosine_momentum(self.momentum, progress))
