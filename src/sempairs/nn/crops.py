"""Views of several sizes through one encoder."""

from collections.abc import Sequence
from itertools import groupby

import torch
from jaxtyping import Float
from torch import Tensor, nn


def by_size(encoder: nn.Module, views: Sequence[Float[Tensor, "n c _h _w"]]) -> list[Float[Tensor, "n d"]]:
    """The features of each view; neighbours of one size pass together, so that batch norm sees them together."""
    features: list[Tensor] = []
    for _, group in groupby(views, key=lambda view: view.shape[2:]):
        same = list(group)
        features += encoder(torch.cat(same)).chunk(len(same))
    return features
