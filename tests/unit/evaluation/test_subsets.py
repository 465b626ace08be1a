"""Which images keep their labels."""

import itertools

import numpy as np

from sempairs.evaluation.subsets import balanced, held_out

LABELS = np.random.default_rng(0).permutation(np.repeat([3, 7, 8], [100, 60, 4]))


def test_a_draw_has_as_many_of_each_class_or_all_that_there_are():
    for each, expected in ((1, [1, 1, 1]), (4, [4, 4, 4]), (50, [50, 50, 4])):
        rows = balanced(LABELS, each, 0)
        assert [int((LABELS[rows] == name).sum()) for name in (3, 7, 8)] == expected
        assert np.array_equal(rows, np.unique(rows))


def test_more_images_contain_fewer_and_another_name_is_another_draw():
    draws = [set(balanced(LABELS, each, 0, 5).tolist()) for each in (1, 5, 10, 50)]
    assert all(fewer < more for fewer, more in itertools.pairwise(draws))
    assert draws[2] == set(balanced(LABELS, 10, 0, 5).tolist())
    assert draws[2] != set(balanced(LABELS, 10, 0, 6).tolist())


def test_a_fifth_of_each_class_is_held_out_but_never_its_last_image():
    labels = np.repeat([0, 1, 2, 3], [100, 10, 2, 1])
    chosen = held_out(labels, 0)
    # A fifth of 100 and 10, one of 2, none of 1.
    assert [int(chosen[labels == name].sum()) for name in range(4)] == [20, 2, 1, 0]
    assert np.array_equal(chosen, held_out(labels, 0))
    assert not np.array_equal(chosen, held_out(labels, 1))
