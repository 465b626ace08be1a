import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from made import made_source
from made_features import features, on_circle, slow_lists
from sempairs.core.errors import UserError
from sempairs.core.seeds import rng
from sempairs.core.settings import Spec
from sempairs.pairs.mining import Features, mine
from sempairs.pairs.mining.mutual import mutual


def slow_mutual(values: np.ndarray, k: int) -> dict[int, int]:
    """The partner of each image, straight from the definition."""
    lists, partners = slow_lists(values, k), {}
    for i, near in enumerate(lists):
        ranked = [(max(near.index(j), lists[j].index(i)), near.index(j), j) for j in near if i in lists[j]]
        if ranked:
            partners[i] = min(ranked)[2]
    return partners


@settings(max_examples=40, deadline=None)
@given(n=st.integers(3, 40), d=st.integers(2, 6), k=st.integers(1, 8), seed=st.integers(0, 10_000))
def test_partners_are_those_of_the_definition(n, d, k, seed):
    k = min(k, n - 1)
    values = rng("mutual", seed).normal(size=(n, d))
    found = mutual(features(values), k=k)
    assert dict(zip(found.left.tolist(), found.right.tolist(), strict=True)) == slow_mutual(values, k)


def test_a_hub_is_kept_out():
    # Points on a circle: 1, 2 and 3 have 0 as their nearest (10 degrees), but 0's nearest is 4 (1 degree).
    found = mutual(on_circle(0, 10, -10, 10.5, 1), k=1)
    assert {(0, 4), (4, 0)} <= set(zip(found.left.tolist(), found.right.tolist(), strict=True))
    assert 2 not in found.left


def test_the_rest_gets_its_nearest_neighbour_and_says_so():
    values = rng("rest").normal(size=(60, 3))
    dropped, kept = mutual(features(values), k=1), mutual(features(values), k=1, rest="nearest")
    assert len(dropped.left) < 60 == len(kept.left)
    rest = ~np.isin(kept.left, dropped.left)
    assert set(kept.rules[rest]) == {"nearest"}
    assert set(kept.rules[~rest]) == {"mutual"}
    np.testing.assert_array_equal(kept.right[~rest], dropped.right)


def test_mined_pairs_become_a_pair_set_with_their_similarity_and_encoder():
    source = made_source(40)
    values = source.images(np.arange(40)).reshape(40, -1).astype(np.float64)
    spec = Spec(name="mutual", options={"k": 5})
    pairs = mine(source, Features(source.ids, values.astype(np.float32), "pixels"), lambda f: mutual(f, k=5), spec)
    left, right = pairs.positions(source).T
    cosine = (values[left] * values[right]).sum(1)
    cosine /= np.linalg.norm(values[left], axis=1) * np.linalg.norm(values[right], axis=1)
    np.testing.assert_allclose(pairs.column("similarity"), cosine, atol=1e-6)
    assert pairs.origin.encoder == "pixels"


def test_features_of_other_images_are_refused():
    source = made_source(40)
    others = features(np.ones((39, 2)))
    with pytest.raises(UserError, match="not those of made images"):
        mine(source, others, lambda f: mutual(f, k=5), Spec(name="mutual"))


@pytest.mark.parametrize("k", [0, 10, 11])
def test_k_must_leave_neighbours(k):
    with pytest.raises(UserError, match="k must be between"):
        mutual(features(rng("k").normal(size=(10, 3))), k=k)
