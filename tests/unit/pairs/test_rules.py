import numpy as np
import pytest

from made import made_source
from sempairs.core.errors import UserError
from sempairs.pairs.rules import identity, random_pairs, same_class


def test_identity_pairs_each_image_with_itself():
    source = made_source(10)
    np.testing.assert_array_equal(identity(source).positions(source), np.arange(10)[:, None].repeat(2, axis=1))


def test_every_rule_uses_each_image_once_on_each_side():
    source = made_source(41)
    for pairs in (identity(source), same_class(source), random_pairs(source)):
        left, right = pairs.positions(source).T
        np.testing.assert_array_equal(left, np.arange(41))
        np.testing.assert_array_equal(np.sort(right), np.arange(41))


def test_class_pairs_are_two_images_of_one_class():
    source = made_source(40)
    pairs = same_class(source)
    left, right = pairs.positions(source).T
    assert (left != right).all()
    assert (source.labels[left] == source.labels[right]).all()
    assert pairs.column("group").tolist() == [source.label_names[label] for label in source.labels]


def test_random_pairs_are_two_images_and_hit_a_class_by_chance():
    source = made_source(4000, classes=4, size=2)
    left, right = random_pairs(source).positions(source).T
    assert (left != right).all()
    same = (source.labels[left] == source.labels[right]).mean()
    # Chance is 999/3999; the standard deviation of the share is sqrt(.25 * .75 / 4000) = .0068.
    assert abs(same - 999 / 3999) < 4 * 0.0068


def test_a_seed_decides_the_partners():
    source = made_source(40)
    assert same_class(source, seed=1).hash == same_class(source, seed=1).hash
    assert same_class(source, seed=1).hash != same_class(source, seed=2).hash


def test_a_class_of_one_image_is_refused():
    source = made_source(9, classes=4).take(np.array([0, 1, 2, 4, 5]))
    with pytest.raises(UserError, match=r"two images of a class(?s:.*)one image of 'class 2'"):
        same_class(source)


def test_one_class_only_can_be_paired():
    pairs = same_class(made_source(8, classes=1))
    assert set(pairs.column("label")) == {"class 0"}


def test_no_labels_no_class_pairs():
    source = made_source(8)
    object.__setattr__(source, "labels", None)
    with pytest.raises(UserError, match="needs labels"):
        same_class(source)


def test_one_image_makes_no_random_pair():
    with pytest.raises(UserError, match="two images"):
        random_pairs(made_source(4).take(np.array([0])))
