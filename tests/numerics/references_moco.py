"""Momentum contrast as slow loops, written from the equations of the papers and from nothing else.

`repels(i, j)` says whether the j-th candidate may be a negative of query i.
"""

import math
from collections.abc import Callable

import torch
from references import cosine
from torch import Tensor

Repels = Callable[[int, int], bool]


def info_nce(query: Tensor, key: Tensor, queue: Tensor, temperature: float, repels: Repels) -> Tensor:
    """MoCo, equation 1: -log exp(q . k+ / tau) / sum_i exp(q . k_i / tau), i over the key and the queue; mean."""
    total = torch.zeros((), dtype=query.dtype)
    for i, q in enumerate(query):
        positive = torch.exp(cosine(q, key[i]) / temperature)
        negatives = [torch.exp(cosine(q, row) / temperature) for j, row in enumerate(queue) if repels(i, j)]
        total = total - torch.log(positive / sum(negatives, positive))
    return total / len(query)


def moco_v3(q1: Tensor, q2: Tensor, k1: Tensor, k2: Tensor, temperature: float, repels: Repels) -> Tensor:
    """MoCo v3, algorithm 1: ctr(q1, k2) + ctr(q2, k1), negatives are the other keys of the batch."""
    total = torch.zeros((), dtype=q1.dtype)
    for query, key in ((q1, k2), (q2, k1)):
        for i, q in enumerate(query):
            scores = [torch.exp(cosine(q, k) / temperature) for j, k in enumerate(key) if j == i or repels(i, j)]
            positive = torch.exp(cosine(q, key[i]) / temperature)
            total = total - 2 * temperature * torch.log(positive / sum(scores)) / len(query)
    return total


def nt_xent(z1: Tensor, z2: Tensor, temperature: float, repels: Repels) -> Tensor:
    """SimCLR, equation 1, in whose denominator stand the partner and both views of the pairs that repel."""
    n = len(z1)
    total = torch.zeros((), dtype=z1.dtype)
    for i in range(n):
        for anchor, partner in ((z1[i], z2[i]), (z2[i], z1[i])):
            positive = torch.exp(cosine(anchor, partner) / temperature)
            rest = [z[j] for z in (z1, z2) for j in range(n) if j != i and repels(i, j)]
            total = total - torch.log(
                positive / sum((torch.exp(cosine(anchor, z) / temperature) for z in rest), positive)
            )
    return total / (2 * n)


def momentum(base: float, step: int, steps: int) -> float:
    """MoCo v3, section 3: from the base to 1 along half a cosine."""
    return 1 - (1 - base) * 0.5 * (1 + math.cos(math.pi * step / steps))
