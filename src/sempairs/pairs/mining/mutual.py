"""Mutual nearest neighbours: two images are a pair when each is among the nearest of the other.

A nearest neighbour alone is often a hub, near to everything; asking for mutuality keeps hubs out (Jegou et al.,
"Accurate image search using the contextual dissimilarity measure", PAMI 2010).
"""

from typing import Literal

import numpy as np

from sempairs.pairs.mining.base import Features, Proposals
from sempairs.pairs.mining.lists import neighbour_lists, ranks_back


def mutual(features: Features, *, k: int = 20, rest: Literal["drop", "nearest"] = "drop") -> Proposals:
    """Each image with the neighbour that is nearest by mutual rank.

    The mutual rank of two images is the worse of their ranks in each other's list of nearest neighbours (cosine
    similarity); ties go to the more similar, then to the first in order.

    Parameters
    ----------
    k: how far down a list a mutual neighbour may stand.
    rest: what an image without a mutual neighbour gets: no pair, or its nearest neighbour. The `rule` column says
        which pairs those are.

    Raises
    ------
    UserError: k is not between 1 and the number of other images.
    """
    neighbours, similarity = neighbour_lists(features, k)
    rank_back = ranks_back(neighbours)
    rank = np.where(rank_back < k, np.maximum(np.arange(k), rank_back), k)
    # The lists are sorted by similarity, so the first best rank is also the most similar of the ties.
    best = rank.argmin(axis=1)
    everyone = np.arange(len(neighbours))
    has_mutual = rank[everyone, best] < k
    chosen = np.where(has_mutual, best, 0)
    keep = has_mutual if rest == "drop" else np.isfinite(similarity[:, 0])
    return Proposals(
        left=everyone[keep],
        right=neighbours[everyone, chosen][keep],
        similarity=similarity[everyone, chosen][keep],
        rules=np.where(has_mutual, "mutual", "nearest").astype(object)[keep],
    )
