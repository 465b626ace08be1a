from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from made_features import couples, features, on_circle, random_values, slow_lists
from sempairs.core.errors import UserError
from sempairs.pairs.mining import shared as module
from sempairs.pairs.mining.shared import shared_neighbours


def slow_shared(values, k, shared, mutual):
    """The partner of each image, straight from the definition."""
    lists, partners = slow_lists(values, k), []
    for i, near in enumerate(lists):
        counts = [
            (-len(set(near) & set(lists[j])), rank, j) for rank, j in enumerate(near) if not mutual or i in lists[j]
        ]
        if counts and -min(counts)[0] >= shared:
            partners.append((i, min(counts)[2]))
    return partners


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(3, 30),
    d=st.integers(2, 5),
    k=st.integers(2, 8),
    shared=st.integers(1, 4),
    mutual=st.booleans(),
    seed=st.integers(0, 10_000),
    grid=st.booleans(),
    block_bytes=st.sampled_from([1, 1000, 2**26]),
)
def test_partners_are_those_of_the_definition(n, d, k, shared, mutual, seed, grid, block_bytes):
    k = min(k, n - 1)
    shared = min(shared, k - 1)
    values = random_values(n, d, seed, grid)
    wanted = slow_shared(values, k, shared, mutual)
    with mock.patch.object(module, "BLOCK_BYTES", block_bytes):
        if wanted:
            assert couples(shared_neighbours(features(values), k=k, shared=shared, mutual=mutual)) == wanted
        else:
            with pytest.raises(UserError, match="no two images share"):
                shared_neighbours(features(values), k=k, shared=shared, mutual=mutual)


def test_who_is_near_to_two_groups_is_in_neither():
    # Two groups of four, one degree apart within, and an image between them, its three nearest in both groups.
    found = shared_neighbours(on_circle(0, 1, 2, 3, 20, 37, 38, 39, 40), k=3, shared=2)
    assert 4 not in found.left
    assert 4 not in found.right
    assert {(i < 4) == (j < 4) for i, j in couples(found)} == {True}
    # Within four images that are each other's three nearest, any two have the other two in common: all tie, and the
    # nearest is taken, of two equally near the first.
    assert couples(found) == [(0, 1), (1, 0), (2, 1), (3, 2), (5, 6), (6, 5), (7, 6), (8, 7)]


def test_a_couple_with_a_hub_shares_nothing():
    # Image 0 is the nearest of 1, 2 and 3, which point three ways; they have no other neighbour in common.
    hub = features(np.array([[1, 1, 1], [9, 1, 1], [1, 9, 1], [1, 1, 9], [9.1, 1, 1], [1, 9.1, 1], [1, 1, 9.1]]))
    found = shared_neighbours(hub, k=2, shared=1)
    assert all({i, j} in ({1, 4}, {2, 5}, {3, 6}) for i, j in couples(found))


@pytest.mark.parametrize(("k", "shared"), [(1, 1), (2, 2), (2, 0), (0, 0)])
def test_impossible_numbers_are_refused(k, shared):
    with pytest.raises(UserError, match="shared must be between"):
        shared_neighbours(on_circle(0, 1, 2), k=k, shared=shared)


def test_nothing_shared_says_what_is():
    # A ring of six, one of the two nearest in common with no one who has it in its list.
    with pytest.raises(UserError, match="50%: "):
        shared_neighbours(on_circle(0, 60, 120, 180, 240, 300), k=2, shared=1)
