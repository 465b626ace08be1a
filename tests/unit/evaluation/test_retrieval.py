"""Retrieval on cases small enough to do by hand, and what is refused and shown."""

import numpy as np
import pytest

from made_evaluations import EXPECTED, Blind, Quarters, seen, train_and_test
from made_features import on_circle
from sempairs.core.errors import UserError
from sempairs.core.progress import quiet
from sempairs.core.seeds import rng
from sempairs.evaluation import retrieval
from sempairs.evaluation.base import Labelled
from sempairs.evaluation.pictures import Curves, Gallery
from sempairs.evaluation.retrieval import Retrieval, at_r


@pytest.fixture(autouse=True)
def no_progress():
    with quiet():
        yield


def circle(degrees, labels):
    return Labelled(on_circle(*degrees).values, np.array(labels, dtype=np.int64))


def values(scores):
    return {score.metric: score.value for score in scores}


def random_images(name, count=40, classes=4):
    labels = rng("labels", name).permutation(np.repeat(np.arange(classes), count))
    features = rng("centres").normal(size=(classes, 6))[labels] + rng(name).normal(size=(len(labels), 6))
    return Labelled(features.astype(np.float32), labels)


def test_at_r_by_hand():
    # R = 4, hits at ranks 1, 3 and 4 (a fifth beyond R does not count):
    # r / R = 3/4; precision at the hits 1/1, 2/3, 3/4: their sum over R is 29/48.
    precision, average = at_r(np.array([[True, False, True, True, True]]), np.array([4]))
    assert precision.tolist() == [0.75]
    assert average == pytest.approx(29 / 48)


def test_musgraves_example_of_two_rankings_of_one_precision():
    # Why R-precision alone is not enough: ten hits of ten at ranks 1 to 5 or 6 to 10 differ in mAP@R.
    # R = 10: hits first give 5/10; hits last give (1/6 + 2/7 + 3/8 + 4/9 + 5/10) / 10.
    hits = np.zeros((2, 10), dtype=bool)
    hits[0, :5] = hits[1, 5:] = True
    precision, average = at_r(hits, np.array([10, 10]))
    assert precision.tolist() == [0.5, 0.5]
    assert average == pytest.approx([0.5, (1 / 6 + 2 / 7 + 3 / 8 + 4 / 9 + 5 / 10) / 10])


def test_two_queries_on_a_circle():
    # The gallery by distance from 0°: 10° (class 1), 20° (class 0), 40° (class 0), 50° (class 1). A query of class 0 at
    # 0° has its first hit at rank 2, R = 2: one hit of two, precision 1/2 there. One of class 1 at 60°: from 50° (hit).
    gallery = circle([10, 20, 40, 50], [1, 0, 0, 1])
    found = values(Retrieval(k=(1, 2, 3))(gallery, circle([0, 60], [0, 1])))
    assert found == {
        "recall@1": 50.0,
        "recall@2": 100.0,
        "recall@3": 100.0,
        "R-precision": 50.0,  # 1/2 and 1/2
        "mAP@R": pytest.approx(100 * (1 / 4 + 1 / 2) / 2),
    }


def test_a_test_image_does_not_find_itself():
    # Each is nearest to one of the other class: 0° to 10°, 100° to 90°.
    test = circle([0, 10, 90, 100], [0, 1, 0, 1])
    found = values(Retrieval(k=(1, 2), gallery="test")(test, test))
    assert found["recall@1 within test"] == 0
    # 0° (class 0): 10°, 90°. 10° (class 1): 0°, then 90° (0). 90° (0): 100°, 10°. 100° (1): 90°, 10°.
    assert found["recall@2 within test"] == 50
    # Searching an identical training set, each finds itself.
    assert values(Retrieval(k=(1, 2))(test, test))["recall@1"] == 100


def test_training_images_are_not_looked_at_within_test():
    test = random_images("test")
    first, second = (Retrieval(gallery="test")(random_images(name), test) for name in ("a", "b"))
    assert first == second


def test_random_rankings_have_a_closed_form():
    # A random ranking of m images, R of them of the class. recall@k: 1 - C(m-R, k) / C(m, k). R-precision: R / m.
    # mAP@R: rank i is a hit with probability R/m and has then 1 + (i-1)(R-1)/(m-1) hits on average among the first i.
    classes, count, queries = 5, 20, 600
    m, r = classes * count, count
    train = Labelled(rng("a").normal(size=(m, 40)).astype(np.float32), np.repeat(np.arange(classes), count))
    test = Labelled(rng("b").normal(size=(queries, 40)).astype(np.float32), np.arange(queries) % classes)
    found = {score.metric: score for score in Retrieval(k=(1, 3))(train, test)}
    ranks = np.arange(1, r + 1)
    misses = np.prod([(m - r - j) / (m - j) for j in range(3)])
    expected = {
        "recall@1": r / m,
        "recall@3": 1 - misses,
        "R-precision": r / m,
        "mAP@R": (r / m * (1 + (ranks - 1) * (r - 1) / (m - 1)) / ranks).sum() / r,
    }
    for metric, value in expected.items():
        error = found[metric].outcomes.std() / np.sqrt(queries)
        assert abs(found[metric].value - 100 * value) < 4 * error, metric


