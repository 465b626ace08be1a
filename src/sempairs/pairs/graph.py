"""The graph that pairs span, images joined by couples. Its components are what a split has to keep together."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components


@dataclass(frozen=True)
class Graph:
    """How pairs hang together. A couple is two images, in whichever order.

    Parameters
    ----------
    couples: number of different couples, images with themselves among them.
    mirrored: couples that stand in the set both as (a, b) and as (b, a).
    repeated: pairs that repeat another one, in the same order.
    partners: `[how many images have this many partners other than themselves]`, from 0 on.
    components: connected components, over the images that are in a pair.
    largest: images in the largest component.
    sizes: `(images in a component, how many components have that many)`, ascending.
    """

    couples: int
    mirrored: int
    repeated: int
    partners: list[int]
    components: int
    largest: int
    sizes: list[tuple[int, int]]


def graph_of(positions: Int64[np.ndarray, "n 2"], images: int) -> Graph:
    """Count the graph of n pairs, at least one.

    Parameters
    ----------
    positions: the two images of each pair.
    images: how many images there are; those in no pair have no partner and belong to no component.
    """
    a, b = positions.T
    ordered = _distinct(a * images + b)
    left, right = np.divmod(_distinct(np.minimum(a, b) * images + np.maximum(a, b)), images)
    is_other = left != right
    partners = np.bincount(np.concatenate([left[is_other], right[is_other]]), minlength=images)
    edges = coo_array((np.ones(len(left), dtype=bool), (left, right)), shape=(images, images))
    _, member = connected_components(edges, directed=False)
    # An image in no pair is a component of one to scipy; here it is in none.
    is_in_pair = np.zeros(images, dtype=bool)
    is_in_pair[positions] = True
    in_pairs = np.bincount(member[is_in_pair])
    sizes, counts = np.unique(in_pairs[in_pairs > 0], return_counts=True)
    return Graph(
        couples=len(left),
        mirrored=len(ordered) - len(left),
        repeated=len(positions) - len(ordered),
        partners=np.bincount(partners).tolist(),
        components=int(counts.sum()),
        largest=int(sizes[-1]),
        sizes=list(zip(sizes.tolist(), counts.tolist(), strict=True)),
    )


def _distinct(numbers: Int64[np.ndarray, " n"]) -> Int64[np.ndarray, " m"]:
    """Ascending, each once. NumPy's own `unique` hashes, which takes twenty times as long for a million numbers."""
    ascending = np.sort(numbers)
    return np.asarray(ascending[np.append(True, ascending[1:] != ascending[:-1])])
