"""Has a run collapsed? What the spread of features and embeddings says, without touching the training.

**Source** std: Chen, He, "Exploring Simple Siamese Representation Learning", CVPR 2021, arXiv 2011.10566, section 4.1;
effective rank: Garrido, Balestriero, Najman, LeCun, "RankMe: Assessing the Downstream Performance of Pretrained
Self-Supervised Representations by Their Rank", ICML 2023, arXiv 2210.02885, equation 1; alignment and uniformity: Wang,
Isola, "Understanding Contrastive Representation Learning through Alignment and Uniformity on the Hypersphere",
ICML 2020, arXiv 2005.10242, equations 1 and 2 with alpha = t = 2.
**Departure** All are taken of rows of length one, as k-NN and most losses see them; RankMe takes them as they are.
"""

import contextlib
from collections.abc import Iterator

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from sempairs.core.errors import UserError
from sempairs.encoders.base import Encoder
from sempairs.methods.base import Method

PAIRS = 128  # looked at: a forward of 256 images
# Measured on digits, 100 steps of 64 pairs: the std of embeddings of SimCLR and BYOL ends at .06 (random pairs) to .96,
# that of attraction alone at .02, that of SimCLR with a learning rate of 10 at .00. Its features are at .03 there, and
# else, from the first step of the smallest net on, at .06 or more. The largest share in one direction was .79.
EQUAL = 0.04
ONE_DIRECTION = 0.95
FEW = 16  # pairs of which the directions are not judged

Numbers = dict[str, float]


def std(rows: Float[Tensor, "n d"]) -> Float[Tensor, " d"]:
    """Std of each dimension of normalised rows, times √d: about 1 if all directions are taken, 0 if rows are equal."""
    spread: Tensor = F.normalize(rows, dim=1).std(dim=0, correction=0) * rows.shape[1] ** 0.5
    return spread


def effective_rank(rows: Float[Tensor, "n d"]) -> Float[Tensor, ""]:
    """RankMe: exp of the entropy of the singular values as shares of their sum, from 1 to min(n, d)."""
    values = torch.linalg.svdvals(rows)
    rank: Tensor = torch.special.entr(values / values.sum().clamp_min(_TINY)).sum().exp()
    return rank


def top_eigenvalue_share(rows: Float[Tensor, "n d"]) -> Float[Tensor, ""]:
    """The share of the variance that lies in one direction: 1/d if all are alike, 1 on a line, 0 without variance."""
    variances = torch.linalg.svdvals(rows - rows.mean(dim=0)).square()
    share: Tensor = variances[0] / variances.sum().clamp_min(_TINY)
    return share


def alignment(first: Float[Tensor, "n d"], second: Float[Tensor, "n d"]) -> Float[Tensor, ""]:
    """Mean squared distance of the normalised rows of a pair: 0 if they agree, 2 if unrelated, 4 if opposite."""
    return (F.normalize(first, dim=1) - F.normalize(second, dim=1)).square().sum(dim=1).mean()


def uniformity(rows: Float[Tensor, "n d"]) -> Float[Tensor, ""]:
    """Log of the mean of exp(-2 squared distance) over couples of normalised rows: 0 if all are equal, towards -4."""
    return (-2 * F.pdist(F.normalize(rows, dim=1)).square()).exp().mean().log()


def diagnose(encoder: Encoder, views: tuple[Tensor, ...], out: tuple[Tensor, ...]) -> dict[str, Numbers]:
    """Numbers of the features of a batch's first pairs, and of the embedding of its first views.

    Features are those an evaluation would see: of the encoder in eval mode, without a gradient, and without a trace in
    the training. The embedding is the first part of what `forward` gave in the step itself, if it is one row of numbers
    for each view.

    Raises
    ------
    UserError: features that are not finite.
    """
    was = encoder.training
    encoder.eval()
    with torch.no_grad():
        first, second = (_unit(encoder(view[:PAIRS])) for view in views[:2])
    encoder.train(was)
    both = torch.cat([first, second])
    if not both.isfinite().all():
        raise UserError("the features are not finite", todo="lower training.lr")
    numbers = {
        "features": {
            **_spread(both),
            "alignment": float(alignment(first, second)),
            "uniformity": float((uniformity(first) + uniformity(second)) / 2),
        }
    }
    if out[0].ndim == 2 and out[0].shape[1] > 1 and out[0].is_floating_point():
        numbers["embeddings"] = _spread(_unit(out[0][: 2 * PAIRS]))
    return numbers


def collapse(numbers: dict[str, Numbers], pairs: int) -> str | None:
    """What is wrong with a run of these numbers of so many pairs, and the likely cause; None if nothing is."""
    for name in numbers:
        if numbers[name]["std"] < EQUAL:
            return (
                f"collapsed: the {name} of different images are all but equal (std {numbers[name]['std']:.3f} of 1). "
                "Likely nothing keeps images apart (no negatives, teacher or decorrelation), the "
                "temperature is far off, or the learning rate is too high"
            )
    share = numbers["features"]["top eigenvalue share"]
    if share > ONE_DIRECTION and pairs >= FEW:
        return (
            f"collapsed to few directions: one holds {100 * share:.0f}% of the variance of the features. Likely the "
            "learning rate is too high, or the pairs agree in one thing only, such as two classes"
        )
    return None


@contextlib.contextmanager
def outputs(method: Method) -> Iterator[list[Tensor]]:
    """What `forward` gives inside this block, without its gradient."""
    seen: list[Tensor] = []
    hook = method.register_forward_hook(lambda _module, _views, out: seen.extend(part.detach() for part in out))
    try:
        yield seen
    finally:
        hook.remove()


_TINY = torch.finfo(torch.float64).tiny


def _unit(rows: Tensor) -> Tensor:
    """Rows of length one in float64, on the CPU: not every device has it."""
    return F.normalize(rows.detach().cpu().double(), dim=1)


def _spread(rows: Tensor) -> Numbers:
    return {
        "std": float(std(rows).mean()),
        "effective rank": float(effective_rank(rows)),
        "top eigenvalue share": float(top_eigenvalue_share(rows)),
    }
