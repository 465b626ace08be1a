"""Gold questions from labels: right and wrong pairs, known answers, never twice."""

import dataclasses

import numpy as np
import pytest

from made import made_source
from sempairs.core.errors import UserError
from sempairs.core.settings import Spec
from sempairs.pairs.mining import Features
from sempairs.pairs.pairset import PairSet
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
    with pytest.raises(UserError, match="does not have 10 different"):  # 4 right couples, of 5 that are wanted
        gold_from_labels(source, 10)


def test_false_questions_are_as_hard_as_the_features_let_them_be():
    source = made_source(n=40, classes=4)
    place = np.arange(40, dtype=np.float32) // 4  # images 4 i to 4 i + 3, one of each class, are the most similar
    features = Features(source.ids, np.stack([np.cos(place / 10), np.sin(place / 10)], axis=1), "made")
    left, right = gold_from_labels(source, 20, features=features).positions(source)[10:].T
    assert (left // 4 == right // 4).all()


def test_no_question_repeats_a_pair_of_the_review():
    source = made_source(n=12, classes=2)
    first, second = np.triu_indices(12, k=1)
    same = source.labels[first] == source.labels[second]
    taken = np.flatnonzero(same)[:25]  # of 30 right couples
    apart = PairSet.make(source, second[taken], first[taken], Spec(name="made"))
    gold = gold_from_labels(source, 10, apart=apart)
    couples = {frozenset(pair) for pair in gold.positions(source).tolist()}
    assert couples.isdisjoint(frozenset(pair) for pair in apart.positions(source).tolist())
    assert len(couples) == 10
