"""Lists of nearest neighbours, from which most rules choose: who is in them, who is in whose, which are kept."""

import numpy as np
from jaxtyping import Bool, Float64, Int64

from sempairs.core.errors import UserError
from sempairs.neighbours import nearest
from sempairs.pairs.mining.base import Features, Proposals


def neighbour_lists(
    features: Features, k: int, *, at_most: float = 1.0
) -> tuple[Int64[np.ndarray, "n {k}"], Float64[np.ndarray, "n {k}"]]:
    """The `k` nearest neighbours of each image by cosine similarity, nearest first, ties by position.

    See `sempairs.neighbours.nearest` for `at_most`.

    Raises
    ------
    UserError: `k` is not between 1 and the number of other images; features that are zero or not finite.
    """
    n = len(features.ids)
    if not 1 <= k < n:
        raise UserError("k must be between 1 and the number of other images", got=f"k = {k} for {n} images")
    return nearest(features.values, features.values, k, exclude_self=True, at_most=at_most)


def ranks_back(neighbours: Int64[np.ndarray, "n k"]) -> Int64[np.ndarray, "n k"]:
    """The rank, from 0, of image i in the list of its own neighbour `neighbours[i, r]`; `k` if it is not in it."""
    n, k = neighbours.shape
    # The edge (j, i) is looked up among all edges (i, j).
    me = np.repeat(np.arange(n), k)
    forward, backward = me * n + neighbours.ravel(), neighbours.ravel() * n + me
    order = np.argsort(forward)
    edge = order[np.minimum(np.searchsorted(forward, backward, sorter=order), n * k - 1)]
    ranks: Int64[np.ndarray, "n k"] = np.where(forward[edge] == backward, edge % k, k).reshape(n, k)
    return ranks


def chosen(
    neighbours: Int64[np.ndarray, "n k"],
    similarity: Float64[np.ndarray, "n k"],
    keep: Bool[np.ndarray, "n k"],
    rule: str,
) -> Proposals:
    """The neighbours to keep as proposals, by image and then by rank."""
    left, rank = np.nonzero(keep)
    rules = np.full(len(left), rule, dtype=object)
    return Proposals(left=left, right=neighbours[left, rank], similarity=similarity[left, rank], rules=rules)


def quantiles(values: np.ndarray) -> str:
    """How values are spread, as text for a message that says a threshold leaves nothing."""
    shares = (0, 5, 25, 50, 75, 95, 100)
    spread = np.percentile(values.astype(np.float64), shares)
    return ", ".join(f"{share}%: {value:.4g}" for share, value in zip(shares, spread, strict=True))
