"""Clusters: images are pairs when k-means puts them into one cluster.

**Source** Dhillon & Modha, "Concept decompositions for large sparse text data using clustering", Machine Learning 42,
2001 (spherical k-means: cosine similarity, centres of length one). Images are assigned by `sempairs.neighbours` and
summed in float64, one after another, so that neither threads nor batches change a cluster; FAISS's k-means does not
promise that.
"""

from typing import Literal

import numpy as np
from jaxtyping import Float32, Int64
from scipy.sparse import csr_array

from sempairs.core.errors import UserError
from sempairs.core.progress import progress, quiet
from sempairs.core.seeds import rng
from sempairs.neighbours import cosine, nearest, norms
from sempairs.pairs.mining.base import Features, Proposals

ITERATIONS = 50
CANCELLED = 1e-9  # a sum of unit vectors shorter than this has no direction but that of rounding


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
    UserError: clusters is not between 1 and half the number of images.
    """
    n = len(features.ids)
    if not 1 <= clusters <= n // 2:
        raise UserError(
            "clusters must be between 1 and half the number of images", got=f"{clusters} clusters for {n} images"
        )
    member = spherical_kmeans(features.values, clusters, seed)
    mixed = rng("cluster cycle", seed).permutation(n)
    order = mixed[np.argsort(member[mixed], kind="stable")]
    right = np.arange(n)
    for group in np.split(order, np.flatnonzero(np.diff(member[order])) + 1):
        if len(group) > 1 and partner == "cycle":
            right[group] = np.roll(group, -1)
        elif len(group) > 1:
            group = np.sort(group)  # so that ties go to the first in order
            right[group] = _nearest_within(features.values, group)
    left = np.flatnonzero(right != np.arange(n))
    right = right[left]
    similarity = cosine(features.values[left], features.values[right])
    return Proposals(left=left, right=right, similarity=similarity, rules=np.full(len(left), "cluster", dtype=object))


def spherical_kmeans(values: Float32[np.ndarray, "n d"], clusters: int, seed: int) -> Int64[np.ndarray, " n"]:
    """The cluster of each row, the same for any number of threads.

    It starts from rows drawn at random and ends when no row moves, or after `ITERATIONS` rounds. A cluster that loses
    all its rows, or whose rows cancel out, keeps its centre.
    """
    n = len(values)
    unit = values / norms(values, "features")[:, None]
    centres = unit[rng("cluster centres", seed).permutation(n)[:clusters]]
    member = np.full(n, -1)
    with progress("clustering", ITERATIONS, "rounds") as bar:
        for _ in range(ITERATIONS):
            before = member
            with quiet():
                member = nearest(values, centres.astype(np.float32), 1, exclude_self=False)[0][:, 0]
            bar()
            if np.array_equal(member, before):
                break
            # A sparse product adds the rows of a cluster one after another, in float64.
            sums = csr_array((np.ones(n), (member, np.arange(n))), shape=(clusters, n)) @ unit
            length = np.sqrt(np.square(sums).sum(axis=1, keepdims=True))
            centres = np.where(length > CANCELLED, sums / np.maximum(length, CANCELLED), centres)
    return member


def _nearest_within(values: Float32[np.ndarray, "n d"], group: Int64[np.ndarray, " m"]) -> Int64[np.ndarray, " m"]:
    """The nearest neighbour of each of a group within the group."""
    with quiet():
        indices, _ = nearest(values[group], values[group], 1, exclude_self=True)
    partners: Int64[np.ndarray, " m"] = group[indices[:, 0]]
    return partners
