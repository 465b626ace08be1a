"""The contrastive loss of MoCo: to find a query's key among the rows of a queue."""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor


def info_nce(
    query: Float[Tensor, "n e"],
    key: Float[Tensor, "n e"],
    queue: Float[Tensor, "m e"],
    temperature: float,
    repels: Bool[Tensor, "n m"] | None = None,
) -> Float[Tensor, ""]:
    """The cross-entropy of finding a query's key (He et al., arXiv 1911.05722, equation 1), mean over n, in nats.

    Vectors of any length are compared by their cosine; `repels` says which rows count for which query. It is 0 when the
    queue is empty, and log(m + 1) when all vectors are equal.
    """
    query, key, queue = (F.normalize(rows, dim=1) for rows in (query, key, queue))
    positive = (query * key).sum(dim=1, keepdim=True)
    negative = query @ queue.T
    if repels is not None:
        negative = negative.masked_fill(~repels, -torch.inf)
    logits = torch.cat([positive, negative], dim=1) / temperature
    return F.cross_entropy(logits, torch.zeros(len(logits), dtype=torch.int64, device=logits.device))
