"""SwAV and DINO as slow loops, written from the equations and algorithms of the papers and from nothing else."""

import torch
from torch import Tensor


def unit(v: Tensor) -> Tensor:
    """v / |v|."""
    return v / v.pow(2).sum().sqrt()


def scores(z: Tensor, prototypes: Tensor) -> Tensor:
    """SwAV, section 3.1: z^T c for unit vectors, entry by entry."""
    return torch.stack([torch.stack([(unit(row) * unit(c)).sum() for c in prototypes]) for row in z])


def sinkhorn(similarity: Tensor, epsilon: float, iterations: int) -> Tensor:
    """SwAV, algorithm 1: Q is prototypes x samples; its rows, then its columns, are normalised in turn."""
    n, k = similarity.shape
    q = [[torch.exp(similarity[b, j] / epsilon) for b in range(n)] for j in range(k)]
    whole = sum(sum(row) for row in q)
    q = [[value / whole for value in row] for row in q]
    for _ in range(iterations):
        q = [[value / sum(row) / k for value in row] for row in q]
        columns = [sum(q[j][b] for j in range(k)) for b in range(n)]
        q = [[q[j][b] / columns[b] / n for b in range(n)] for j in range(k)]
    columns = [sum(q[j][b] for j in range(k)) for b in range(n)]
    return torch.stack([torch.stack([q[j][b] / columns[b] for j in range(k)]) for b in range(n)])


def cross_entropy(q: Tensor, score: Tensor, temperature: float) -> Tensor:
    """-sum_k q_k log p_k with p = softmax(score / temperature) (SwAV, equation 2; DINO, equation 2)."""
    exponents = [torch.exp(value / temperature) for value in score]
    return -sum(q[k] * torch.log(exponents[k] / sum(exponents)) for k in range(len(q)))


def swav(views: list[Tensor], prototypes: Tensor, temperature: float, epsilon: float, iterations: int) -> Tensor:
    """SwAV, equation 6 with codes of the first two views: the mean over codes, other views and samples."""
    similarity = [scores(view, prototypes) for view in views]
    total, terms = torch.zeros((), dtype=prototypes.dtype), 0
    for s in (0, 1):
        codes = sinkhorn(similarity[s].detach(), epsilon, iterations)
        for v in range(len(views)):
            if v != s:
                for b in range(len(codes)):
                    total, terms = total + cross_entropy(codes[b], similarity[v][b], temperature), terms + 1
    return total / terms


def dino(student: list[Tensor], teacher: list[Tensor], centre: Tensor, student_t: float, teacher_t: float) -> Tensor:
    """DINO, equation 3 and algorithm 1: the teacher's centred, sharpened softmax against the student's."""
    total, terms = torch.zeros((), dtype=centre.dtype), 0
    for x, own in enumerate(teacher):
        for other, score in enumerate(student):
            if other != x:
                for b in range(len(own)):
                    exponents = torch.exp((own[b] - centre) / teacher_t)
                    total = total + cross_entropy(exponents / exponents.sum(), score[b], student_t)
                    terms += 1
    return total / terms


def new_centre(centre: Tensor, teacher: list[Tensor], momentum: float) -> Tensor:
    """DINO, equation 4: c <- m c + (1 - m) mean over the outputs of all large views."""
    rows = [row for view in teacher for row in view]
    return momentum * centre + (1 - momentum) * sum(rows) / len(rows)
