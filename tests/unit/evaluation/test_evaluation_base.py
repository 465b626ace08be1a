"""What evaluations share: which images they refuse, and an accuracy with its interval."""

import numpy as np
import pytest

from sempairs.core.errors import UserError
from sempairs.evaluation.base import Labelled, accuracy, need_classes


def labelled(labels, width=2):
    return Labelled(np.ones((len(labels), width), dtype=np.float32), np.array(labels, dtype=np.int64), "shoes")


def test_the_classes_are_those_to_learn_from_in_order():
    assert need_classes(labelled([5, 2, 2, 9]), labelled([9, 2])).tolist() == [2, 5, 9]


@pytest.mark.parametrize(
    ("train", "test", "message"),
    [
        (labelled([]), labelled([0]), "no images to learn from"),
        (labelled([0, 1]), labelled([]), "no images to test on"),
        (labelled([0, 1]), labelled([0], width=3), "different widths"),
        (labelled([4, 4]), labelled([4]), "two classes or more"),
        (labelled([0, 1]), labelled([1, 7, 8]), r"not among the training images\n.*classes 7, 8"),
    ],
)
def test_images_that_no_classifier_can_be_scored_on(train, test, message):
    with pytest.raises(UserError, match=message):
        need_classes(train, test)


def test_an_accuracy_by_hand():
    # 10 of 10: Clopper-Pearson from .025^(1/10) to 1.
    score = accuracy("knn", np.ones(10, dtype=bool), "how")
    assert score.value == 100
    assert score.interval == pytest.approx((100 * 0.025**0.1, 100))
    assert (score.n, score.over) == (10, "test images")
    assert accuracy("knn", np.array([True, False]), "how").outcomes.tolist() == [100, 0]
