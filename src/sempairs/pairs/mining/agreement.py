"""Agreement: two images are a pair when several encoders each find the one near the other.

What looks alike to one encoder for a reason of its own (colour, background) rarely does to another one.
"""

import numpy as np

from sempairs.core.errors import UserError
from sempairs.neighbours import cosine
from sempairs.pairs.mining.base import Features, NoPairs, Proposals
from sempairs.pairs.mining.lists import neighbour_lists


def agreement(features: Features, *, k: int = 20, agree: int | None = None) -> Proposals:
    """Each image with the one that is among its k nearest neighbours for enough of the joined encoders.

    Of several such images it is the one with the highest mean similarity over all encoders, then the first in order.
    With one encoder that is the nearest neighbour.

    Parameters
    ----------
    k: length of the lists of nearest neighbours (cosine similarity), one list for each encoder.
    agree: in how many encoders' lists a partner must be; None for all.

    Raises
    ------
    UserError: k is not between 1 and the number of other images; agree not between 1 and the number of encoders; no
        image is in that many lists.
    """
    encoders = features.parts()
    needed = len(encoders) if agree is None else agree
    if not 1 <= needed <= len(encoders):
        raise UserError(
            "agree must be between 1 and the number of encoders",
            got=f"agree = {agree}, {len(encoders)} encoders",
            todo="repeat --features for each encoder",
        )
    n = len(features.ids)
    edges = []
    for encoder in encoders:
        neighbours, similarity = neighbour_lists(encoder, k)
        left, rank = np.nonzero(np.isfinite(similarity))
        edges.append(left * n + neighbours[left, rank])
    found, votes = np.unique(np.concatenate(edges), return_counts=True)
    left, right = np.divmod(found[votes >= needed], n)
    if not len(left):
        raise NoPairs(
            f"no image is among the {k} nearest neighbours of another for {needed} encoders",
            got=f"{len(encoders)} encoders, at most {votes.max(initial=0)} of which agree on a pair",
            todo="set a larger k or a smaller agree",
        )
    similarity = cosine(features.values[left], features.values[right])
    order = np.lexsort((right, -similarity, left))
    first = order[np.unique(left[order], return_index=True)[1]]
    rules = np.full(len(first), "agreement", dtype=object)
    return Proposals(left=left[first], right=right[first], similarity=similarity[first], rules=rules)
