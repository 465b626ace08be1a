"""The retrieval probe against scikit-learn: a ridge regression and a k-NN vote for each query, one after another."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import normalize

from sempairs.core.progress import quiet
from sempairs.core.seeds import rng
from sempairs.evaluation.base import Labelled
from sempairs.evaluation.retrieval_probe import RetrievalProbe


def images(n, name, d=12):
    labels = rng(name, "labels").integers(0, 4, n)
    features = 0.5 * rng("centres").normal(size=(4, d))[labels] + rng(name).normal(size=(n, d))
    return Labelled(features.astype(np.float32), labels)


TRAIN, TEST = images(250, "train"), images(120, "test")


@pytest.mark.parametrize(("k", "ridge"), [(5, 1.0), (40, 1.0), (40, 0.05)])
def test_scikit_learn_fits_the_same_models(k, ridge):
    probe = RetrievalProbe(k=(k,), ridge=ridge)
    with quiet():
        local, majority = probe.right(TRAIN, TEST, [k])[:, 0]
    rows, queries = (normalize(side.features.astype(np.float64)) for side in (TRAIN, TEST))
    one_hot = np.eye(4)[TRAIN.labels]
    for i, query in enumerate(queries):
        near = np.argsort(-rows @ query, kind="stable")[:k]
        spread = ((rows[near] - rows[near].mean(axis=0)) ** 2).sum(axis=1).mean()
        theirs = Ridge(alpha=ridge * spread).fit(rows[near], one_hot[near])
        assert local[i] == (theirs.predict(query[None])[0].argmax() == TEST.labels[i])
    theirs = KNeighborsClassifier(k, metric="cosine").fit(rows, TRAIN.labels)
    assert np.array_equal(majority, theirs.predict(queries) == TEST.labels)
    assert 0.25 < local.mean() < 1  # four classes; neither hopeless nor trivial
    if k == 40:
        assert (local != majority).any()
