"""Similarity band: neighbours that are similar enough to mean the same, and not so similar that they are near-copies.

**Source** Alkhalefi, Leontidis, Zhong, "Semantic positive pairs for enhancing visual representation learning of
instance discrimination methods" (SePP-ID), arXiv 2306.16122: the two thresholds. The search, of each image among all
others, is this package's own.
"""

from sempairs.core.errors import UserError
from sempairs.pairs.mining.base import Features, NoPairs, Proposals
from sempairs.pairs.mining.lists import chosen, neighbour_lists, quantiles


def band(features: Features, *, low: float, high: float, k: int = 1) -> Proposals:
    """Each image with its nearest neighbours among those whose cosine similarity lies within [low, high].

    Parameters
    ----------
    low: against false neighbours. Which value does it depends on the encoder: there is no default.
    high: against near-duplicates.
    k: how many partners each image gets at the most.

    Raises
    ------
    UserError: bounds that are no band; k out of range; a band that leaves nothing (the message says where the nearest
        neighbours lie).
    """
    if not -1 <= low < high <= 1:
        raise UserError("a band needs -1 <= low < high <= 1", got=f"low = {low}, high = {high}")
    neighbours, similarity = neighbour_lists(features, k, at_most=high)
    within = similarity >= low
    if not within.any():
        _, nearest = neighbour_lists(features, 1)
        raise NoPairs(
            f"no two images have a similarity from {low} to {high}",
            got=f"similarity to the nearest neighbour: {quantiles(nearest)}",
            todo="choose low and high around these values",
        )
    return chosen(neighbours, similarity, within, "band")
