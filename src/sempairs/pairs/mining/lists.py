"""Lists of nearest neighbours, from which most rules choose: who is in them, who is in whose, which are kept.

Where images must be kept apart a list may have empty slots at its end: their similarity is -inf, and an image stands
there in its own list.
"""

import numpy as np
from jaxtyping import Bool, Float64, Int64

from sempairs.core.errors import UserError
from sempairs.core.progress import progress, quiet
from sempairs.neighbours import nearest, neighbours_of_all
from sempairs.pairs.mining.base import Features, NoPairs, Proposals

LARGE = 256  # a search that passes over more images than this costs more than one that leaves them out


def neighbour_lists(
    features: Features, k: int, *, at_most: float = 1.0
) -> tuple[Int64[np.ndarray, "n {k}"], Float64[np.ndarray, "n {k}"]]:
    """The `k` nearest neighbours of each image by cosine similarity, nearest first, ties by position.

    See `sempairs.neighbours.neighbours_of_all` for `at_most` and for how many images it is exact; images that
    `features` keeps apart are never neighbours.

    Raises
    ------
    UserError: `k` is not between 1 and the number of other images; features that are zero or not finite.
    """
    n = len(features.ids)
    if not 1 <= k < n:
        error = UserError if k < 1 else NoPairs
        raise error("k must be between 1 and the number of other images", got=f"k = {k} for {n} images")
    values = features.values
    if features.apart is None:
        neighbours, similarity = neighbours_of_all(values, k, at_most=at_most, work=features.work)
    else:
        neighbours, similarity = _apart(features, features.apart, k, at_most)
    empty = similarity == -np.inf
    neighbours[empty] = np.nonzero(empty)[0]
    return neighbours, similarity


def _apart(
    features: Features, apart: Int64[np.ndarray, "n g"], k: int, at_most: float
) -> tuple[Int64[np.ndarray, "n k"], Float64[np.ndarray, "n k"]]:
    """Neighbours of which none has an equal number in any column of `apart`.

    Small groups are passed over in one search of all images. The images of large groups are searched group by group
    among all others; those of a small group that turn up there are passed over by asking for as many more.
    """
    values, sizes = features.values, _group_sizes(apart)
    small = np.where(sizes > LARGE, -1, apart)
    neighbours, similarity = np.zeros((len(values), k), np.int64), np.full((len(values), k), -np.inf)
    in_large = (sizes > LARGE).any(axis=1)
    if not in_large.all():
        neighbours, similarity = neighbours_of_all(values, k, at_most=at_most, apart=small, work=features.work)
    kinds, kind = np.unique(np.where(sizes > LARGE, apart, -1), axis=0, return_inverse=True)
    with progress("finding neighbours across groups", int(in_large.sum()), "images") as bar, quiet():
        for number in np.unique(kind[in_large]):
            group = np.flatnonzero(kind == number)
            others = np.flatnonzero(~((apart == kinds[number]) & (kinds[number] >= 0)).any(axis=1))
            more = int(np.where(sizes > LARGE, 0, sizes)[group].sum(axis=1).max())
            wide = min(k + more, len(others))
            neighbours[group], similarity[group] = 0, -np.inf
            if wide:
                found, score = nearest(values[group], values[others], wide, exclude_self=False, at_most=at_most)
                found = others[found]
                score[_equal(small[group], small[found])] = -np.inf
                best = np.argsort(-score, axis=1, kind="stable")[:, :k]
                neighbours[group, : best.shape[1]] = np.take_along_axis(found, best, 1)
                similarity[group, : best.shape[1]] = np.take_along_axis(score, best, 1)
            bar(len(group))
    return neighbours, similarity


def _group_sizes(apart: Int64[np.ndarray, "n g"]) -> Int64[np.ndarray, "n g"]:
    """How many images have the number that this one has, for each column; 0 for negative numbers."""
    sizes = np.zeros_like(apart)
    for column in range(apart.shape[1]):
        _, at, count = np.unique(apart[:, column], return_inverse=True, return_counts=True)
        sizes[:, column] = np.where(apart[:, column] < 0, 0, count[at])
    return sizes


def _equal(one: Int64[np.ndarray, "n g"], others: Int64[np.ndarray, "n k g"]) -> Bool[np.ndarray, "n k"]:
    """Whether an image must be kept apart from others."""
    equal: Bool[np.ndarray, "n k"] = ((others == one[:, None]) & (others >= 0)).any(axis=2)
    return equal


def ranks_back(neighbours: Int64[np.ndarray, "n k"]) -> Int64[np.ndarray, "n k"]:
    """The rank, from 0, of image i in the list of its own neighbour `neighbours[i, r]`; `k` if it is not in it."""
    n, k = neighbours.shape
    # The edge (j, i) is looked up among all edges (i, j).
    me = np.repeat(np.arange(n), k)
    forward, backward = me * n + neighbours.ravel(), neighbours.ravel() * n + me
    order = np.argsort(forward)
    edge = order[np.minimum(np.searchsorted(forward, backward, sorter=order), n * k - 1)]
    is_back = (forward[edge] == backward) & (forward != backward)  # an empty slot leads nowhere
    ranks: Int64[np.ndarray, "n k"] = np.where(is_back, edge % k, k).reshape(n, k)
    return ranks


def chosen(
    neighbours: Int64[np.ndarray, "n k"],
    similarity: Float64[np.ndarray, "n k"],
    keep: Bool[np.ndarray, "n k"],
    rule: str,
) -> Proposals:
    """The neighbours to keep as proposals, by image and then by rank; never an empty slot."""
    left, rank = np.nonzero(keep & np.isfinite(similarity))
    rules = np.full(len(left), rule, dtype=object)
    return Proposals(left=left, right=neighbours[left, rank], similarity=similarity[left, rank], rules=rules)


def quantiles(values: np.ndarray) -> str:
    """How values are spread, as text for a message that says a threshold leaves nothing."""
    values = values[np.isfinite(values)].astype(np.float64)
    if not len(values):
        return "there are no others to be paired with"
    shares = (0, 5, 25, 50, 75, 95, 100)
    spread = np.percentile(values, shares)
    return ", ".join(f"{share}%: {value:.4g}" for share, value in zip(shares, spread, strict=True))
