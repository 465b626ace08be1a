"""Nearest neighbours: each image with the images most similar to it.

The simplest rule and the yardstick of the others: every image is covered, whether or not anything like it is there.
Nearest-neighbour positives are those of Dwibedi et al., "With a little help from my friends", ICCV 2021
(arXiv 2104.14548).
"""

import numpy as np

from sempairs.pairs.mining.base import Features, Proposals
from sempairs.pairs.mining.lists import chosen, neighbour_lists


def nearest_neighbours(features: Features, *, k: int = 1) -> Proposals:
    """Each image with its nearest neighbours.

    Parameters
    ----------
    k: how many partners each image gets.

    Raises
    ------
    UserError: k is not between 1 and the number of other images.
    """
    neighbours, similarity = neighbour_lists(features, k)
    return chosen(neighbours, similarity, np.ones(neighbours.shape, dtype=bool), "nearest")
