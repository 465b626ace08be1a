"""SimSiam, Barlow Twins, VICReg and W-MSE as slow loops, written from the equations of the papers and nothing else."""

import torch
from torch import Tensor


def norm(vector: Tensor) -> Tensor:
    return (vector * vector).sum().sqrt()


def simsiam(p1: Tensor, p2: Tensor, z1: Tensor, z2: Tensor) -> Tensor:
    """SimSiam, equation 4: D(p1, stopgrad(z2)) / 2 + D(p2, stopgrad(z1)) / 2 for each pair, mean over the batch."""
    total = torch.zeros((), dtype=p1.dtype)
    for i in range(len(p1)):
        for p, z in ((p1[i], z2[i].detach()), (p2[i], z1[i].detach())):
            total = total - (p / norm(p) * (z / norm(z))).sum() / 2
    return total / len(p1)


def centred(z: Tensor) -> Tensor:
    n, e = z.shape
    return torch.stack([torch.stack([z[b, i] - sum(z[:, i]) / n for i in range(e)]) for b in range(n)])


def barlow_twins(z1: Tensor, z2: Tensor, weight: float) -> Tensor:
    """Barlow Twins, equations 1 and 2, for outputs that are mean-centred along the batch."""
    a, b = centred(z1), centred(z2)
    total = torch.zeros((), dtype=z1.dtype)
    for i in range(z1.shape[1]):
        for j in range(z1.shape[1]):
            correlation = (a[:, i] * b[:, j]).sum() / (norm(a[:, i]) * norm(b[:, j]))
            total = total + ((1 - correlation) ** 2 if i == j else weight * correlation**2)
    return total


def covariances(z: Tensor) -> Tensor:
    """C(Z) of VICReg's equation 3, Sigma of W-MSE's section 3: the sum of products of centred columns over n - 1."""
    c, e = centred(z), z.shape[1]
    return torch.stack([torch.stack([(c[:, i] * c[:, j]).sum() / (len(z) - 1) for j in range(e)]) for i in range(e)])


def vicreg_variance(z: Tensor) -> Tensor:
    """VICReg, equations 1 and 2, with gamma 1 and epsilon 0.0001."""
    e = z.shape[1]
    return sum((1 - (covariances(z)[j, j] + 0.0001).sqrt()).clamp(min=0) for j in range(e)) / e


def vicreg_covariance(z: Tensor) -> Tensor:
    """VICReg, equation 4."""
    c, e = covariances(z), z.shape[1]
    return sum(c[i, j] ** 2 for i in range(e) for j in range(e) if i != j) / e


def vicreg_invariance(z1: Tensor, z2: Tensor) -> Tensor:
    """VICReg, equation 5 as printed: the squared distance of the vectors, mean over the batch."""
    return sum(((a - b) ** 2).sum() for a, b in zip(z1, z2, strict=True)) / len(z1)


def vicreg_as_printed(z1: Tensor, z2: Tensor, weights: tuple[float, float, float]) -> Tensor:
    """VICReg, equation 6."""
    return (
        weights[0] * vicreg_invariance(z1, z2)
        + weights[1] * (vicreg_variance(z1) + vicreg_variance(z2))
        + weights[2] * (vicreg_covariance(z1) + vicreg_covariance(z2))
    )


def cholesky(matrix: Tensor) -> list[list[Tensor]]:
    """The lower triangle L with L L^T = matrix, entry by entry (Cholesky-Banachiewicz)."""
    factor: list[list[Tensor]] = []
    for i in range(len(matrix)):
        row: list[Tensor] = []
        for j in range(i + 1):
            above = row if i == j else factor[j]
            rest = matrix[i, j] - sum(row[k] * above[k] for k in range(j))
            row.append(rest.sqrt() if i == j else rest / factor[j][j])
        factor.append(row)
    return factor


def whitened(z: Tensor) -> Tensor:
    """W-MSE, section 3: W (v - mean) with W^T W the inverse covariance, for W the inverse of the Cholesky factor."""
    factor = cholesky(covariances(z))
    rows = []
    for v in centred(z):
        solved: list[Tensor] = []
        for i, line in enumerate(factor):
            solved.append((v[i] - sum(line[k] * solved[k] for k in range(i))) / line[i])
        rows.append(torch.stack(solved))
    return torch.stack(rows)


def w_mse(z1: Tensor, z2: Tensor) -> Tensor:
    """W-MSE, section 3: the squared distance of the whitened and normalised vectors, mean over the pairs."""
    total = torch.zeros((), dtype=z1.dtype)
    for a, b in zip(whitened(z1), whitened(z2), strict=True):
        total = total + ((a / norm(a) - b / norm(b)) ** 2).sum()
    return total / len(z1)