def test_features_that_say_nothing_rank_in_the_order_of_the_gallery():
    # The numbers the contract expects of constant features: each query meets the gallery's labels in their order, so
    # recall@k is the share of the five classes that are among the first k, and mAP@R the mean of theirs.
    labels = rng("labels", 40).permutation(np.repeat(np.arange(5), 40))  # as in the contract
    expected = {f"recall@{k}": 100 * len(set(labels[:k])) / 5 for k in (1, 2, 4, 8)}
    sums = []
    for name in range(5):
        hits, total = 0, 0.0
        for rank, label in enumerate(labels[:40], start=1):
            hits += label == name
            total += (label == name) * hits / rank
        sums.append(total / 40)
    expected["mAP@R"] = 100 * np.mean(sums)
    chance = EXPECTED["retrieval"].chance
    assert {metric: expected[metric] for metric in chance} == pytest.approx(dict(chance), abs=1e-6)
    assert set(expected) - set(chance) == {"recall@1"}  # one in five


def test_blocks_change_nothing(monkeypatch):
    train, test = random_images("train"), random_images("test")
    for options in ({}, {"gallery": "test"}):
        whole = Retrieval(**options)(train, test)
        with monkeypatch.context() as patch:
            patch.setattr(retrieval, "BLOCK", 1)
            blocks = Retrieval(**options)(train, test)
        assert whole == blocks
        assert all(np.array_equal(a.outcomes, b.outcomes) for a, b in zip(whole, blocks, strict=True))


def test_recall_grows_with_k_and_its_curve_is_that_of_the_scores():
    scores = Retrieval(k=(8, 1, 2))(random_images("train"), random_images("test"))
    found = values(scores)
    assert found["recall@1"] < found["recall@2"] < found["recall@8"]
    (curve,) = scores[0].pictures
    assert isinstance(curve, Curves)
    assert curve.x.tolist() == [1, 2, 8]
    assert curve.values.tolist() == [[found["recall@1"], found["recall@2"], found["recall@8"]]]
    assert (curve.lows < curve.values).all()
    assert (curve.values < curve.highs).all()


@pytest.mark.parametrize("options", [{}, {"gallery": "test"}])
def test_the_gallery_shows_what_was_found(options):
    train, test = train_and_test()
    gallery = test if options else train
    knows, blind = (
        Retrieval(**options)(*seen(encoder, train, test))[0].pictures[1] for encoder in (Quarters(), Blind())
    )
    assert isinstance(knows, Gallery)
    assert knows.images.shape == (8, 9, 16, 16, 1)  # 8 queries, each with its 8 nearest
    assert (knows.marks[:, 0] == 0).all()
    assert (knows.marks[:, 1:] == 1).all()  # this encoder knows the classes
    assert set(blind.marks[:, 1:].ravel()) == {1, -1}
    # Blind features are ranked in the gallery's order; a query of the test set is not among what it finds.
    for row, captions, marks in zip(blind.images, blind.captions, blind.marks, strict=True):
        (place,) = [i for i in range(len(test)) if np.array_equal(test.images(np.array([i]))[0], row[0])]
        expected = [i for i in range(9) if not options or i != place][:8]
        assert np.array_equal(row[1:], gallery.images(np.array(expected)))
        assert captions[0] == test.label_names[test.labels[place]]
        assert [caption == captions[0] for caption in captions[1:]] == (marks[1:] == 1).tolist()


def test_the_protocol_says_what_is_searched():
    train, test = random_images("train"), random_images("test")
    assert "160 training images" in Retrieval()(train, test)[0].protocol
    assert "159 other test images" in Retrieval(gallery="test")(train, test)[-1].protocol


def test_a_query_alone_in_its_class_is_refused():
    test = circle([0, 10, 90], [3, 3, 7])
    with pytest.raises(UserError, match=r"two or more of each class\n.*one of class 7"):
        Retrieval(k=(1,), gallery="test")(test, test)


def test_more_neighbours_than_images_are_refused():
    train = circle([0, 90], [0, 1])
    with pytest.raises(UserError, match=r"recall@8 needs as many images to search\n.*got: 2"):
        Retrieval()(train, train)


@pytest.mark.parametrize("k", [(), (0, 1), (1, 1)])
def test_options_without_a_meaning_are_refused(k):
    with pytest.raises(UserError, match="recall needs"):
        Retrieval(k=k)
