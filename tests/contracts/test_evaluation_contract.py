"""What every evaluation in the registry promises, on features whose answer is known."""

import dataclasses
import json

import numpy as np
import pytest

from sempairs.core.errors import UserError
from sempairs.core.progress import quiet
from sempairs.core.seeds import rng
from sempairs.core.settings import build, options_of, resolve
from sempairs.evaluation import EVALUATIONS
from sempairs.evaluation.base import Evaluation, Labelled
from sempairs.statistics import proportion_interval

CLASSES, TRAIN, TEST = 5, 40, 25  # images of each class
# A grid of three keeps the probe quick; few-shot has as many ways as there are classes.
QUICK = {"linear": {"grid_size": 3, "grid_from": -2.0, "grid_to": 2.0}, "fewshot": {"episodes": 40}}
NAMES = pytest.mark.parametrize("name", list(EVALUATIONS))


@pytest.fixture(autouse=True)
def no_progress():
    with quiet():
        yield


def scores(name, train, test):
    return build(EVALUATIONS, {"name": name, **QUICK.get(name, {})})(train, test)


def labelled(features, labels, name="images"):
    return Labelled(np.asarray(features, dtype=np.float32), np.asarray(labels, dtype=np.int64), name)


def labels_of(count):
    return rng("labels", count).permutation(np.repeat(np.arange(CLASSES), count))


def clusters(count, spread=1.0):
    """Overlapping Gaussian classes: neither easy nor hopeless."""
    labels = labels_of(count)
    centres = rng("centres").normal(size=(CLASSES, 8))
    return labelled(centres[labels] + spread * rng("noise", count).normal(size=(len(labels), 8)), labels)


@NAMES
def test_a_score_never_travels_alone(name):
    for score in scores(name, clusters(TRAIN), clusters(TEST)):
        assert score.metric
        assert score.protocol
        assert score.unit == "%"
        assert len(score.outcomes) == score.n
        assert score.value == pytest.approx(score.outcomes.mean(), abs=1e-9)
        assert ((score.outcomes >= 0) & (score.outcomes <= 100)).all()
        assert score.interval[0] <= score.value <= score.interval[1]
        assert 20 < score.value < 100  # these features do say something; chance is 100 / CLASSES
        json.dumps([score.value, score.n, score.interval], allow_nan=False)


@NAMES
def test_a_member_is_a_frozen_dataclass_with_options(name):
    member = build(EVALUATIONS, name)
    assert isinstance(member, Evaluation)
    assert set(options_of(type(member))) == {field.name for field in dataclasses.fields(member)}
    assert resolve(EVALUATIONS, name).options == dataclasses.asdict(member)
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(member, dataclasses.fields(member)[0].name, 1)


@NAMES
def test_perfect_features_score_100(name):
    train, test = (labelled(np.eye(CLASSES)[labels_of(count)], labels_of(count)) for count in (TRAIN, TEST))
    assert [score.value for score in scores(name, train, test)] == [100]


@NAMES
def test_constant_features_score_chance(name):
    train, test = (labelled(np.full((CLASSES * count, 8), 0.3), labels_of(count)) for count in (TRAIN, TEST))
    # One class is answered for all images, and the classes are equally frequent.
    assert [score.value for score in scores(name, train, test)] == pytest.approx([100 / CLASSES])


@NAMES
def test_labels_at_random_score_chance(name):
    # Features that know nothing of the labels. 99.9% exact interval of as many fair guesses as there are test images;
    # episodes draw from these same images, so no more.
    train, test = (labelled(rng("no signal", n).normal(size=(CLASSES * n, 8)), labels_of(n)) for n in (TRAIN, TEST))
    for score in scores(name, train, test):
        guesses = CLASSES * TEST
        interval = proportion_interval(guesses // CLASSES, guesses, confidence=0.999)
        assert 100 * interval.low <= score.value <= 100 * interval.high


@NAMES
def test_the_same_call_gives_the_same_numbers_and_changes_nothing(name):
    train, test = clusters(TRAIN), clusters(TEST)
    before = train.features.copy(), test.features.copy()
    first, second = scores(name, train, test), scores(name, train, test)
    assert first == second
    assert np.array_equal(first[0].outcomes, second[0].outcomes)
    assert np.array_equal(before[0], train.features)
    assert np.array_equal(before[1], test.features)


@pytest.mark.parametrize("name", [name for name in EVALUATIONS if name != "fewshot"])
def test_permuting_the_test_images_permutes_their_outcomes(name):
    # Not few-shot: its episodes are drawn by position, so that other images meet.
    train, test = clusters(TRAIN), clusters(TEST)
    order = rng("order").permutation(len(test.labels))
    (plain,), (permuted,) = (
        scores(name, train, test),
        scores(name, train, labelled(test.features[order], test.labels[order])),
    )
    assert plain.value == permuted.value
    assert np.array_equal(plain.outcomes[order], permuted.outcomes)


@NAMES
def test_class_numbers_are_names(name):
    # Numbers with gaps, in the same order: nothing else changes.
    names = np.array([3, 7, 20, 21, 1000])
    train, test = clusters(TRAIN), clusters(TEST)
    (plain,) = scores(name, train, test)
    (renamed,) = scores(
        name, labelled(train.features, names[train.labels]), labelled(test.features, names[test.labels])
    )
    assert np.array_equal(plain.outcomes, renamed.outcomes)


@NAMES
def test_rotated_features_score_the_same(name):
    # Cosine, Euclidean distance and an l2 penalty do not see rotations; float32 rounds them to within 1e-6.
    rotation = np.linalg.qr(rng("rotation").normal(size=(8, 8)))[0]
    train, test = clusters(TRAIN), clusters(TEST)
    (plain,) = scores(name, train, test)
    (rotated,) = scores(
        name, labelled(train.features @ rotation, train.labels), labelled(test.features @ rotation, test.labels)
    )
    assert rotated.value == pytest.approx(plain.value, abs=100 / (CLASSES * TEST))  # at most one image on a border


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
