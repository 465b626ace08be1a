"""What every evaluation in the registry promises, on features whose answer is known."""

import dataclasses
import json

import numpy as np
import pytest

from made_evaluations import EXPECTED
from sempairs.core.errors import UserError
from sempairs.core.progress import quiet
from sempairs.core.seeds import rng
from sempairs.core.settings import build, options_of, resolve
from sempairs.evaluation import EVALUATIONS
from sempairs.evaluation.base import Evaluation, Labelled
from sempairs.statistics import proportion_interval

CLASSES, TRAIN, TEST = 5, 40, 25  # images of each class
ON_FEATURES = [name for name in EVALUATIONS if not EXPECTED[name].looks_at_images]
NAMES = pytest.mark.parametrize("name", ON_FEATURES)
BY_IMAGE = pytest.mark.parametrize("name", [name for name in ON_FEATURES if not EXPECTED[name].by_position])


def test_each_evaluation_says_what_to_expect():
    assert set(EXPECTED) == set(EVALUATIONS)


@pytest.fixture(autouse=True)
def no_progress():
    with quiet():
        yield


def scores(name, train, test):
    return build(EVALUATIONS, {"name": name, **EXPECTED[name].options})(train, test)


def judging(name, train, test):
    """The scores that say better or worse."""
    return [score for score in scores(name, train, test) if score.direction != "neither"]


def labelled(features, labels, name="images"):
    return Labelled(np.asarray(features, dtype=np.float32), np.asarray(labels, dtype=np.int64), name)


def labels_of(count):
    return rng("labels", count).permutation(np.repeat(np.arange(CLASSES), count))


def clusters(count, spread=1.0):
    """Overlapping Gaussian classes: neither easy nor hopeless."""
    labels = labels_of(count)
    centres = rng("centres").normal(size=(CLASSES, 8))
    return labelled(centres[labels] + spread * rng("noise", count).normal(size=(len(labels), 8)), labels)


def same(first, second, tolerance=0.0):
    """Whether two lists of scores are the same, number by number."""
    assert [score.metric for score in first] == [score.metric for score in second]
    for one, other in zip(first, second, strict=True):
        assert one.value == pytest.approx(other.value, rel=1e-6, abs=tolerance), one.metric


@NAMES
def test_a_score_never_travels_alone(name):
    found = scores(name, clusters(TRAIN), clusters(TEST))
    assert len({score.metric for score in found}) == len(found)
    for score in found:
        assert score.metric
        assert score.protocol
        assert score.over
        assert score.direction in ("higher", "lower", "neither")
        if len(score.outcomes):
            assert len(score.outcomes) == score.n
            assert score.value == pytest.approx(score.outcomes.mean(), abs=1e-9)
        assert score.interval[0] <= score.value <= score.interval[1]
        if score.unit == "%" and score.direction == "higher":
            # These features do say something, and not everything.
            assert EXPECTED[name].chance.get(score.metric, 100 / CLASSES) < score.value < 100
        json.dumps([score.value, score.n, score.interval], allow_nan=False)
        assert all(picture.about for picture in score.pictures)


@NAMES
def test_a_member_is_a_frozen_dataclass_with_options(name):
    member = build(EVALUATIONS, name)
    assert isinstance(member, Evaluation)
    assert set(options_of(type(member))) == {field.name for field in dataclasses.fields(member)}
    assert resolve(EVALUATIONS, name).options == json.loads(json.dumps(dataclasses.asdict(member)))
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(member, dataclasses.fields(member)[0].name, 1)


@NAMES
def test_perfect_features_give_the_best_value(name):
    train, test = (labelled(np.eye(CLASSES)[labels_of(count)], labels_of(count)) for count in (TRAIN, TEST))
    for score in judging(name, train, test):
        assert score.value == pytest.approx(EXPECTED[name].best.get(score.metric, 100.0), abs=1e-9), score.metric


@NAMES
def test_constant_features_give_chance(name):
    train, test = (labelled(np.full((CLASSES * count, 8), 0.3), labels_of(count)) for count in (TRAIN, TEST))
    # A classifier answers one class for all images, and the classes are equally frequent.
    for score in judging(name, train, test):
        assert score.value == pytest.approx(EXPECTED[name].chance.get(score.metric, 100 / CLASSES), abs=1e-6), (
            score.metric
        )


