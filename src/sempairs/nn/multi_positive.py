"""The contrastive loss of views that have several positives, with the logarithm inside the mean over the positives."""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor


def multi_positive(
    z1: Float[Tensor, "n e"],
    z2: Float[Tensor, "n e"],
    temperature: float,
    attracts: Bool[Tensor, "n n"] | None = None,
    repels: Bool[Tensor, "n n"] | None = None,
) -> Float[Tensor, ""]:
    """`L_out` of SupCon (Khosla et al., arXiv 2004.11362, equation 2), averaged over the 2n views, in nats.

    For a view i and each of its positives p it is -log(e^s_ip / (e^s_ip + the sum of e^s_ia over all other a that
    repel i)), averaged over p. s is the cosine divided by the temperature.

    Parameters
    ----------
    z1, z2: embeddings of the two views of n pairs; not normalised.
    attracts: whether the views of pair j are positives of those of pair i; the two views of a pair always are. None for
        these alone, which makes it NT-Xent.
    repels: whether the views of pair j stand in the denominators of pair i when they are not the positive that is
        scored. None for all, as in the papers; then positives stand in one another's denominators.
    """
    n = len(z1)
    z = F.normalize(torch.cat([z1, z2]), dim=1)
    itself = torch.eye(2 * n, dtype=torch.bool, device=z.device)
    own = torch.eye(n, dtype=torch.bool, device=z.device)
    positive = (own if attracts is None else own | attracts).repeat(2, 2) & ~itself
    counts = ~itself if repels is None else repels.repeat(2, 2) & ~itself

    similarity = z @ z.T / temperature
    others = similarity.masked_fill(~counts, -torch.inf).logsumexp(dim=1, keepdim=True)
    denominator = torch.where(counts, others, torch.logaddexp(others, similarity))
    of_view = ((denominator - similarity) * positive).sum(dim=1) / positive.sum(dim=1)
    return of_view.mean()
