import numpy as np
import pytest

from sempairs.core.seeds import rng
from sempairs.pairs.graph import graph_of


def test_a_graph_counted_by_hand():
    # 0-1 in both orders, 1-2, 3 with itself, 4-5 twice in one order; 6 and 7 are in no pair.
    pairs = np.array([[0, 1], [1, 0], [1, 2], [3, 3], [4, 5], [4, 5]])
    found = graph_of(pairs, 8)
    assert (found.couples, found.mirrored, found.repeated) == (4, 1, 1)
    assert found.partners == [3, 4, 1]  # 3 6 7 have none, 0 2 4 5 have one, 1 has two
    assert (found.components, found.largest) == (3, 3)
    assert found.sizes == [(1, 1), (2, 1), (3, 1)]


@pytest.mark.parametrize("count", [5, 60, 200])
def test_components_are_those_of_union_find(count):
    pairs = rng("pair graph", count).integers(0, 100, (count, 2))
    parent = list(range(100))

    def root(image):
        while parent[image] != image:
            image = parent[image]
        return image

    for a, b in pairs.tolist():
        parent[root(a)] = root(b)
    roots = [root(image) for image in np.unique(pairs).tolist()]
    sizes = sorted(roots.count(one) for one in set(roots))
    found = graph_of(pairs, 100)
    assert (found.components, found.largest) == (len(sizes), sizes[-1])
    assert [size for size, n in found.sizes for _ in range(n)] == sizes
