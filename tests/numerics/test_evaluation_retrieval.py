"""Retrieval against pytorch-metric-learning's AccuracyCalculator, and against a slow loop."""

import numpy as np
import pytest
import torch
from pytorch_metric_learning.utils.accuracy_calculator import AccuracyCalculator

from sempairs.core.progress import quiet
from sempairs.core.seeds import rng
from sempairs.evaluation.base import Labelled
from sempairs.evaluation.retrieval import Retrieval


def images(name, counts=(40, 7, 60, 25), d=8):
    labels = rng(name, "labels").permutation(np.repeat(np.arange(len(counts)), counts))
    features = rng("centres").normal(size=(len(counts), d))[labels] + rng(name).normal(size=(len(labels), d))
    return Labelled(features.astype(np.float32), labels)


TRAIN, TEST = images("train"), images("test", (20, 9, 30, 2))


@pytest.mark.parametrize("gallery", ["train", "test"])
def test_pytorch_metric_learning_says_the_same(gallery):
    with quiet():
        found = {score.metric: score.value for score in Retrieval(k=(1,), gallery=gallery)(TRAIN, TEST)}
    within = gallery == "test"
    query, reference = (
        torch.nn.functional.normalize(torch.from_numpy(side.features).double())
        for side in (TEST, TEST if within else TRAIN)
    )

    def search(_query, k, _reference, _within):
        """The nearest by a full sort in float64, where AccuracyCalculator would have float32."""
        similarity = query @ reference.T
        if within:
            similarity.fill_diagonal_(-torch.inf)
        values, nearest = similarity.sort(dim=1, descending=True)
        return values[:, :k], nearest[:, :k]

    theirs = AccuracyCalculator(
        include=("precision_at_1", "mean_average_precision_at_r", "r_precision"),
        k="max_bin_count",
        device=torch.device("cpu"),
        knn_func=search,
    )
    others = () if within else (reference, torch.from_numpy(TRAIN.labels))
    expected = theirs.get_accuracy(query, torch.from_numpy(TEST.labels), *others)
    suffix = " within test" if within else ""
    assert found[f"recall@1{suffix}"] == pytest.approx(100 * expected["precision_at_1"], abs=1e-10)
    assert found[f"R-precision{suffix}"] == pytest.approx(100 * expected["r_precision"], abs=1e-10)
    assert found[f"mAP@R{suffix}"] == pytest.approx(100 * expected["mean_average_precision_at_r"], abs=1e-10)
    assert 10 < found[f"mAP@R{suffix}"] < 90  # the case is neither trivial nor hopeless


def test_the_slow_loop_says_the_same_of_each_query():
    with quiet():
        scores = {score.metric: score.outcomes for score in Retrieval(k=(1, 2, 4))(TRAIN, TEST)}
    rows = TRAIN.features.astype(np.float64)
    for i, (query, label) in enumerate(zip(TEST.features.astype(np.float64), TEST.labels, strict=True)):
        similarity = rows @ query / np.linalg.norm(rows, axis=1) / np.linalg.norm(query)
        hits = (TRAIN.labels == label)[np.argsort(-similarity)].tolist()
        r = sum(hits)
        for k in (1, 2, 4):
            assert scores[f"recall@{k}"][i] == 100 * any(hits[:k])
        assert scores["R-precision"][i] == pytest.approx(100 * sum(hits[:r]) / r)
        precisions = [sum(hits[: j + 1]) / (j + 1) for j in range(r) if hits[j]]
        assert scores["mAP@R"][i] == pytest.approx(100 * sum(precisions) / r)
