"""A trial takes a few steps of a training, and no more than one has patience for."""

import pytest

from made import made_source
from sempairs.pairs.rules import identity
from sempairs.training import trial as module
from sempairs.training.settings import TrainSettings
from sempairs.training.trial import trial


@pytest.fixture
def settings():
    tables = {"encoder": {"name": "small-resnet", "width": 4}, "views": {"name": "crop-only"}}
    return TrainSettings.resolve({**tables, "training": {"passes": 3, "batch_size": 8}})


@pytest.fixture
def steps(monkeypatch):
    """A clock that goes on by a second whenever it is looked at; gives how many steps were taken."""
    looks, taken = iter(range(1000)), []
    original = module.TrainState.advance
    monkeypatch.setattr(module.time, "perf_counter", lambda: float(next(looks)))
    monkeypatch.setattr(module.TrainState, "advance", lambda *a: (taken.append(1), original(*a))[1])
    return taken


def test_seven_steps_are_taken_and_the_first_two_do_not_count(settings, steps):
    source = made_source(16)
    tried = trial(identity(source), source, settings)
    assert len(steps) == 2 + 5
    assert tried.steps == 3 * 2
    # A look before the batch, one after it and one at the end of the step: each takes two seconds, one of them views.
    assert (tried.seconds, tried.fastest, tried.slowest, tried.seconds_of_views) == (2.0, 2.0, 2.0, 1.0)


@pytest.mark.parametrize(("patience", "taken"), [(0.0, 2), (9.0, 3), (1000.0, 7)])
def test_without_patience_two_steps_must_do(settings, steps, patience, taken):
    source = made_source(16)
    tried = trial(identity(source), source, settings, patience)
    # By a clock of which a step is three seconds, and a look before each from the third on a fourth.
    assert len(steps) == taken
    assert tried.fastest == tried.slowest == 2.0
