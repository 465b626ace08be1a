"""Shared nearest neighbours: two images are alike when the same images are near both.

**Source** Jarvis & Patrick, "Clustering using a similarity measure based on shared near neighbors", IEEE Transactions
on Computers C-22(11), 1973. **Departure**: of all couples that pass the paper's test each image keeps its best one,
instead of joining them into clusters; an image is not counted in its own list. Where images are kept apart, as those
of one hospital, they are no partners but still count as shared neighbours: two hospitals would share none otherwise.
"""

import dataclasses

import numpy as np
from jaxtyping import Int64

from sempairs.core.errors import UserError
from sempairs.pairs.mining.base import Features, NoPairs, Proposals
from sempairs.pairs.mining.lists import chosen, neighbour_lists, quantiles, ranks_back

BLOCK_BYTES = 64 * 2**20


def shared_neighbours(features: Features, *, k: int = 20, shared: int = 10, mutual: bool = True) -> Proposals:
    """Each image with the one of its k nearest neighbours that has most of its own k nearest in common with it.

    Ties go to the more similar, then to the first in order.

    Parameters
    ----------
    k: length of the lists of nearest neighbours (cosine similarity).
    shared: how many images the two lists must have in common; at most k - 1, as nobody is in his own list.
    mutual: whether both must be in the other's list, as in the paper.

    Raises
    ------
    UserError: k is not between 2 and the number of other images; shared not between 1 and k - 1; a number of shared
        neighbours that no two images reach (the message says how many the best partners share).
    """
    if not 1 <= shared < k:
        raise UserError("shared must be between 1 and k - 1", got=f"shared = {shared}, k = {k}")
    neighbours, similarity = neighbour_lists(features, k)
    lists = neighbours if features.apart is None else neighbour_lists(dataclasses.replace(features, apart=None), k)[0]
    common = in_common(neighbours, lists)
    common[similarity == -np.inf] = -1
    if mutual:
        common[ranks_back(neighbours) == k] = -1
    # The lists are sorted by similarity, so the first largest number is also the most similar of the ties.
    best = common.argmax(axis=1)[:, None]
    most = np.take_along_axis(common, best, 1)
    if not (most >= shared).any():
        raise NoPairs(
            f"no two images share {shared} of their {k} nearest neighbours",
            got=f"shared with the best partner: {quantiles(most.clip(0))}",
            todo="set a smaller shared or a larger k",
        )
    neighbours, similarity = (np.take_along_axis(lists, best, 1) for lists in (neighbours, similarity))
    return chosen(neighbours, similarity, most >= shared, "shared")


def in_common(partners: Int64[np.ndarray, "n k"], lists: Int64[np.ndarray, "n k"]) -> Int64[np.ndarray, "n k"]:
    """How many images the list of image i has in common with that of `partners[i, r]`."""
    n, k = lists.shape
    common = np.empty((n, k), dtype=np.int64)
    rows = max(1, BLOCK_BYTES // (n + 8 * k * k))
    is_near = np.zeros((rows, n), dtype=bool)
    for start in range(0, n, rows):
        mine, theirs = lists[start : start + rows], lists[partners[start : start + rows]]
        marks = is_near[: len(mine)]
        np.put_along_axis(marks, mine, True, 1)
        found = np.take_along_axis(marks, theirs.reshape(len(mine), k * k), 1).reshape(theirs.shape)
        common[start : start + rows] = found.sum(axis=2)
        np.put_along_axis(marks, mine, False, 1)
    return common
