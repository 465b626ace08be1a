"""Images that must be kept apart: every rule chooses among the pairs that are left, however they were searched."""

from dataclasses import replace
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from made_features import cosines, couples, features, on_circle, random_values
from sempairs.core.errors import UserError
from sempairs.core.seeds import rng
from sempairs.pairs.mining import lists
from sempairs.pairs.mining.band import band
from sempairs.pairs.mining.cluster import cluster
from sempairs.pairs.mining.lists import neighbour_lists, ranks_back
from sempairs.pairs.mining.margin import margin_test
from sempairs.pairs.mining.mutual import mutual
from sempairs.pairs.mining.nearest import nearest_neighbours
from sempairs.pairs.mining.shared import shared_neighbours


def slow_lists_apart(values, apart, k, at_most):
    """For each image all others it may be paired with, by similarity and then by position."""
    similarity, n = cosines(values), len(values)
    found = []
    for i in range(n):
        free = [
            j
            for j in range(n)
            if j != i
            and similarity[i, j] <= at_most
            and not any(one == other and one >= 0 for one, other in zip(apart[i], apart[j], strict=True))
        ]
        found.append(sorted(free, key=lambda j: (-similarity[i, j], j))[:k])
    return found


@settings(max_examples=150, deadline=None)
@given(
    n=st.integers(3, 30),
    d=st.integers(2, 5),
    k=st.integers(1, 6),
    seed=st.integers(0, 10_000),
    grid=st.booleans(),
    groups=st.integers(1, 12),
    columns=st.integers(1, 3),
    large=st.sampled_from([0, 1, 3, 256]),
    at_most=st.sampled_from([0.9, 0.99, 1.0]),
)
def test_lists_are_those_of_the_definition_for_small_and_large_groups(
    n, d, k, seed, grid, groups, columns, large, at_most
):
    k = min(k, n - 1)
    values = random_values(n, d, seed, grid)
    apart = rng("apart", seed).integers(-1, groups, (n, columns))  # -1 is no group
    with mock.patch.object(lists, "LARGE", large):
        neighbours, similarity = neighbour_lists(replace(features(values), apart=apart), k, at_most=at_most)
    everything = zip(slow_lists_apart(values, apart, k, at_most), neighbours.tolist(), similarity, strict=True)
    for i, (wanted, found, scores) in enumerate(everything):
        assert found == wanted + [i] * (k - len(wanted))
        np.testing.assert_allclose(scores[: len(wanted)], cosines(values)[i, wanted], rtol=0, atol=1e-6)
        assert (scores[len(wanted) :] == -np.inf).all()


def test_empty_slots_are_nobodys_neighbours():
    # Image 0 has image 1 alone; 1 has 0 and 2; 2 has 1 alone. An empty slot holds the image itself.
    neighbours = np.array([[1, 0], [0, 2], [1, 2]])
    assert ranks_back(neighbours).tolist() == [[0, 2], [0, 0], [1, 2]]


# Five images at 0, 1, 2, 30 and 31 degrees; the first three are of one group. Image 3 is 28 degrees from image 2.
FIVE = replace(on_circle(0, 1, 2, 30, 31), apart=np.array([[0], [0], [0], [1], [2]]))


def test_each_rule_on_five_images_worked_by_hand():
    # For images 0, 1 and 2 only 3 and 4 may be partners, and 3 is nearer. 3 and 4 are 1 degree away from each other.
    assert couples(nearest_neighbours(FIVE)) == [(0, 3), (1, 3), (2, 3), (3, 4), (4, 3)]
    # With four neighbours images 0 to 2 have two each, and 3 and 4 have four.
    assert couples(nearest_neighbours(FIVE, k=4)) == [
        *((i, j) for i in range(3) for j in (3, 4)), (3, 4), (3, 2), (3, 1), (3, 0), (4, 3), (4, 2), (4, 1), (4, 0)
    ]  # fmt: skip
    assert couples(mutual(FIVE, k=1)) == [(3, 4), (4, 3)]
    # Similarities: 1 degree is .9998, 28 degrees .8829, 29 degrees .8746, 30 degrees .8660, 31 degrees .8572.
    assert couples(band(FIVE, low=0.87, high=0.99)) == [(1, 3), (2, 3), (3, 2), (4, 2)]
    # Image 3 has 4 at .9998 and then 2 at .8829; for images 0 to 2 the second is one degree further: at most .0088.
    assert couples(margin_test(FIVE, margin=0.05, k=2)) == [(3, 4), (4, 3)]
    # Images 0 to 2 have no third neighbour to stand out from.
    assert couples(margin_test(FIVE, margin=0.001, k=3)) == [(3, 4), (4, 3)]
    # One cluster: the nearest image of it that may be a partner.
    assert couples(cluster(FIVE, clusters=1, partner="nearest")) == couples(nearest_neighbours(FIVE))


def test_images_kept_apart_still_count_as_shared_neighbours():
    # Two groups of 4 in one place each: lists across groups alone could not have an image in common.
    degrees = [0, 1, 2, 3, 0.5, 1.5, 2.5, 3.5]
    two = replace(on_circle(*degrees), apart=np.repeat([[0], [1]], 4, axis=0))
    found = shared_neighbours(two, k=4, shared=1)
    assert len(found.left) == 8
    assert ((found.left < 4) != (found.right < 4)).all()


def test_images_without_any_partner_get_none():
    # All of one group but the last.
    alone = replace(on_circle(0, 1, 2, 30), apart=np.array([[7], [7], [7], [-1]]))
    assert couples(nearest_neighbours(alone, k=2)) == [(0, 3), (1, 3), (2, 3), (3, 2), (3, 1)]
    nobody = replace(on_circle(0, 1, 2), apart=np.zeros((3, 1), dtype=np.int64))
    assert couples(nearest_neighbours(nobody)) == couples(mutual(nobody, k=1, rest="nearest")) == []
    with pytest.raises(UserError, match="there are no others to be paired with"):
        band(nobody, low=0.1, high=0.9)
    with pytest.raises(UserError, match="there are no others to be paired with"):
        margin_test(nobody)


def test_a_cycle_through_a_cluster_refuses_to_keep_apart_and_says_what_can():
    with pytest.raises(UserError, match="partner=nearest"):
        cluster(FIVE, clusters=1)
