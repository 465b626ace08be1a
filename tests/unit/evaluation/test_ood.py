"""Groups of images: the worst one, what leaving a group out costs, and what is refused."""

import dataclasses
import math

import numpy as np
import pytest
from scipy import stats

from sempairs.core.errors import UserError
from sempairs.core.progress import quiet
from sempairs.core.seeds import rng
from sempairs.evaluation.base import Labelled
from sempairs.evaluation.groups import Groups
from sempairs.evaluation.ood import OutOfDistribution
from sempairs.sources.base import Source


@pytest.fixture(autouse=True)
def no_progress():
    with quiet():
        yield


def images(features, labels, places):
    labels = np.asarray(labels, dtype=np.int64)
    ids = np.array([str(i) for i in range(len(labels))], dtype=object)
    frames = np.zeros((len(ids), 2, 2, 1), np.uint8)
    places = np.asarray(places, dtype=object)
    source = Source("made", ids, ids, frames, labels=labels, label_names=("0", "1"), columns={"place": places})
    return Labelled(np.asarray(features, dtype=np.float32), labels, source=source)


def places_that_differ(n=300, seed=0):
    """Classes are on the two sides of zero: the first axis says so at places a and b, at place c the wrong way round;
    the second axis says so everywhere, more faintly."""
    random = rng("places", seed)
    labels, places = np.arange(n) % 2, np.array(["a", "b", "c"])[np.arange(n) // 2 % 3]
    side = 2.0 * labels - 1
    first = np.where(places == "c", -side, side) * 3
    features = np.stack([first, side], axis=1) + random.normal(size=(n, 2)) * [0.3, 0.6]
    return images(features, labels, places)


def by_name(train, test, **options):
    return {score.metric: score for score in OutOfDistribution(by="place", **options)(train, test)}


def test_a_place_that_was_never_seen_is_the_worst():
    # Without c the first axis is the surest sign, and c is all wrong; with c it is a sign for two in three.
    found = by_name(places_that_differ(seed=0), places_that_differ(seed=1))
    assert found["ood worst group"].value < 20
    assert "'c'" in found["ood worst group"].protocol
    assert found["ood gap"].value > 10
    inside = by_name(places_that_differ(seed=0), places_that_differ(seed=1), hold_out=False)
    assert inside["group mean"].value == pytest.approx(found["ood mean"].value + found["ood gap"].value)


def test_the_worst_groups_interval_is_exact_and_allows_for_the_choice():
    score = by_name(places_that_differ(seed=0), places_that_differ(seed=1))["ood worst group"]
    right = round(score.value / 100 * score.n)
    assert score.n == 100
    # Clopper-Pearson from the beta distribution, at 1 - .05 / 3 groups.
    tail = 0.05 / 3 / 2
    low = 100 * stats.beta.ppf(tail, right, score.n - right + 1) if right else 0.0
    high = 100 * stats.beta.ppf(1 - tail, right + 1, score.n - right)
    assert score.interval == pytest.approx((low, high))


def test_bars_are_the_accuracy_of_each_group():
    found = by_name(places_that_differ(seed=0), places_that_differ(seed=1), hold_out=False)
    (picture,) = found["worst group"].pictures
    assert picture.names == ("a", "b", "c")
    assert picture.values.min() == found["worst group"].value
    assert picture.values.mean() == pytest.approx(found["group mean"].value)
    assert found["group gap"].value == pytest.approx(picture.values.mean() - picture.values.min())


def test_a_probe_without_a_group_is_the_probe_of_the_other_groups():
    train, test = places_that_differ(seed=0), places_that_differ(seed=1)
    others = train.source.column("place") != "b"
    rest = images(train.features[others], train.labels[others], train.source.columns["place"][others])
    alone = by_name(rest, test, hold_out=False)["worst group"].pictures[0].values[1]
    assert by_name(train, test)["ood worst group"].pictures[0].values[1] == alone


def test_a_group_that_nobody_learns_from_has_no_gap():
    train = places_that_differ(seed=0)
    elsewhere = dataclasses.replace(train.source, columns={"place": np.full(300, "d", dtype=object)})
    train = Labelled(train.features, train.labels, source=elsewhere)
    found = by_name(train, places_that_differ(seed=1))
    assert found["ood gap"].value == 0
    assert "0 of them each tested" in found["ood mean"].protocol


def test_what_is_learnt_never_sees_the_test():
    # Place b poisoned in the test, features and labels: the answers for a and c stay the same.
    train, test = places_that_differ(seed=0), places_that_differ(seed=1)
    there = test.source.column("place") == "b"
    features, labels = test.features.copy(), test.labels.copy()
    features[there] *= 1e3
    labels[there] = 1 - labels[there]
    poisoned = by_name(train, images(features, labels, test.source.columns["place"]))
    bars = [found["ood worst group"].pictures[0].values for found in (by_name(train, test), poisoned)]
    assert bars[0][[0, 2]].tolist() == bars[1][[0, 2]].tolist()


def test_constant_features_are_chance():
    # One class for all: half of each group.
    train, test = (images(np.ones((120, 3)), np.arange(120) % 2, np.arange(120) // 2 % 2) for _ in range(2))
    found = by_name(train, test)
    assert [found[name].value for name in ("ood worst group", "ood mean", "ood gap")] == [50, 50, 0]


def test_groups_that_are_classes_have_a_worst_of_nothing_by_chance():
    # What the contract expects of a blind encoder: all answers are one class, so that all other classes are wrong.
    blind = images(np.ones((120, 3)), np.arange(120) % 2, np.arange(120) % 2)
    assert by_name(blind, blind, hold_out=False)["worst group"].value == 0


def test_small_groups_and_images_without_a_group_are_left_out_and_said():
    test = places_that_differ(seed=1)
    places = test.source.columns["place"].copy()
    places[:5], places[5:20] = "rare", None
    found = by_name(places_that_differ(seed=0), images(test.features, test.labels, places), least=10)
    assert "left out: 20 images" in found["ood mean"].protocol
    assert found["ood mean"].n == 280


def test_a_weighted_sum_of_group_means_by_hand():
    # Means 1 and 3, variances 2 / 1 = 2 and 0 of two values each: 3 - 1 = 2 with a standard error of √(2 / 2) = 1.
    groups = Groups(("a", "b"), (np.array([0, 2]), np.array([1, 3])), 0)
    found = groups.combined(np.array([0.0, 3.0, 2.0, 3.0]), np.array([-1.0, 1.0]))
    assert (found.estimate, found.low, found.high) == pytest.approx((2, 2 - 1.959964, 2 + 1.959964), abs=1e-6)
    assert found.n == 4


def test_the_interval_of_a_mean_over_groups_covers_as_often_as_it_claims():
    # 400 draws from groups of which the truth is known: 95% with a standard error of 1.1%.
    random, truth = rng("coverage"), np.array([0.2, 0.5, 0.9])
    groups = Groups(("a", "b", "c"), tuple(np.split(np.arange(230), [30, 130])), 0)
    each = np.repeat(truth, [30, 100, 100])
    draws = [groups.combined((random.random(230) < each) * 1.0, np.full(3, 1 / 3)) for _ in range(400)]
    covered = np.mean([found.low <= truth.mean() <= found.high for found in draws])
    assert abs(covered - 0.95) < 3.5 * math.sqrt(0.95 * 0.05 / 400)


def test_a_column_must_be_given_and_be_there():
    both = places_that_differ()
    with pytest.raises(UserError, match="set `by` to one of place, label"):
        OutOfDistribution()(both, both)
    with pytest.raises(UserError, match="no column 'plaice'"):
        OutOfDistribution(by="plaice")(both, both)


def test_to_learn_without_a_group_the_images_to_learn_from_need_the_column():
    both = places_that_differ()
    bare = Labelled(both.features, both.labels, source=dataclasses.replace(both.source, columns={}))
    with pytest.raises(UserError, match="no column 'place'"):
        by_name(bare, both)
    assert by_name(bare, both, hold_out=False)["group mean"].n == 300


def test_a_class_of_one_place_alone_cannot_be_held_out():
    both = places_that_differ()
    with pytest.raises(UserError, match="without the group '0'"):
        OutOfDistribution(by="label")(both, both)


def test_one_group_alone_is_refused():
    both = images(rng("one").normal(size=(60, 3)), np.arange(60) % 2, ["a"] * 60)
    with pytest.raises(UserError, match="not two groups"):
        by_name(both, both)


@pytest.mark.parametrize("options", [{"least": 1}, {"penalty": 0.0}])
def test_options_without_a_meaning_are_refused(options):
    with pytest.raises(UserError, match="ood needs a least"):
        OutOfDistribution(by="place", **options)
