import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from made_features import cosines, couples, features, on_circle, random_values, slow_lists
from sempairs.core.errors import UserError
from sempairs.pairs.mining.band import band


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(3, 30),
    d=st.integers(2, 5),
    k=st.integers(1, 6),
    seed=st.integers(0, 10_000),
    grid=st.booleans(),
    low=st.sampled_from([-1.0, 0.5, 0.9]),
    high=st.sampled_from([0.95, 0.99, 1.0]),
)
def test_partners_are_those_of_the_definition(n, d, k, seed, grid, low, high):
    k = min(k, n - 1)
    values = random_values(n, d, seed, grid)
    similarity = cosines(values)
    wanted = []
    for i, near in enumerate(slow_lists(values, n - 1)):
        wanted += [(i, j) for j in near if low <= similarity[i, j] <= high][:k]
    if wanted:
        assert couples(band(features(values), low=low, high=high, k=k)) == wanted
    else:
        with pytest.raises(UserError, match="no two images have a similarity"):
            band(features(values), low=low, high=high, k=k)


def test_near_copies_are_passed_over_however_many_there_are():
    # 40 copies of one image, more than one search brings, and images 10 and 60 degrees away (cosines .985 and .5).
    found = band(on_circle(*[0] * 40, 10, 60), low=0.6, high=0.99)
    # The copies get image 40, which gets the first copy; image 41 is 50 degrees (.643) from image 40.
    assert couples(found) == [*((i, 40) for i in range(40)), (40, 0), (41, 40)]
    np.testing.assert_allclose(found.similarity[:41], np.cos(np.radians(10)), atol=1e-6)


def test_the_bounds_belong_to_the_band():
    # Rows (1, 0), (.6, .8), (0, 1) have cosines .6, .8 and 0.
    three = features(np.array([[1, 0], [0.6, 0.8], [0, 1]]))
    assert couples(band(three, low=0.6, high=0.8, k=2)) == [(0, 1), (1, 2), (1, 0), (2, 1)]
    assert couples(band(three, low=0.600001, high=0.8, k=2)) == [(1, 2), (2, 1)]
    assert couples(band(three, low=0.6, high=0.799999, k=2)) == [(0, 1), (1, 0)]


def test_a_band_that_leaves_nothing_says_where_the_neighbours_are():
    # The nearest similarities of (1, 0), (.6, .8), (0, 1): .6, .8, .8; their median is .8.
    three = features(np.array([[1, 0], [0.6, 0.8], [0, 1]]))
    with pytest.raises(UserError, match=r"0%: 0\.6, .* 50%: 0\.8, .* 100%: 0\.8"):
        band(three, low=0.9, high=0.95)


@pytest.mark.parametrize(("low", "high"), [(0.9, 0.9), (0.9, 0.8), (-1.1, 0.5), (0.5, 1.1), (float("nan"), 0.5)])
def test_bounds_that_are_no_band_are_refused(low, high):
    with pytest.raises(UserError, match="-1 <= low < high <= 1"):
        band(on_circle(0, 1, 2), low=low, high=high)
