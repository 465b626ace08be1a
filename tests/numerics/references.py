"""Losses as slow loops, written from the equations of the papers and from nothing else."""

import math

import torch
from torch import Tensor


def cosine(a: Tensor, b: Tensor) -> Tensor:
    """a . b / (|a| |b|)."""
    return (a * b).sum() / (a.pow(2).sum().sqrt() * b.pow(2).sum().sqrt())


def nt_xent(z1: Tensor, z2: Tensor, temperature: float) -> Tensor:
    """SimCLR, algorithm 1: views 2k - 1 and 2k are the pair k; l(i, j) of equation 1; mean over all 2N."""
    z = [view for pair in zip(z1, z2, strict=True) for view in pair]
    total = torch.zeros((), dtype=z1.dtype)
    for i in range(len(z)):
        j = i + 1 if i % 2 == 0 else i - 1
        denominator = sum(torch.exp(cosine(z[i], z[k]) / temperature) for k in range(len(z)) if k != i)
        total = total - torch.log(torch.exp(cosine(z[i], z[j]) / temperature) / denominator)
    return total / len(z)


def byol_regression(prediction: Tensor, target: Tensor) -> Tensor:
    """BYOL, equation 2: the squared distance of the normalised prediction and target, mean over the batch."""
    total = torch.zeros((), dtype=prediction.dtype)
    for q, z in zip(prediction, target, strict=True):
        total = total + (q / q.pow(2).sum().sqrt() - z / z.pow(2).sum().sqrt()).pow(2).sum()
    return total / len(prediction)


def cosine_momentum(base: float, step: int, steps: int) -> float:
    """BYOL, section 3.3: tau = 1 - (1 - tau_base) (cos(pi k / K) + 1) / 2."""
    return 1 - (1 - base) * (math.cos(math.pi * step / steps) + 1) / 2
