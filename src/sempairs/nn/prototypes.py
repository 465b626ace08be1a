"""Prototypes: learned directions that stand for clusters, and the loss by which one view predicts those of another."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from sempairs.core.errors import UserError

Scores = Sequence[Float[Tensor, "n k"]]
"""Of several views: a number for each of n samples and k prototypes."""


class Prototypes(nn.Module):
    """Directions with which embeddings are compared: a linear layer without bias whose rows count as of length 1.

    It is weight normalisation (Salimans, Kingma, NeurIPS 2016, arXiv 1602.07868) with the gain fixed at 1. The
    directions start uniform on the sphere.

    Parameters
    ----------
    number: how many there are, k.
    dim: the length of an embedding, e.

    Raises
    ------
    UserError: no prototypes.
    """

    def __init__(self, number: int, dim: int) -> None:
        super().__init__()
        if number < 1:
            raise UserError("there must be at least one prototype", got=number)
        self.weight = nn.Parameter(F.normalize(torch.randn(number, dim), dim=1))

    def forward(self, embeddings: Float[Tensor, "n e"]) -> Float[Tensor, "n k"]:
        """The cosine of each embedding and each prototype."""
        return F.normalize(embeddings, dim=1) @ F.normalize(self.weight, dim=1).T

    @torch.no_grad()
    def restore_length(self) -> None:
        """Give the rows length 1 again: steps at right angles make a row longer, and a longer one turns less."""
        self.weight.copy_(F.normalize(self.weight, dim=1))


def cross_view_entropy(targets: Scores, logits: Scores) -> Float[Tensor, ""]:
    """The cross entropy of each target with each other view, -sum_k target log softmax(logits), in nats.

    The mean over rows and over all couples of a target and a view but those of a view and itself. log k where the
    logits are equal.

    Parameters
    ----------
    targets: distributions over the prototypes of the first views.
    logits: of all views, those first ones included.
    """
    terms = [
        F.cross_entropy(predicted, target)
        for seen, target in enumerate(targets)
        for view, predicted in enumerate(logits)
        if view != seen
    ]
    return torch.stack(terms).mean()
