"""Pairs from elsewhere as an arm: as many of each class as a baseline has."""

import dataclasses

import numpy as np
import pytest

from made import made_source
from sempairs.core.errors import UserError
from sempairs.core.settings import Spec
from sempairs.pairs.given import firsts_of, matched_to
from sempairs.pairs.pairset import PairSet

SOURCE = made_source(40, classes=4)


def pairs_of(left, right, source=SOURCE):
    return PairSet.make(source, np.array(left), np.array(right), Spec(name="people"))


def rows(*classes):
    """The positions of so many images of each class."""
    found = [np.flatnonzero(SOURCE.labels == label)[:count] for label, count in enumerate(classes)]
    return np.concatenate(found)


def classes_of(pairs):
    return np.bincount(SOURCE.labels[pairs.positions(SOURCE)[:, 0]], minlength=4).tolist()


def test_the_baseline_of_given_pairs_has_each_first_image_once_in_the_order_of_the_pool():
    base = firsts_of(pairs_of([9, 2, 9, 5], [1, 3, 13, 4]), SOURCE)
    assert base.ids.tolist() == SOURCE.ids[[2, 5, 9]].tolist()


def test_a_baseline_of_their_own_images_keeps_a_pair_of_each_image():
    given = pairs_of([9, 2, 9, 5], [1, 3, 13, 4])
    matched = matched_to(firsts_of(given, SOURCE), given, SOURCE, seed=0)
    first, second = matched.positions(SOURCE).T
    assert sorted(first) == [2, 5, 9]
    assert dict(zip(first, second, strict=True))[9] in (1, 13)
    assert matched.origin.parents == (given.hash,)
    assert set(matched.column("pair_id")) < set(given.column("pair_id"))


def test_given_pairs_are_cut_to_the_class_composition_of_a_baseline():
    everyone = np.arange(40)
    given = pairs_of(everyone, np.roll(everyone, 1))
    base = SOURCE.take(np.sort(rows(5, 0, 2, 1)))
    assert classes_of(matched_to(base, given, SOURCE, seed=0)) == [5, 0, 2, 1]


def test_pairs_of_the_baselines_own_images_come_first_and_others_by_the_seed():
    own, others = rows(4, 4, 0, 0), np.setdiff1d(rows(9, 9, 0, 0), rows(5, 5, 0, 0))
    firsts = np.concatenate([own[:3], own[4:7], others])
    given = pairs_of(firsts, np.roll(firsts, 1))
    base = SOURCE.take(np.sort(own))
    kept = [matched_to(base, given, SOURCE, seed).positions(SOURCE)[:, 0] for seed in range(6)]
    assert all(set(own[:3]) | set(own[4:7]) <= set(first) for first in kept)
    assert all(len(first) == len(set(first)) == 8 for first in kept)
    assert len({tuple(first) for first in kept}) > 1


def test_a_class_with_too_few_pairs_is_named():
    given = pairs_of(rows(5, 2, 0, 0), rows(0, 0, 5, 2))
    with pytest.raises(UserError, match=f"too few given pairs of '{SOURCE.label_names[1]}'.*\n.*2 pairs for 3 images"):
        matched_to(SOURCE.take(rows(5, 3, 0, 0)), given, SOURCE, seed=0)


def test_without_labels_only_the_very_same_images_are_matched():
    unknown = dataclasses.replace(SOURCE, labels=None, label_names=())
    given = pairs_of([3, 4, 5], [6, 7, 8], unknown)
    matched = matched_to(unknown.take(np.array([3, 5])), given, unknown, seed=0)
    assert matched.positions(unknown)[:, 0].tolist() == [3, 5]
    with pytest.raises(UserError, match=f"too few given pairs of '{unknown.ids[6]}'"):
        matched_to(unknown.take(np.array([3, 6])), given, unknown, seed=0)


def test_images_that_the_pool_lacks_are_an_error():
    with pytest.raises(UserError, match="does not have"):
        firsts_of(pairs_of([39], [1]), SOURCE.take(np.arange(20)))
