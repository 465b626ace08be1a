"""Weighted k-NN on cases small enough to do by hand."""

import numpy as np
import pytest

from sempairs.core.errors import UserError
from sempairs.core.progress import quiet
from sempairs.core.seeds import rng
from sempairs.evaluation.base import Labelled
from sempairs.evaluation.knn import NearestNeighbours, vote
from sempairs.evaluation.subsets import held_out


@pytest.fixture(autouse=True)
def no_progress():
    with quiet():
        yield


def labelled(features, labels):
    return Labelled(np.array(features, dtype=np.float32), np.array(labels, dtype=np.int64))


def test_votes_by_hand():
    # T = 1: class 0 has e^.9 = 2.46, class 1 has e^.5 + e^.4 = 3.14. At T = .1 the nearest outweighs the two others:
    # e^9 = 8103 against e^5 + e^4 = 203.
    similarities, classes = np.array([[0.9, 0.5, 0.4]]), np.array([[0, 1, 1]])
    assert vote(similarities, classes, 2, temperature=1.0).tolist() == [1]
    assert vote(similarities, classes, 2, temperature=0.1).tolist() == [0]


def test_equal_votes_go_to_the_smallest_class():
    assert vote(np.array([[0.5, 0.5]]), np.array([[2, 1]]), 3, temperature=0.07).tolist() == [1]


def test_a_tiny_temperature_does_not_overflow():
    # exp(1 / .0001) has 4,343 digits.
    assert vote(np.array([[1.0, 0.999]]), np.array([[1, 0]]), 2, temperature=1e-4).tolist() == [1]


def test_length_does_not_matter_only_direction():
    train = labelled([[1, 0], [0, 100]], [0, 1])
    (score,) = NearestNeighbours(k=1)(train, labelled([[50, 1], [0.01, 0.02]], [0, 1]))
    assert score.outcomes.tolist() == [100, 100]


def test_equal_neighbours_are_taken_in_their_order():
    train = labelled([[1, 0], [1, 0], [1, 0]], [1, 0, 0])
    test = labelled([[1, 0]], [1])
    assert NearestNeighbours(k=1)(train, test)[0].value == 100
    assert NearestNeighbours(k=3)(train, test)[0].value == 0


def test_the_protocol_names_its_options():
    (score,) = NearestNeighbours(k=2, temperature=0.1)(labelled([[1, 0], [0, 1]], [0, 1]), labelled([[1, 0]], [0]))
    assert score.metric == "knn"
    assert "k = 2" in score.protocol
    assert "0.1" in score.protocol
    assert "2 training images" in score.protocol


def test_a_poisoned_test_set_does_not_change_what_the_sweep_chooses():
    random = rng("knn sweep")
    labels = np.arange(60) % 3
    train, test = (labelled(2 * np.eye(3)[labels] + random.normal(size=(60, 3)), labels) for _ in range(2))
    poisoned = labelled(100 * test.features[::-1], labels)
    (_, honest), (_, dishonest) = (NearestNeighbours(sweep=True)(train, side) for side in (test, poisoned))
    assert honest.protocol == dishonest.protocol
    assert honest.value > dishonest.value
    # The counterpart: other labels of the held-out fifth choose otherwise.
    wrong = np.where(held_out(labels, 0), (labels + 1) % 3, labels)
    assert NearestNeighbours(sweep=True)(labelled(train.features, wrong), test)[1].protocol != honest.protocol


def test_the_sweep_has_the_k_that_are_possible():
    # A fifth of 15 images is held out: 12 are left, so that k is 1, 5 or 10, each with three T.
    images = labelled(np.eye(3)[np.arange(15) % 3] + 0.1, np.arange(15) % 3)
    assert "the best of 9 pairs" in NearestNeighbours(k=2, sweep=True)(images, images)[1].protocol


def test_more_neighbours_than_images_are_refused():
    train = labelled([[1, 0], [0, 1]], [0, 1])
    with pytest.raises(UserError, match="set k to 2 or less"):
        NearestNeighbours()(train, train)


@pytest.mark.parametrize("options", [{"k": 0}, {"temperature": 0.0}])
def test_options_without_a_meaning_are_refused(options):
    with pytest.raises(UserError, match="k-NN needs"):
        NearestNeighbours(**options)
