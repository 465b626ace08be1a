"""Metrics of classifiers against scikit-learn, hand-made answers and the published definition of VOC 2007."""

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score

from sempairs.core.errors import UserError
from sempairs.core.seeds import rng
from sempairs.evaluation.linear_models.classification import (
    answers,
    average_precisions,
    multi_labels,
    score_of,
    shares,
    value,
)


def labels_and_scores(n=200, classes=5):
    labels = np.arange(n) % classes
    labels[: n // 2] = 0  # so that the classes differ in size
    return labels, rng("scores").normal(size=(n, classes)) + np.eye(classes)[labels]


def test_accuracy_over_classes_is_scikit_learns_balanced_accuracy():
    labels, scores = labels_and_scores()
    expected = 100 * balanced_accuracy_score(labels, answers(scores))
    assert value("mean-per-class", scores, labels) == pytest.approx(expected, abs=1e-9)
    assert shares(answers(scores) == labels, labels).mean() == pytest.approx(expected, abs=1e-9)
    assert value("accuracy", scores, labels) == pytest.approx(100 * (scores.argmax(1) == labels).mean())


def test_a_class_without_images_does_not_count():
    scores = np.eye(3)[[0, 0, 2, 2]]
    assert value("mean-per-class", scores, np.array([0, 0, 2, 2])) == 100
    # Class 0: 2 of 2; class 2: 1 of 2.
    assert value("mean-per-class", np.eye(3)[[0, 0, 2, 1]], np.array([0, 0, 2, 2])) == 75


def test_equal_scores_are_answered_by_the_first_class():
    assert answers(np.array([[0.5, 0.5 + 1e-13, 0.1]])).tolist() == [0]


def one_class(scores, labels):
    return average_precisions(np.array(scores, dtype=float)[:, None], np.array(labels)[:, None])[0]


def test_average_precision_by_hand():
    # Retrieved: yes no yes no yes. (recall, precision): (1/3, 1), (2/3, 2/3), (1, 3/5). Recalls 0, .1, .2, .3 have 1,
    # .4, .5, .6 have 2/3, .7 to 1 have 3/5.
    expected = (4 * 1 + 3 * 2 / 3 + 4 * 3 / 5) / 11
    assert one_class([5, 4, 3, 2, 1], [1, 0, 1, 0, 1]) == pytest.approx(expected)


def test_the_best_precision_at_a_higher_recall_counts():
    # no yes yes: precisions 0, 1/2, 2/3 at recalls 0, 1/2, 1; the interpolated one is 2/3 everywhere.
    assert one_class([3, 2, 1], [0, 1, 1]) == pytest.approx(2 / 3)


def test_a_recall_of_three_tenths_is_reached_by_three_of_ten():
    # Three of ten first, the others after 90 wrong ones: 3 * .1 > .3 in floating point would lose a recall.
    labels = [1, 1, 1] + [0] * 90 + [1] * 7
    later = 10 / 100  # the best precision after: all ten of a hundred
    assert one_class(np.arange(100, 0, -1), labels) == pytest.approx((4 * 1 + 7 * later) / 11)


def test_difficult_ones_count_neither_way():
    easy = one_class([5, 4, 3, 1], [1, 0, 1, 0])
    assert one_class([6, 5, 4, 3, 2, 1], [-1, 1, 0, 1, -1, 0]) == easy


def test_equal_scores_are_retrieved_together():
    # Whatever their order: two of four are right at every recall.
    for labels in ([1, 1, 0, 0], [0, 0, 1, 1]):
        assert one_class([1, 1, 1, 1], labels) == pytest.approx(0.5)


def development_kit(scores, labels):
    """VOCevalcls of the VOC 2007 development kit, line by line, in tenths."""
    order = sorted(range(len(scores)), key=lambda i: -scores[i])
    true = false = 0
    points = []
    for i in order:
        true += labels[i] > 0
        false += labels[i] == 0
        if true + false:
            points.append((true / sum(label > 0 for label in labels), true / (true + false)))
    best = [max((precision for recall, precision in points if recall >= t / 10 - 1e-12), default=0) for t in range(11)]
    return sum(best) / 11


def test_average_precision_is_that_of_the_development_kit():
    labels = rng("voc labels").choice([-1, 0, 1], size=(60, 4), p=[0.1, 0.6, 0.3])
    scores = rng("voc scores").normal(size=(60, 4)) + labels
    expected = [development_kit(scores[:, k].tolist(), labels[:, k].tolist()) for k in range(4)]
    assert average_precisions(scores, labels) == pytest.approx(expected, abs=1e-12)
    assert value("voc-map", scores, labels) == pytest.approx(100 * np.mean(expected))


def test_labels_of_an_image_that_shows_many():
    found = multi_labels(np.array(["car|dog", "", "cat"]), np.array(["cat", "dog", ""]), ("car", "cat", "dog"))
    assert found.tolist() == [[1, -1, 1], [0, 0, -1], [0, 1, 0]]
    with pytest.raises(UserError, match="no class"):
        multi_labels(np.array(["cow"]), np.array([""]), ("car",))


@pytest.mark.parametrize("metric", ["accuracy", "mean-per-class"])
def test_a_score_has_its_interval_its_outcomes_and_a_confusion_matrix(metric):
    labels, scores = labels_and_scores()
    score = score_of("made", metric, scores, labels, tuple("abcde"), "by hand")
    assert score.value == pytest.approx(value(metric, scores, labels))
    assert score.outcomes.mean() == pytest.approx(score.value)
    # Half of a standard interval at this share and number is about 7 points; the classes of ten images widen it.
    assert 4 < score.interval[1] - score.interval[0] < 30
    (picture,) = score.pictures
    assert picture.rows == tuple("abcde")
    own = [100 * (answers(scores)[labels == k] == k).mean() for k in range(5)]
    assert picture.values.diagonal() == pytest.approx(own)


def test_a_score_of_many_labels_has_the_precision_of_each_class():
    labels = rng("voc labels").choice([-1, 0, 1], size=(60, 4), p=[0.1, 0.6, 0.3])
    labels[:, 2] = 0  # no image is of this class
    scores = rng("voc scores").normal(size=(60, 4)) + labels
    score = score_of("made", "voc-map", scores, labels, tuple("abcd"), "by hand")
    assert score.pictures[0].names == ("a", "b", "d")
    assert score.pictures[0].values == pytest.approx(100 * average_precisions(scores, labels)[[0, 1, 3]])
    assert score.value == pytest.approx(score.pictures[0].values.mean())
    assert score.interval[0] < score.value < score.interval[1]


def test_no_images_to_test_on_are_refused():
    with pytest.raises(UserError, match="no images"):
        score_of("made", "voc-map", np.zeros((2, 1)), np.array([[0], [-1]]), ("a",), "by hand")
