"""Semi-supervised: which images are learnt from, at what rate, and what is refused."""

import dataclasses

import numpy as np
import pytest

from made_evaluations import Blind, seen
from made_tuning import Layer, coloured
from sempairs.core.errors import UserError
from sempairs.core.progress import quiet
from sempairs.evaluation import semisup
from sempairs.evaluation.semisup import SemiSupervised


@pytest.fixture(autouse=True)
def no_progress():
    with quiet():
        yield


def sides(encoder=None, each=40):
    return seen(encoder or Layer(), coloured(each, seed=1), coloured(each=30, seed=2))


SMALL = SemiSupervised(shares=(0.25, 0.5), epochs=(20, 10), rates=(0.5, 2.0), batch_size=16)


@pytest.fixture
def learnt(monkeypatch):
    """What each tuning was done with."""
    calls = []

    def spy(title, encoder, source, names, tunings, held_out):
        calls.append((source, tunings, held_out))
        return plain(title, encoder, source, names, tunings, held_out)

    plain = semisup.tune_best
    monkeypatch.setattr(semisup, "tune_best", spy)
    return calls


def test_a_colour_that_no_crop_hides_is_learnt_from_a_quarter_of_the_labels():
    scores = SMALL(*sides())
    assert [score.metric for score in scores] == ["25% of labels", "50% of labels"]
    assert [score.value for score in scores] == [100.0, 100.0]
    assert [len(score.outcomes) for score in scores] == [90, 90]
    (picture,) = scores[0].pictures
    assert np.array_equal(picture.values, 100 * np.eye(3))
    assert picture.rows == ("class 0", "class 1", "class 2")


def test_the_labelled_images_are_balanced_nested_and_seeded(learnt):
    train, test = sides()
    member = dataclasses.replace(SMALL, epochs=(1, 1))
    first, _ = member(train, test), dataclasses.replace(member, seed=1)(train, test)
    small, large, other, _ = (source for source, _, _ in learnt)
    # A quarter and a half of 40 images of each class.
    assert np.bincount(small.labels).tolist() == [10] * 3
    assert np.bincount(large.labels).tolist() == [20] * 3
    assert set(small.ids) < set(large.ids)
    assert set(small.ids) != set(other.ids)
    assert "30 images, 25% of 120 drawn from 120 training images, 10 of each class (seed 0)" in first[0].protocol


def test_steps_and_rates_are_simclrs(learnt):
    SMALL(*sides())
    (_, quarter, held_out), (_, half, _) = learnt
    # 20 epochs of 30 images in batches of 16: 37.5 steps; 10 of 60 images: the same. Rates: lr x 16 / 256.
    assert [tuning.steps for tuning in (*quarter, *half)] == [38] * 4
    assert [tuning.lr for tuning in quarter] == [0.5 / 16, 2.0 / 16]
    assert [tuning.head_lr for tuning in quarter] == [0.5 / 16, 2.0 / 16]
    assert [tuning.weight_decay for tuning in quarter] == [0.0, 0.0]
    assert held_out.sum() == 6  # a fifth of 10 images of each class


def test_too_few_labels_to_choose_by_are_confessed(learnt):
    (score,) = SemiSupervised(shares=(0.1,), epochs=(20,), rates=(0.5, 2.0))(*sides())
    (_, tunings, _) = learnt[0]
    assert [tuning.lr * 256 / tuning.batch_size for tuning in tunings] == [0.5]
    assert tunings[0].batch_size == 12  # 4 images of each class are fewer than a batch
    assert "not chosen, as 4 images of a class are too few to choose by" in score.protocol


def test_shares_are_shares_of_the_sample(learnt):
    (score,) = SemiSupervised(shares=(0.5,), epochs=(1,), images=60)(*sides())
    assert len(learnt[0][0]) == 30
    assert "30 images, 50% of 60 drawn from 120 training images" in score.protocol


def test_a_class_with_fewer_images_gives_all_it_has(learnt):
    train, test = sides()
    rare = train.source.take(np.r_[np.flatnonzero(train.labels != 2), np.flatnonzero(train.labels == 2)[:7]])
    (score,) = SemiSupervised(shares=(0.5,), epochs=(1,))(*seen(Layer(), rare, test.source))
    # Half of 87 images are 14.5 of each of three classes; the third has 7.
    assert np.bincount(learnt[0][0].labels).tolist() == [14, 14, 7]
    assert "7 to 14 of each class" in score.protocol


def test_a_poisoned_test_set_changes_neither_choice_nor_other_answers():
    train, test = sides()
    poisoned = coloured(each=30, seed=2)
    half = np.arange(90) % 2 == 0
    poisoned.frames[half] = 255 - poisoned.frames[half]
    poisoned.labels[half] = (poisoned.labels[half] + 1) % 3
    member = SemiSupervised(shares=(0.2,), epochs=(2,), rates=(0.05, 0.5))  # too short to learn it all
    (plain,), (other,) = member(train, test), member(*seen(Layer(), train.source, poisoned))
    assert plain.protocol == other.protocol
    assert np.array_equal(plain.outcomes[~half], other.outcomes[~half])


def test_a_blind_encoder_scores_chance():
    # The same features for all images: one class for all of them, a third of the test.
    assert [score.value for score in SMALL(*sides(Blind(3)))] == pytest.approx([100 / 3] * 2)


@pytest.mark.parametrize(
    "options",
    [
        {"shares": ()},
        {"shares": (0.1, 0.1)},
        {"shares": (0.1, 1.5)},
        {"shares": (0.0, 0.1)},
        {"epochs": (60,)},
        {"rates": ()},
        {"crop_min": 1.5},
        {"images": 0},
        {"batch_size": 0},
    ],
)
def test_options_that_make_no_sense_are_refused(options):
    with pytest.raises(UserError, match="semisup needs"):
        SemiSupervised(**options)
