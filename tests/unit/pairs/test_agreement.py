import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from made_features import cosines, couples, features, on_circle, random_values, slow_lists
from sempairs.core.errors import UserError
from sempairs.pairs.mining import join
from sempairs.pairs.mining.agreement import agreement
from sempairs.pairs.mining.nearest import nearest_neighbours


def slow_agreement(values: list[np.ndarray], joined: np.ndarray, k: int, agree: int) -> list[tuple[int, int]]:
    """The partner of each image, straight from the definition."""
    seen = [slow_lists(one, k) for one in values]
    mean, found = cosines(joined), []
    for i in range(len(joined)):
        agreed = [j for j in range(len(joined)) if sum(j in lists[i] for lists in seen) >= agree]
        found += [(i, min(agreed, key=lambda j: (-mean[i, j], j)))] if agreed else []
    return found


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(3, 25),
    dims=st.lists(st.integers(2, 4), min_size=1, max_size=3),
    k=st.integers(1, 6),
    agree=st.integers(1, 3),
    seed=st.integers(0, 10_000),
    grid=st.booleans(),
)
def test_partners_are_those_of_the_definition(n, dims, k, agree, seed, grid):
    k, agree = min(k, n - 1), min(agree, len(dims))
    values = [random_values(n, d, seed + number, grid) for number, d in enumerate(dims)]
    joined = join([features(one) for one in values])
    wanted = slow_agreement([part.values for part in joined.parts()], joined.values, k, agree)
    if wanted:
        assert couples(agreement(joined, k=k, agree=agree)) == wanted
    else:
        with pytest.raises(UserError, match="no image is among"):
            agreement(joined, k=k, agree=agree)


@settings(max_examples=30, deadline=None)
@given(n=st.integers(3, 20), dims=st.lists(st.integers(1, 5), min_size=2, max_size=4), seed=st.integers(0, 10_000))
def test_the_similarity_of_joined_features_is_the_mean_over_the_encoders(n, dims, seed):
    values = [random_values(n, d, seed + number, False) for number, d in enumerate(dims)]
    joined = join([features(one) for one in values])
    # Rounding to six decimals, and features of length one in float32 (24 bits), leave less than 2e-6.
    np.testing.assert_allclose(cosines(joined.values), np.mean([cosines(one) for one in values], axis=0), atol=2e-6)
    for part, one in zip(joined.parts(), values, strict=True):
        np.testing.assert_allclose(part.values, one / np.linalg.norm(one, axis=1, keepdims=True), atol=1e-6)
    assert joined.encoder == "+".join(["test"] * len(dims))


def test_encoders_that_disagree_leave_those_pairs_out():
    # The first encoder pairs 0 with 1 and 2 with 3; the second one 0 with 1, but 2 with 0 and 3 with 1.
    first, second = on_circle(0, 5, 90, 95), on_circle(0, 5, -30, 40)
    assert couples(agreement(join([first, second]), k=1)) == [(0, 1), (1, 0)]
    # It is enough for one encoder: image 2 takes image 3 at the mean of cos 5 and cos 70, .669, or image 0 at the mean
    # of cos 90 and cos 30, .433.
    found = agreement(join([first, second]), k=1, agree=1)
    assert couples(found) == [(0, 1), (1, 0), (2, 3), (3, 2)]
    np.testing.assert_allclose(found.similarity[2], (np.cos(np.radians(5)) + np.cos(np.radians(70))) / 2, atol=1e-6)
    with pytest.raises(UserError, match=r"2 encoders, at most 1 of which agree"):
        agreement(join([on_circle(0, 10, 21), on_circle(0, 21, 10)]), k=1, agree=2)


def test_with_one_encoder_it_is_the_nearest_neighbour():
    one = features(random_values(30, 4, 0, False))
    assert join([one]) is one
    assert couples(agreement(one, k=5)) == couples(nearest_neighbours(one))


@pytest.mark.parametrize("agree", [0, 3, -1])
def test_agree_must_be_a_number_of_encoders(agree):
    two = join([on_circle(0, 1, 2), on_circle(0, 1, 2)])
    with pytest.raises(UserError, match="between 1 and the number of encoders"):
        agreement(two, k=1, agree=agree)
