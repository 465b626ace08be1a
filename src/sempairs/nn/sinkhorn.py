"""Sinkhorn's algorithm: similarities of samples to prototypes become codes that use all prototypes alike.

**Source** Cuturi, "Sinkhorn Distances: Lightspeed Computation of Optimal Transport", NeurIPS 2013, arXiv 1306.0895; as
in SwAV (arXiv 2006.09882, equations 3 to 5).
"""

from jaxtyping import Float
from torch import Tensor


def sinkhorn(scores: Float[Tensor, "n k"], epsilon: float, iterations: int) -> Float[Tensor, "n k"]:
    """The codes of n samples: a distribution over the k prototypes for each.

    With many iterations they are the codes that maximise <codes, scores> + epsilon entropy(codes) while each prototype
    gets n / k in sum. Rows sum to 1 after any number of iterations; after none it is the softmax of scores / epsilon.
    Logarithms are added in place of factors being multiplied, so that no score overflows.

    Parameters
    ----------
    epsilon: how soft the codes are, in units of the scores.
    iterations: how often prototypes, then samples, are normalised.
    """
    logs = scores / epsilon
    for _ in range(iterations):
        logs = logs - logs.logsumexp(dim=0)
        logs = logs - logs.logsumexp(dim=1, keepdim=True)
    return logs.softmax(dim=1)
