"""Clusters: images are pairs when k-means by cosine similarity puts them into one cluster."""

from typing import Literal

import numpy as np
from jaxtyping import Int64

from sempairs.core.errors import UserError
from sempairs.core.progress import quiet
from sempairs.core.seeds import rng
from sempairs.neighbours import cosine, spherical_kmeans
from sempairs.pairs.mining.base import Features, NoPairs, Proposals
from sempairs.pairs.mining.lists import neighbour_lists

ROUNDS = 50


def cluster(
    features: Features, *, clusters: int = 1000, partner: Literal["cycle", "nearest"] = "cycle", seed: int = 0
) -> Proposals:
    """Each image with another one of its cluster. An image alone in its cluster gets no pair.

    The first centres are images drawn by position, so images in another order get other clusters.

    Parameters
    ----------
    clusters: how many; more are purer and leave more images alone.
    partner: the next in a random cycle through the cluster (each image once on each side of a pair), or the nearest.
    seed: of the first centres and of the cycles.

    Raises
    ------
    UserError: clusters is not between 1 and half the number of images; a cycle where images must be kept apart.
    """
    n = len(features.ids)
    if partner == "cycle" and features.apart is not None:
        raise UserError("a cycle through a cluster cannot keep images apart", todo="--set miner.partner=nearest")
    if not 1 <= clusters <= n // 2:
        error = UserError if clusters < 1 else NoPairs
        raise error(
            "clusters must be between 1 and half the number of images", got=f"{clusters} clusters for {n} images"
        )
    member, _ = spherical_kmeans(features.values, clusters, seed, ROUNDS)
    mixed = rng("cluster cycle", seed).permutation(n)
    order = mixed[np.argsort(member[mixed], kind="stable")]
    right = np.arange(n)
    for group in np.split(order, np.flatnonzero(np.diff(member[order])) + 1):
        if len(group) > 1 and partner == "cycle":
            right[group] = np.roll(group, -1)
        elif len(group) > 1:
            group = np.sort(group)  # so that ties go to the first in order
            right[group] = _nearest_within(features, group)
    left = np.flatnonzero(right != np.arange(n))
    right = right[left]
    similarity = cosine(features.values[left], features.values[right])
    return Proposals(left=left, right=right, similarity=similarity, rules=np.full(len(left), "cluster", dtype=object))


def _nearest_within(features: Features, group: Int64[np.ndarray, " m"]) -> Int64[np.ndarray, " m"]:
    """The nearest neighbour of each of a group within the group; itself if it must be kept apart from all of them."""
    with quiet():
        indices, _ = neighbour_lists(features.take(group), 1)
    partners: Int64[np.ndarray, " m"] = group[indices[:, 0]]
    return partners
