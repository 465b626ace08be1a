"""SupCon, SePP-ID, LeOCLR and cross-entropy as slow loops, written from the papers' equations and from nothing else."""

import torch
from references import cosine, nt_xent
from torch import Tensor


def _alike(code: list[int], i: int, j: int) -> bool:
    """Whether views i and j are known to be of one class; views k and k + n are those of pair k."""
    n = len(code)
    return code[i % n] == code[j % n] and code[i % n] >= 0


def _positives(code: list[int], i: int) -> list[int]:
    n = len(code)
    return [p for p in range(2 * n) if p != i and (p % n == i % n or _alike(code, i, p))]


def supcon_out(z1: Tensor, z2: Tensor, code: list[int], temperature: float, masked: list[int] | None = None) -> Tensor:
    """SupCon, equation 2, mean over I. `masked`: a denominator has its positive and those not alike by this code."""
    z = [*z1, *z2]
    total = torch.zeros((), dtype=z1.dtype)
    for i in range(len(z)):
        others = [a for a in range(len(z)) if a != i and not (masked and _alike(masked, i, a))]
        positives = _positives(code, i)
        of_view = torch.zeros((), dtype=z1.dtype)
        for p in positives:
            denominator = sum(torch.exp(cosine(z[i], z[a]) / temperature) for a in {*others, p})
            of_view = of_view + torch.log(torch.exp(cosine(z[i], z[p]) / temperature) / denominator)
        total = total - of_view / len(positives)
    return total / len(z)


def supcon_in(z1: Tensor, z2: Tensor, code: list[int], temperature: float) -> Tensor:
    """SupCon, equation 3, mean over I: the loss that ours is not."""
    z = [*z1, *z2]
    total = torch.zeros((), dtype=z1.dtype)
    for i in range(len(z)):
        denominator = sum(torch.exp(cosine(z[i], z[a]) / temperature) for a in range(len(z)) if a != i)
        positives = _positives(code, i)
        share = sum(torch.exp(cosine(z[i], z[p]) / temperature) / denominator for p in positives)
        total = total - torch.log(share / len(positives))
    return total / len(z)


def sepp_id(a: Tensor, b: Tensor, again_a: Tensor, again_b: Tensor, temperature: float) -> Tensor:
    """NT-Xent of the semantic pair and of an augmented pair of each of its images; the mean of the three."""
    pairs = [(a, b), (a, again_a), (b, again_b)]
    return sum(nt_xent(one, other, temperature) for one, other in pairs) / 3


def leoclr(
    query: Tensor, crops: list[Tensor], queue: Tensor, temperature: float, of_batch: list[int], of_queue: list[int]
) -> Tensor:
    """MoCo's equation 1 for each crop, summed; rows of the queue known to be alike by these codes do not count."""
    total = torch.zeros((), dtype=query.dtype)
    for keys in crops:
        for i, q in enumerate(query):
            positive = torch.exp(cosine(q, keys[i]) / temperature)
            negative = torch.zeros((), dtype=query.dtype)
            for j, other in enumerate(queue):
                if not (of_queue[j] == of_batch[i] and of_batch[i] >= 0):
                    negative = negative + torch.exp(cosine(q, other) / temperature)
            total = total - torch.log(positive / (positive + negative)) / len(query)
    return total


def cross_entropy(logits: Tensor, label: list[int]) -> Tensor:
    """-log softmax of the right class, mean over the rows whose class is known."""
    known = [i for i, wanted in enumerate(label) if wanted >= 0]
    total = torch.zeros((), dtype=logits.dtype)
    for i in known:
        total = total - torch.log(torch.exp(logits[i, label[i]]) / sum(torch.exp(value) for value in logits[i]))
    return total / len(known)
