"""The retrieval probe on cases small enough to do by hand, what it is for, and what is refused."""

import numpy as np
import pytest
import torch

from sempairs.core.errors import UserError
from sempairs.core.progress import quiet
from sempairs.core.seeds import rng
from sempairs.evaluation import retrieval_probe
from sempairs.evaluation.base import Labelled
from sempairs.evaluation.retrieval_probe import RetrievalProbe, elect, local_weights


@pytest.fixture(autouse=True)
def no_progress():
    with quiet():
        yield


def sliced(name, count, noise=0.0):
    """Points on an arc whose class alternates in slices of 10°: linear nowhere but in a neighbourhood."""
    angles = rng(name).uniform(0, 100, count)
    labels = (angles // 10 % 2).astype(np.int64)
    turned = np.radians(angles)
    rows = np.stack([np.cos(turned), np.sin(turned), np.ones(count)], axis=1) + noise * rng("n", name).normal(
        size=(count, 3)
    )
    return Labelled(rows.astype(np.float32), labels)


def test_two_neighbours_on_a_line_by_hand():
    # Neighbours at 1 and 3 from the query: middle 2, mean squared distance from it 1. With ridge 1: λ = 1,
    # G = [[1, -1], [-1, 1]], |z̄|² - r = 4 - [2, 6] = [2, -2], so a = [2, -2] / (1 + 2): weights 1/2 ± 2/3.
    products = torch.tensor([[[1.0, 3.0], [3.0, 9.0]]], dtype=torch.float64)
    assert local_weights(products, 1.0)[0].tolist() == pytest.approx([1 / 2 + 2 / 3, 1 / 2 - 2 / 3])
    # Without a penalty it is the line through both, extrapolated to 0: 3/2 of the nearer minus 1/2 of the other.
    assert local_weights(products, 1e-9)[0].tolist() == pytest.approx([1.5, -0.5], abs=1e-6)
    # With an endless one it is their mean.
    assert local_weights(products, 1e9)[0].tolist() == pytest.approx([0.5, 0.5], abs=1e-6)


def test_equal_neighbours_have_equal_weights():
    # All at the query, or all at one place beside it: there is nothing to fit a slope to.
    for place in (0.0, 0.3):
        products = torch.full((1, 7, 7), place**2, dtype=torch.float64)
        assert local_weights(products, 1.0)[0].tolist() == pytest.approx([1 / 7] * 7)


def test_votes_by_hand():
    voters = np.array([[0, 1, 1], [2, 0, 0]])
    assert elect(np.array([[0.5, 0.2, 0.2], [0.5, 0.25, 0.25]]), voters, 3).tolist() == [0, 0]
    assert elect(np.array([[0.3, 0.2, 0.2], [0.8, 0.3, -0.1]]), voters, 3).tolist() == [1, 2]


def test_a_local_model_sees_a_border_that_the_majority_rounds_off():
    # Two classes that meet at 30° with four times as many images on one side: near the border the majority belongs to
    # the dense side, while the linear model knows on which side the query lies.
    dense, sparse = rng("dense").uniform(30, 60, 400), rng("sparse").uniform(0, 30, 100)
    asked = rng("asked").uniform(20, 40, 200)

    def images(degrees):
        turned = np.radians(degrees)
        rows = np.stack([np.cos(turned), np.sin(turned)], axis=1).astype(np.float32)
        return Labelled(rows, (degrees > 30).astype(np.int64))

    (score,) = RetrievalProbe(k=(50,))(images(np.concatenate([dense, sparse])), images(asked))
    local, majority = score.pictures[0].values[:, 0]
    assert local > majority + 5
    assert local > 95


def test_k_is_chosen_on_training_images_and_the_curve_has_all():
    # With slices of 10° and 600 images over 100°, 10 neighbours span 1.7° and 150 span 25°.
    train, test = sliced("train", 600), sliced("test", 200)
    (score,) = RetrievalProbe(k=(150, 10))(train, test)
    assert "k = 10 of 10, 150" in score.protocol
    curve = score.pictures[0]
    assert curve.x.tolist() == [10, 150]
    assert curve.values[0, 0] == score.value > 90 > curve.values[0, 1]
    assert f"majority of these k: {curve.values[1, 0]:.2f}%" in score.protocol
    assert (curve.lows[0, 0], curve.highs[0, 0]) == score.interval


def test_the_choice_never_sees_the_test():
    train = sliced("train", 300, noise=0.2)
    for name in ("a", "b", "c"):
        rows = rng(name).normal(size=(50, 3)).astype(np.float32)
        (score,) = RetrievalProbe(k=(5, 20, 60))(train, Labelled(rows, rng(name, 1).integers(0, 2, 50)))
        choice = score.protocol.partition("; majority")[0]
        assert choice == RetrievalProbe(k=(5, 20, 60))(train, train)[0].protocol.partition("; majority")[0].replace(
            "300 test", "50 test"
        )


def test_many_test_images_are_a_sample_that_the_protocol_names():
    train, test = sliced("train", 300), sliced("test", 200)
    (score,) = RetrievalProbe(k=(10,), queries=40)(train, test)
    assert score.n == 40
    assert "each of 40 test images" in score.protocol
    assert "on 40 held-out" in score.protocol
    other = RetrievalProbe(k=(10,), queries=40, seed=1)(train, test)[0]
    assert not np.array_equal(score.outcomes, other.outcomes)
    # All answers, of which it is a part: each query is answered for itself.
    (whole,) = RetrievalProbe(k=(10,))(train, test)
    drawn = RetrievalProbe(queries=40).some(np.ones(200, dtype=bool))
    assert np.array_equal(whole.outcomes[drawn], score.outcomes)


def test_blocks_change_nothing(monkeypatch):
    train, test = sliced("train", 300, noise=0.3), sliced("test", 60, noise=0.3)
    (whole,) = RetrievalProbe(k=(5, 20))(train, test)
    monkeypatch.setattr(retrieval_probe, "BLOCK", 1)
    (blocks,) = RetrievalProbe(k=(5, 20))(train, test)
    assert whole == blocks
    assert np.array_equal(whole.outcomes, blocks.outcomes)


def test_too_few_images_are_refused():
    train = sliced("train", 100)
    with pytest.raises(UserError, match=r"k = 90 needs as many images to retrieve from\n.*got: 80 training images"):
        RetrievalProbe(k=(200, 90))(train, train)
    two = Labelled(np.eye(2, dtype=np.float32), np.arange(2))
    with pytest.raises(UserError, match="holds training images out"):
        RetrievalProbe(k=(1,))(two, two)


@pytest.mark.parametrize("options", [{"k": ()}, {"k": (0,)}, {"k": (5, 5)}, {"ridge": 0.0}, {"queries": 0}])
def test_options_without_a_meaning_are_refused(options):
    with pytest.raises(UserError, match="retrieval probe needs"):
        RetrievalProbe(**options)


def test_a_k_for_which_there_are_too_few_images_is_left_out():
    # 100 training images, a fifth held out: of the default's six k, 100 and 200 cannot be tried.
    (score,) = RetrievalProbe()(sliced("train", 100), sliced("test", 50))
    assert " of 5, 10, 20, 50, " in score.protocol
    assert score.pictures[0].x.tolist() == [5, 10, 20, 50]
