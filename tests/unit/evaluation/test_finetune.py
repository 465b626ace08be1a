"""Fine-tuning: the paper's grid, what chooses from it, and known answers."""

import numpy as np
import pytest

from made_evaluations import Blind, seen
from made_tuning import Layer, coloured
from sempairs.core.errors import UserError
from sempairs.core.progress import quiet
from sempairs.evaluation.finetune import FineTuning

SMALL = FineTuning(steps=30, batch_size=16)


@pytest.fixture(autouse=True)
def no_progress():
    with quiet():
        yield


def sides(encoder=None):
    return seen(encoder or Layer(), coloured(each=40, seed=1), coloured(each=30, seed=2))


def test_the_papers_grid():
    ways = FineTuning(grid="paper", steps=20_000, batch_size=256).tunings(51_200)
    # 7 rates from 1e-4 to 1e-1, spaced by the root of ten; none or 7 decays from 1e-6 to 1e-3, over the rate.
    rates = [1e-4 * 10 ** (i / 2) for i in range(7)]
    decays = [0.0] + [1e-6 * 10 ** (i / 2) for i in range(7)]
    assert len(ways) == 56
    assert sorted({round(way.lr, 9) for way in ways}) == pytest.approx(rates, rel=1e-4)
    assert all(way.head_lr == way.lr for way in ways)
    for rate in {way.lr for way in ways}:
        assert sorted(way.weight_decay * rate for way in ways if way.lr == rate) == pytest.approx(decays)
    # 200 steps in an epoch: max(1 - 10 / 200, 0.9) = 0.95, which torch counts as 0.05.
    assert {way.norm_momentum for way in ways} == {0.05}
    assert {way.steps for way in ways} == {20_000}


def test_batch_norms_of_short_epochs_keep_a_tenth():
    # 10 steps in an epoch: max(1 - 10 / 10, 0.9) = 0.9.
    assert {way.norm_momentum for way in FineTuning(batch_size=64).tunings(640)} == {0.1}


def test_a_colour_that_no_crop_hides_is_learnt():
    (score,) = SMALL(*sides())
    assert (score.metric, score.value, score.n) == ("fine-tuned", 100.0, 90)
    assert "the best of 4 (small grid) on 24 of these images" in score.protocol  # a fifth of 120
    assert np.array_equal(score.pictures[0].values, 100 * np.eye(3))


def test_a_blind_encoder_scores_chance():
    (score,) = SMALL(*sides(Blind(3)))
    assert score.value == pytest.approx(100 / 3)
    assert score.pictures[0].values.sum(axis=0).tolist().count(300.0) == 1  # all images are taken for one class


def test_a_poisoned_test_set_changes_neither_choice_nor_other_answers():
    train, test = sides()
    poisoned = coloured(each=30, seed=2)
    half = np.arange(90) % 2 == 0
    poisoned.frames[half] = 255 - poisoned.frames[half]
    poisoned.labels[half] = (poisoned.labels[half] + 1) % 3
    member = FineTuning(steps=4, batch_size=16)  # too short to learn it all
    (plain,), (other,) = member(train, test), member(*seen(Layer(), train.source, poisoned))
    assert plain.protocol == other.protocol
    assert np.array_equal(plain.outcomes[~half], other.outcomes[~half])


def test_a_sample_is_said():
    (score,) = FineTuning(steps=2, batch_size=8, images=60)(*sides())
    assert "tuned on 60 of 120 training images" in score.protocol


@pytest.mark.parametrize("options", [{"steps": 0}, {"batch_size": 0}, {"images": 0}, {"crop_min": 0.0}])
def test_options_that_make_no_sense_are_refused(options):
    with pytest.raises(UserError, match="fine-tuning needs"):
        FineTuning(**options)
