"""The nearest rows of a memory: whom NNCLR and Mean-Shift learn from."""

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int64
from torch import Tensor


@torch.no_grad()
def nearest(queries: Float[Tensor, "n e"], rows: Float[Tensor, "m e"], k: int) -> Int64[Tensor, "n k"]:
    """Positions of the `k` rows of highest cosine similarity, best first; of equals the first comes first.

    With fewer than `k` rows, all of them.
    """
    similarity = F.normalize(queries, dim=1) @ F.normalize(rows, dim=1).T
    found = queries.new_empty(len(queries), 0, dtype=torch.int64)
    # Not topk, which may choose any of equals: argmax gives the first.
    for _ in range(min(k, len(rows))):
        best = similarity.argmax(dim=1, keepdim=True)
        similarity.scatter_(1, best, -torch.inf)
        found = torch.cat([found, best], dim=1)
    return found


def same_class_neighbours(label: Int64[Tensor, " n"], of_neighbours: Int64[Tensor, "n k"]) -> Float[Tensor, ""]:
    """The share of neighbours that are of the pair's class, of those of which both labels are known; 0 if none is."""
    counted = (label[:, None] >= 0) & (of_neighbours >= 0)
    return (counted & (label[:, None] == of_neighbours)).sum() / counted.sum().clamp(min=1)
