import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from made_features import cosines, couples, features, on_circle, random_values, slow_lists
from sempairs.core.errors import UserError
from sempairs.pairs.mining.margin import margin_test


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(3, 30),
    d=st.integers(2, 5),
    k=st.integers(2, 6),
    seed=st.integers(0, 10_000),
    grid=st.booleans(),
    margin=st.sampled_from([0.001, 0.05]),
)
def test_partners_are_those_of_the_definition(n, d, k, seed, grid, margin):
    k = min(k, n - 1)
    values = random_values(n, d, seed, grid)
    similarity = cosines(values)
    wanted = [
        (i, near[0])
        for i, near in enumerate(slow_lists(values, k))
        if round(similarity[i, near[0]] - similarity[i, near[-1]], 6) >= margin
    ]
    if wanted:
        assert couples(margin_test(features(values), margin=margin, k=k)) == wanted
    else:
        with pytest.raises(UserError, match="stands out"):
            margin_test(features(values), margin=margin, k=k)


def test_only_who_stands_out_is_kept_and_copies_do_not():
    # Images 0 and 1 are 1 degree apart and 29 from the rest: cos 1 - cos 29 = .125. Images 3 to 5 are copies of one
    # another, 10 degrees from image 2, to which they are equally near.
    found = margin_test(on_circle(0, 1, 30, 40, 40, 40), margin=0.1)
    assert couples(found) == [(0, 1), (1, 0)]


def test_a_margin_that_is_just_reached_counts():
    # (.96, .28) and (.8, .6) have cosines .96 and .8 with (1, 0): .96 - .8 is .16 less a bit of float64.
    rows = features(np.array([[1, 0], [0.96, 0.28], [0.8, 0.6]]))
    assert (0, 1) in couples(margin_test(rows, margin=0.16))
    with pytest.raises(UserError, match="margins"):
        margin_test(rows, margin=0.160001)


@pytest.mark.parametrize("margin", [0.0, -0.1, 2.1, float("nan")])
def test_margins_that_test_nothing_are_refused(margin):
    with pytest.raises(UserError, match="above 0 and at most 2"):
        margin_test(on_circle(0, 1, 2), margin=margin)


@pytest.mark.parametrize("k", [1, 0, 3])
def test_k_must_be_a_later_neighbour(k):
    with pytest.raises(UserError, match="k"):
        margin_test(on_circle(0, 1, 2), k=k)
