import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from made_features import features, random_values, slow_lists
from sempairs.pairs.mining.lists import chosen, neighbour_lists, quantiles, ranks_back
from sempairs.pairs.mining.nearest import nearest_neighbours

PROBLEMS = {"n": st.integers(3, 30), "d": st.integers(2, 5), "seed": st.integers(0, 10_000), "grid": st.booleans()}


@settings(max_examples=40, deadline=None)
@given(k=st.integers(1, 8), **PROBLEMS)
def test_lists_and_ranks_back_are_those_of_the_definition(n, d, k, seed, grid):
    k = min(k, n - 1)
    values = random_values(n, d, seed, grid)
    neighbours, _ = neighbour_lists(features(values), k)
    lists = slow_lists(values, k)
    assert neighbours.tolist() == lists
    back = [[lists[j].index(i) if i in lists[j] else k for j in near] for i, near in enumerate(lists)]
    assert ranks_back(neighbours).tolist() == back


def test_proposals_come_by_image_and_then_by_rank():
    neighbours = np.array([[1, 2], [2, 0], [0, 1]])
    similarity = np.array([[0.9, 0.8], [0.7, 0.6], [0.5, 0.4]])
    found = chosen(neighbours, similarity, np.array([[True, True], [False, False], [False, True]]), "some rule")
    assert found.left.tolist() == [0, 0, 2]
    assert found.right.tolist() == [1, 2, 1]
    assert found.similarity.tolist() == [0.9, 0.8, 0.4]
    assert found.rules.tolist() == ["some rule"] * 3


def test_quantiles_of_zero_to_a_hundred_are_their_own_percentages():
    assert quantiles(np.arange(101)) == "0%: 0, 5%: 5, 25%: 25, 50%: 50, 75%: 75, 95%: 95, 100%: 100"


@settings(max_examples=20, deadline=None)
@given(k=st.integers(1, 8), **PROBLEMS)
def test_nearest_gives_each_image_its_k_nearest(n, d, k, seed, grid):
    k = min(k, n - 1)
    values = random_values(n, d, seed, grid)
    found = nearest_neighbours(features(values), k=k)
    assert found.left.tolist() == [i for i in range(n) for _ in range(k)]
    assert found.right.tolist() == [j for near in slow_lists(values, k) for j in near]
