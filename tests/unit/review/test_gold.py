"""Gold questions from labels: right and wrong pairs, known answers, never twice."""

import dataclasses

import numpy as np
import pytest

from made import made_source
from sempairs.core.errors import UserError
from sempairs.review.gold import gold_from_labels


@pytest.mark.parametrize("count", [2, 7, 40])
def test_half_of_the_questions_are_right_and_the_labels_say_so(count):
    source = made_source(n=40, classes=4)
    gold = gold_from_labels(source, count, seed=3)
    left, right = gold.positions(source).T
    same = source.labels[left] == source.labels[right]
    assert len(gold) == count
    assert same.sum() == (count + 1) // 2
    assert gold.column("verdict").tolist() == ["accept" if one else "reject" for one in same]
    assert (left != right).all()


def test_the_seed_names_the_questions():
    source = made_source()
    first, again, other = (gold_from_labels(source, 20, seed).hash for seed in (0, 0, 1))
    assert first == again != other


def test_it_says_what_is_missing():
    source = made_source(n=8, classes=4)
    with pytest.raises(UserError, match="needs labels"):
        gold_from_labels(dataclasses.replace(source, labels=None), 10)
    with pytest.raises(UserError, match="a right and a wrong pair"):
        gold_from_labels(source, 1)
    with pytest.raises(UserError, match="two classes"):
        gold_from_labels(dataclasses.replace(source, labels=np.zeros(8, np.int64)), 10)
    with pytest.raises(UserError, match="does not have 400 different"):  # 8 right couples in order, 48 wrong ones
        gold_from_labels(source, 400)
