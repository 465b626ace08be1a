"""`nearest` against scikit-learn, and the rounding error that its certificate allows for against the real one."""

import faiss
import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.neighbors import NearestNeighbors

from sempairs.core.seeds import rng
from sempairs.neighbours import nearest


def test_agrees_with_scikit_learn_on_digits():
    digits = load_digits().data.astype(np.float32)
    indices, similarity = nearest(digits[:300], digits[300:], 10, exclude_self=False)
    oracle = NearestNeighbors(n_neighbors=10, metric="cosine", algorithm="brute").fit(digits[300:].astype(np.float64))
    distances, wanted = oracle.kneighbors(digits[:300].astype(np.float64))
    # Ours are rounded to six decimals, so they are off by half of the last one.
    np.testing.assert_allclose(similarity, 1 - distances, atol=0.5e-6 + 1e-12)
    differs = indices != wanted
    np.testing.assert_allclose(similarity[differs], (1 - distances)[differs], atol=1e-6)  # only ties may swap
    assert differs.mean() < 0.01


@pytest.mark.parametrize("d", [2, 64, 1280])
@pytest.mark.parametrize("rectified", [False, True])
def test_float32_scores_stay_within_the_bound_of_the_certificate(d, rectified):
    rows = rng("rows", d).normal(size=(400, d))
    rows = np.abs(rows) if rectified else rows
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    index = faiss.IndexFlatIP(d)
    index.add(unit.astype(np.float32))
    for size in (1, 19, 400):  # FAISS has other kernels for few queries than for many
        scores, found = index.search(unit[:size].astype(np.float32), 400)
        exact = np.take_along_axis(unit[:size] @ unit.T, found, axis=1)
        assert np.abs(scores - exact).max() < (d + 3) * 2.0**-24
