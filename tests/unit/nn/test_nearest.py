import pytest
import torch
from sklearn.neighbors import NearestNeighbors

from sempairs.nn.nearest import nearest, same_class_neighbours

AXES = torch.eye(3, dtype=torch.float64)


@pytest.mark.parametrize("k", [1, 4, 30])
def test_agrees_with_scikit_learn(k):
    rows = torch.randn(38, 5, generator=torch.Generator().manual_seed(k), dtype=torch.float64)
    oracle = NearestNeighbors(n_neighbors=k, metric="cosine", algorithm="brute").fit(rows[8:].numpy())
    wanted = oracle.kneighbors(rows[:8].numpy(), return_distance=False)
    assert nearest(rows[:8], rows[8:], k).tolist() == wanted.tolist()


def test_of_equals_the_first_comes_first():
    rows = AXES[[1, 0, 2, 0, 1, 0]]
    assert nearest(AXES[[0]], rows, 5).tolist() == [[1, 3, 5, 0, 2]]
    assert nearest(AXES[[0]], AXES[[0]].expand(64, 3), 64).tolist() == [list(range(64))]


def test_length_does_not_count():
    assert nearest(AXES[[0]], torch.stack([AXES[0] + AXES[1], 0.1 * AXES[0], -9 * AXES[0]]), 3).tolist() == [[1, 0, 2]]


def test_with_fewer_rows_than_wanted_all_come():
    assert nearest(AXES[[2]], AXES, 10).tolist() == [[2, 0, 1]]
    assert nearest(AXES, AXES[:0], 2).shape == (3, 0)


def test_the_share_of_the_same_class_counts_what_is_known():
    label = torch.tensor([0, 1, -1])
    found = torch.tensor([[0, 1, -1], [1, 1, 0], [-1, 0, 1]])
    assert same_class_neighbours(label, found).item() == pytest.approx(3 / 5)  # 0 of 0, 1; 1, 1 of 1, 1, 0
    assert same_class_neighbours(label, torch.full((3, 2), -1)).item() == 0
