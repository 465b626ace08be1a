"""What every evaluation that looks at images promises, with encoders whose knowledge of the images is known."""

import copy
import dataclasses
import json

import numpy as np
import pytest
import torch

from made_evaluations import CLASSES, EXPECTED, Blind, Quarters, seen, train_and_test
from sempairs.core.errors import UserError
from sempairs.core.progress import quiet
from sempairs.core.settings import build, options_of, resolve
from sempairs.evaluation import EVALUATIONS
from sempairs.evaluation.base import Evaluation, Labelled

NAMES = pytest.mark.parametrize("name", [name for name in EVALUATIONS if EXPECTED[name].looks_at_images])
GIVEN = pytest.mark.parametrize(
    "name", [n for n in EVALUATIONS if EXPECTED[n].looks_at_images and not EXPECTED[n].own_images]
)


@pytest.fixture(autouse=True)
def no_progress():
    with quiet():
        yield


def scores(name, encoder, train, test):
    return build(EVALUATIONS, {"name": name, **EXPECTED[name].options})(*seen(encoder, train, test))


@NAMES
def test_a_member_is_a_frozen_dataclass_with_options(name):
    member = build(EVALUATIONS, name)
    assert isinstance(member, Evaluation)
    assert set(options_of(type(member))) == {field.name for field in dataclasses.fields(member)}
    assert resolve(EVALUATIONS, name).options == json.loads(json.dumps(dataclasses.asdict(member)))


@GIVEN
def test_a_score_never_travels_alone(name):
    found = scores(name, Quarters(), *train_and_test())
    assert len({score.metric for score in found}) == len(found)
    for score in found:
        assert score.metric
        assert score.protocol
        assert score.over
        if len(score.outcomes):
            assert score.value == pytest.approx(score.outcomes.mean(), abs=1e-9)
            assert len(score.outcomes) == score.n
        assert score.interval[0] <= score.value <= score.interval[1]
        json.dumps([score.value, score.n, score.interval], allow_nan=False)
        assert all(picture.about for picture in score.pictures)


@GIVEN
def test_a_blind_encoder_gives_chance(name):
    for score in scores(name, Blind(), *train_and_test()):
        if score.direction != "neither" and (score.unit == "%" or score.metric in EXPECTED[name].chance):
            chance = EXPECTED[name].chance.get(score.metric, 100 / CLASSES)
            assert score.value == pytest.approx(chance, abs=1e-6), score.metric


@GIVEN
def test_the_same_call_gives_the_same_numbers_and_leaves_the_encoder_as_it_was(name):
    encoder, images = Quarters().train(), train_and_test()
    before, state = copy.deepcopy(encoder.state_dict()), torch.random.get_rng_state()
    first, second = scores(name, encoder, *images), scores(name, encoder, *images)
    assert first == second
    assert all(np.array_equal(one.outcomes, other.outcomes) for one, other in zip(first, second, strict=True))
    assert all(torch.equal(before[key], value) for key, value in encoder.state_dict().items())
    assert all(parameter.requires_grad for parameter in encoder.parameters())
    assert encoder.training
    assert torch.equal(state, torch.random.get_rng_state())


@NAMES
def test_features_alone_are_an_error(name):
    plain = Labelled(np.eye(4, dtype=np.float32), np.arange(4))
    with pytest.raises(UserError, match=r"features alone|looks at images|needs the encoder"):
        build(EVALUATIONS, {"name": name, **EXPECTED[name].options})(plain, plain)