@NAMES
def test_labels_at_random_give_chance(name):
    # Features that know nothing of the labels. 99.9% exact interval of as many fair guesses as there are test images;
    # episodes draw from these same images, so no more.
    train, test = (labelled(rng("no signal", n).normal(size=(CLASSES * n, 8)), labels_of(n)) for n in (TRAIN, TEST))
    for score in judging(name, train, test):
        if score.unit == "%" and score.metric not in EXPECTED[name].chance:
            guesses = CLASSES * TEST
            interval = proportion_interval(guesses // CLASSES, guesses, confidence=0.999)
            assert 100 * interval.low <= score.value <= 100 * interval.high, score.metric


@NAMES
def test_the_same_call_gives_the_same_numbers_and_changes_nothing(name):
    train, test = clusters(TRAIN), clusters(TEST)
    before = train.features.copy(), test.features.copy()
    first, second = scores(name, train, test), scores(name, train, test)
    assert first == second
    assert all(np.array_equal(one.outcomes, other.outcomes) for one, other in zip(first, second, strict=True))
    assert np.array_equal(before[0], train.features)
    assert np.array_equal(before[1], test.features)


@BY_IMAGE
def test_permuting_the_test_images_permutes_their_outcomes(name):
    train, test = clusters(TRAIN), clusters(TEST)
    order = rng("order").permutation(len(test.labels))
    plain = scores(name, train, test)
    permuted = scores(name, train, labelled(test.features[order], test.labels[order]))
    same(plain, permuted)
    for one, other in zip(plain, permuted, strict=True):
        if len(one.outcomes) == len(order):
            assert np.array_equal(one.outcomes[order], other.outcomes)


@NAMES
def test_class_numbers_are_names(name):
    # Numbers with gaps, in the same order: nothing else changes.
    names = np.array([3, 7, 20, 21, 1000])
    train, test = clusters(TRAIN), clusters(TEST)
    plain = scores(name, train, test)
    renamed = scores(name, labelled(train.features, names[train.labels]), labelled(test.features, names[test.labels]))
    same(plain, renamed)
    for one, other in zip(plain, renamed, strict=True):
        assert np.array_equal(one.outcomes, other.outcomes)


@NAMES
def test_rotated_features_score_the_same(name):
    # Cosine, Euclidean distance and an l2 penalty do not see rotations; float32 rounds them to within 1e-6.
    rotation = np.linalg.qr(rng("rotation").normal(size=(8, 8)))[0]
    train, test = clusters(TRAIN), clusters(TEST)
    plain = scores(name, train, test)
    rotated = scores(
        name, labelled(train.features @ rotation, train.labels), labelled(test.features @ rotation, test.labels)
    )
    for one, other in zip(plain, rotated, strict=True):
        # In percent at most one image on a border; any other number to float32's digits.
        tolerance = 100 / (CLASSES * TEST) if one.unit == "%" else 1e-4 * max(1.0, abs(one.value))
        assert other.value == pytest.approx(one.value, abs=tolerance), one.metric


@NAMES
def test_features_that_stand_twice_score_the_same(name):
    # Each feature given twice and divided by the root of two: all inner products and distances stay what they are.
    train, test = clusters(TRAIN), clusters(TEST)
    plain = scores(name, train, test)
    twice = scores(name, *(labelled(np.tile(s.features, 2) / np.sqrt(2), s.labels) for s in (train, test)))
    for one, other in zip(plain, twice, strict=True):
        tolerance = 100 / (CLASSES * TEST) if one.unit == "%" else 1e-4 * max(1.0, abs(one.value))
        assert other.value == pytest.approx(one.value, abs=tolerance), one.metric


@BY_IMAGE
def test_what_is_learnt_never_sees_the_test(name):
    # Half of the test images poisoned, features and labels: what is answered for the others stays the same.
    train, test = clusters(TRAIN), clusters(TEST)
    features, labels = test.features.copy(), test.labels.copy()
    poisoned = np.arange(len(labels)) % 2 == 0
    features[poisoned] = 1e3 * rng("poison").normal(size=(int(poisoned.sum()), features.shape[1]))
    labels[poisoned] = (labels[poisoned] + 1) % CLASSES
    for one, other in zip(scores(name, train, test), scores(name, train, labelled(features, labels)), strict=True):
        if len(one.outcomes) == len(labels):
            assert np.array_equal(one.outcomes[~poisoned], other.outcomes[~poisoned]), one.metric


@NAMES
def test_one_class_alone_is_an_error(name):
    one = labelled(rng("one").normal(size=(50, 8)), np.zeros(50))
    with pytest.raises(UserError, match="class"):
        scores(name, one, one)


@NAMES
def test_no_test_images_are_an_error(name):
    with pytest.raises(UserError, match=r"no images|test classes"):
        scores(name, clusters(TRAIN), labelled(np.empty((0, 8)), []))


def test_features_that_are_not_finite_are_an_error():
    with pytest.raises(UserError, match="not finite"):
        labelled([[1.0, np.nan], [1.0, 2.0]], [0, 1])
