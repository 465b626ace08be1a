"""DCL, NNCLR and Mean-Shift as slow loops, written from the equations of the papers and from nothing else."""

import math

import torch
from references import cosine
from torch import Tensor


def dcl(z1: Tensor, z2: Tensor, temperature: float, repels: Tensor | None = None, sigma: float | None = None) -> Tensor:
    """DCL, equation 6, with the weights w of DCLW if there is a sigma; mean over pairs i and views k.

    The negatives of view k of pair i are both views l of all other pairs j.
    """
    n, views = len(z1), (z1, z2)
    density = [math.exp(cosine(z1[i], z2[i]).item() / (sigma or 1.0)) for i in range(n)]
    total = torch.zeros((), dtype=z1.dtype)
    for k in (0, 1):
        for i in range(n):
            w = 1.0 if sigma is None else 2 - density[i] / (sum(density) / n)
            total = total - w * cosine(z1[i], z2[i]) / temperature
            others = [j for j in range(n) if j != i and (repels is None or repels[i, j])]
            if others:
                negatives = [torch.exp(cosine(views[k][i], view[j]) / temperature) for view in views for j in others]
                total = total + torch.log(torch.stack(negatives).sum())
    return total / (2 * n)


def nearest(z: Tensor, rows: list[Tensor]) -> int:
    """NNCLR, equation 2: argmin |z - q| over the rows q, all of length 1; the first of equals."""
    z = z / z.norm()
    distances = [(z - q / q.norm()).norm().item() for q in rows]
    return distances.index(min(distances))


def choose_partner(neighbour: Tensor, prediction: Tensor, temperature: float, repels: Tensor | None = None) -> Tensor:
    """NNCLR, equation 3: -log of exp(nn_i . p_i / tau) over the sum of exp(nn_i . p_k / tau) for k = 1 ... n."""
    total = torch.zeros((), dtype=prediction.dtype)
    for i in range(len(neighbour)):
        terms = [
            torch.exp(cosine(neighbour[i], prediction[k]) / temperature)
            for k in range(len(prediction))
            if k == i or repels is None or repels[i, k]
        ]
        own = torch.exp(cosine(neighbour[i], prediction[i]) / temperature)
        total = total - torch.log(own / torch.stack(terms).sum())
    return total / len(neighbour)


def mean_shift(prediction: Tensor, target: Tensor, memory: list[Tensor], k: int) -> Tensor:
    """Mean-Shift, section 3: the mean squared distance of v to the k rows of the memory that are nearest to u.

    All of them have length 1; u, the target, is in the memory; the mean is over the batch too.
    """
    memory = [row / row.norm() for row in memory]
    total = torch.zeros((), dtype=prediction.dtype)
    for v, u in zip(prediction, target, strict=True):
        u = u / u.norm()
        order = sorted(range(len(memory)), key=lambda j: (u - memory[j]).pow(2).sum().item())[:k]
        for j in order:
            total = total + (v / v.pow(2).sum().sqrt() - memory[j]).pow(2).sum() / len(order)
    return total / len(prediction)
