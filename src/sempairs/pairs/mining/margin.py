"""Margin test: a nearest neighbour counts only if it stands out from the next ones.

**Source** the ratio test of Lowe, "Distinctive image features from scale-invariant keypoints", IJCV 2004, section 7.1.
**Departure**: a difference of cosine similarities in place of a ratio of distances; the neighbour to stand out from may
be further down the list than the second, because in a dense class the second one is as right as the first.
"""

import numpy as np

from sempairs.core.errors import UserError
from sempairs.neighbours import DECIMALS
from sempairs.pairs.mining.base import Features, NoPairs, Proposals
from sempairs.pairs.mining.lists import chosen, neighbour_lists, quantiles


def margin_test(features: Features, *, margin: float = 0.02, k: int = 2) -> Proposals:
    """Each image with its nearest neighbour, if that is more similar than the k-th one by a margin.

    Parameters
    ----------
    margin: by how much, in cosine similarity.
    k: the rank of the neighbour to stand out from.

    Raises
    ------
    UserError: a margin outside of (0, 2]; k not between 2 and the number of other images; a margin that leaves nothing
        (the message says how large the margins are).
    """
    if not 0 < margin <= 2:
        raise UserError("margin must be above 0 and at most 2", got=margin)
    if k < 2:
        raise UserError("the nearest neighbour can stand out from the second one or a later one", got=f"k = {k}")
    neighbours, similarity = neighbour_lists(features, k)
    full = np.isfinite(similarity[:, -1])  # images that must be kept apart may leave too few to stand out from
    ahead = np.full(len(similarity), -np.inf)
    # Both have DECIMALS decimals, so their difference has too; without this .95 - .93 is less than .02.
    ahead[full] = np.round(similarity[full, 0] - similarity[full, -1], DECIMALS)
    stands_out = ahead >= margin
    if not stands_out.any():
        raise NoPairs(
            f"no nearest neighbour stands out from neighbour {k} by {margin}",
            got=f"margins: {quantiles(ahead)}",
            todo="set a smaller margin or a larger k",
        )
    return chosen(neighbours[:, :1], similarity[:, :1], stands_out[:, None], "margin")
