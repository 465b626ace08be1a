"""The list of steps in a study file: what it makes, what its settings are, and what is said of a wrong one."""

import numpy as np
import pytest
import torch

from made_recipes import EVERY_STEP, made_recipe
from sempairs.core.errors import UserError
from sempairs.core.seeds import rng, seed_of
from sempairs.core.settings import build, resolve
from sempairs.training.settings import TrainSettings
from sempairs.views import STEPS, VIEWS

SEED, COUNTERS = seed_of("custom"), np.arange(40)
SIMCLR = tuple({"op": op} for op in ("crop", "flip", "jitter", "grey", "blur"))


def frames(channels=3):
    return torch.from_numpy(rng("frames").integers(0, 256, (40, 30, 26, channels), dtype=np.uint8))


@pytest.mark.parametrize("channels", [1, 3])
def test_the_steps_of_simclr_are_simclr(channels):
    ours = made_recipe("custom", steps=SIMCLR, size=24)(frames(channels), SEED, COUNTERS)
    assert torch.equal(ours, VIEWS["simclr"](size=24)(frames(channels), SEED, COUNTERS))


def test_no_steps_show_the_frame():
    for size in (None, 12):
        ours = made_recipe("custom", steps=(), size=size)(frames(), SEED, COUNTERS)
        assert torch.equal(ours, VIEWS["none"](size=size)(frames(), SEED, COUNTERS))


@pytest.mark.parametrize("step", [step for step in EVERY_STEP if step["op"] != "flip"], ids=lambda step: step["op"])
def test_a_step_alone_changes_views_and_leaves_the_rest_of_a_recipe_as_it_is(step):
    sure = {"p": 1.0} if "p" in STEPS[step["op"]].__dataclass_fields__ else {}
    whole = made_recipe("custom", steps=())(frames(), SEED, COUNTERS)
    changed = made_recipe("custom", steps=({**step, **sure},))(frames(), SEED, COUNTERS)
    assert (changed != whole).flatten(1).any(1).float().mean() > 0.9  # some crops show almost everything
    # A step that is drawn later cannot change what a former one drew.
    later = made_recipe("custom", steps=({**step, **sure}, {"op": "solarize", "p": 0.0}))(frames(), SEED, COUNTERS)
    assert torch.equal(later, changed)


def test_steps_that_change_pixels_go_in_their_order():
    # Posterized to 2 levels (0 and .5), then solarized from .5 on: 0 and .5. The other way: 0 alone, for what is
    # solarized lies below .5.
    two = ({"op": "posterize", "p": 1.0, "bits": 1}, {"op": "solarize", "p": 1.0, "threshold": 0.5})
    assert made_recipe("custom", steps=two)(frames(), SEED, COUNTERS).unique().tolist() == [0.0, 0.5]
    assert made_recipe("custom", steps=two[::-1])(frames(), SEED, COUNTERS).unique().tolist() == [0.0]


def test_the_second_image_may_have_steps_of_its_own():
    recipe = made_recipe("custom", steps=SIMCLR, second=({"op": "crop", "min": 0.5},))
    simclr, crop = VIEWS["simclr"](), VIEWS["crop-only"](crop_min=0.5, flip=0.0)
    assert torch.equal(recipe(frames(), SEED, COUNTERS, 0), simclr(frames(), SEED, COUNTERS))
    assert torch.equal(recipe(frames(), SEED, COUNTERS, 1), crop(frames(), SEED, COUNTERS))
    alike = made_recipe("custom", steps=SIMCLR)
    assert torch.equal(alike(frames(), SEED, COUNTERS, 1), alike(frames(), SEED, COUNTERS, 0))


def test_settings_have_every_option_of_every_step():
    views = {"name": "custom", "steps": [{"op": "rotate", "degrees": 15}, {"op": "solarize", "threshold": 0.3}]}
    settings = TrainSettings.resolve({"views": views})
    assert settings.views.options == {
        "steps": [{"op": "rotate", "degrees": 15.0}, {"op": "solarize", "p": 0.5, "threshold": 0.3}],
        "second": None,
        "size": None,
    }
    assert TrainSettings.resolve(settings.to_json()) == settings
    assert build(VIEWS, settings.views).made[1] == (STEPS["rotate"](degrees=15.0), STEPS["solarize"](threshold=0.3))


WRONG = [
    ([{"op": "crp"}], ["steps: step 0: there is no view step called 'crp'", "did you mean 'crop'?"]),
    ([{"op": "crop"}, {"op": "rotate", "degree": 3}], ["step 1", "'rotate' has no option 'degree'", "'degrees'?"]),
    ([{"op": "crop", "min": "x"}], ["step 0", "'crop'.min", "valid number", "got: 'x'"]),
    ([{"op": "posterize", "bits": 2.5}], ["step 0", "'posterize'.bits", "got: 2.5"]),
    ([{"op": "solarize", "p": 2}], ["step 0", "p must be between 0.0 and 1.0", "got: 2.0"]),
    ([{"op": "solarize", "threshold": -1}], ["threshold must be between"]),
    ([{"op": "posterize", "bits": 9}], ["bits must be between 1 and 8", "got: 9"]),
    ([{"op": "jitter", "hue": 0.6}], ["hue must be between 0.0 and 0.5"]),
    ([{"op": "erase", "min": 0.5, "max": 0.2}], ["min and max must be shares", "got: 0.5 and 0.2"]),
    ([{"op": "crop", "min": 0}], ["min above 0"]),
    ([{"op": "rotate", "degrees": 200}], ["degrees must be between 0.0 and 180.0"]),
    ([{"op": "shear", "degrees": 90}], ["degrees must be between 0.0 and 80.0"]),
    ([{"op": "rotate"}], ["'rotate'.degrees: field required"]),
    ([{"degrees": 3}], ["a step needs an op", "valid names: crop, flip, rotate"]),
    ([{"op": 3}], ["a step needs an op", "got: {'op': 3}"]),
    ([{"op": "grey"}, {"op": "crop"}], ["one resample", "got: grey, crop", "before all other steps"]),
    ([{"op": "rotate", "degrees": 3}, {"op": "crop"}], ["one resample", "in this order"]),
    ([{"op": "flip"}, {"op": "flip"}], ["one resample", "at most once"]),
    ("crop", ["views 'custom'.steps: input should be a valid array", "got: 'crop'"]),
    (["crop"], ["views 'custom'.steps.0: input should be an object", "got: 'crop'"]),
]


@pytest.mark.parametrize(("steps", "words"), WRONG, ids=[words[0] for _, words in WRONG])
def test_a_wrong_step_is_named_with_its_place(steps, words):
    with pytest.raises(UserError) as caught:
        resolve(VIEWS, {"name": "custom", "steps": steps}, "views")
    assert all(word in str(caught.value) for word in ["views 'custom'.steps", *words]), str(caught.value)


def test_a_wrong_step_of_the_second_image_is_named_too():
    with pytest.raises(UserError, match=r"views 'custom'\.second: step 0: there is no view step"):
        resolve(VIEWS, {"name": "custom", "steps": [], "second": [{"op": "blurr"}]}, "views")


def test_steps_must_be_given_and_are_checked_wherever_they_come_from():
    with pytest.raises(UserError, match="steps: field required"):
        resolve(VIEWS, "custom")
    with pytest.raises(UserError, match="no view step called 'crp'"):
        VIEWS["custom"](steps=({"op": "crp"},))
    with pytest.raises(UserError, match="size"):
        VIEWS["custom"](steps=(), size=0)
