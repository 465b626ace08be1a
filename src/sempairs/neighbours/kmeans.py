"""k-means by cosine similarity, the same for any number of threads.

**Source** Dhillon & Modha, "Concept decompositions for large sparse text data using clustering", Machine Learning 42,
2001 (spherical k-means: centres of length one). Rows are assigned by the canonical search and summed in float64, one
after another, so that neither threads nor batches change a cluster; FAISS's k-means does not promise that.
"""

import numpy as np
from jaxtyping import Float32, Float64, Int64
from scipy.sparse import csr_array

from sempairs.core.progress import progress, quiet
from sempairs.core.seeds import rng
from sempairs.neighbours.scores import norms
from sempairs.neighbours.search import nearest

CANCELLED = 1e-9  # a sum of unit vectors shorter than this has no direction but that of rounding


def spherical_kmeans(
    values: Float32[np.ndarray, "n d"], clusters: int, seed: int, rounds: int
) -> tuple[Int64[np.ndarray, " n"], Float64[np.ndarray, "{clusters} d"]]:
    """The cluster of each row, and the centres.

    It starts from rows drawn at random and ends when no row moves, or after so many rounds. A cluster that loses all
    its rows, or whose rows cancel out, keeps its centre.
    """
    n = len(values)
    unit = values / norms(values, "features")[:, None]
    centres = unit[rng("cluster centres", seed).permutation(n)[:clusters]]
    member = np.full(n, -1)
    with progress("clustering", rounds, "rounds") as bar:
        for _ in range(rounds):
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
    return member, centres
