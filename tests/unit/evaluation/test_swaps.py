"""Swaps: what is redrawn and what stays, and encoders that see one of the two."""

import numpy as np
import pytest
import torch

from made import made_source
from made_evaluations import Quarters, seen
from sempairs.core.errors import UserError
from sempairs.core.progress import quiet
from sempairs.evaluation.swaps import SWAPS, Swaps
from sempairs.sources.shapes import CONTENT, render
from sempairs.sources.shapes.factors import STYLE

OPTIONS = {"scenes": 30, "learn": 60}


@pytest.fixture(autouse=True)
def no_progress():
    with quiet():
        yield


def found(encoder, size=20, channels=3, **options):
    source = made_source(12, size=size, channels=channels)
    return {score.metric: score for score in Swaps(**(OPTIONS | options))(*seen(encoder, source, source))}


def gallery(scores):
    return scores["invariance background swap"].pictures[-1]


def test_only_style_is_swapped():
    swapped = {factor for factors in SWAPS.values() for factor in factors}
    assert swapped <= set(STYLE)
    assert not swapped & set(CONTENT)
    assert sum(map(len, SWAPS.values())) == len(swapped)


def test_each_swap_redraws_its_own_factors_and_nothing_else():
    # The factors of the scenes and of the others are drawn as the member draws them; images are then their renderings.
    member = Swaps(**OPTIONS)
    factors, redrawn = member._factors("scenes", 30), member._factors("redrawn", 30)
    images = gallery(found(Quarters(3))).images
    assert np.array_equal(images[:, 0], render(factors, 20)[:4])
    for column, names in enumerate(SWAPS.values(), start=1):
        mixed = {name: redrawn[name] if name in names else values for name, values in factors.items()}
        assert np.array_equal(images[:, column], render(mixed, 20)[:4])
        assert not np.array_equal(images[:, column], images[:, 0])


def test_an_encoder_of_the_border_sees_the_floor_and_not_the_pose():
    # Solids stay within .3 + .7 of the half width, so that most of the border shows floor alone.
    class Border(Quarters):
        def features(self, images):
            return super().features(torch.cat([images[:, :, :2], images[:, :, -2:]], dim=2))

    scores = found(Border(3), scenes=60, learn=400)
    assert scores["invariance pose swap"].value > 0.9
    assert scores["invariance background swap"].value < 0.5
    assert scores["invariance pose swap distance"].value < scores["invariance background swap distance"].value


def test_every_encoder_meets_the_same_scenes_in_the_channels_it_takes():
    one, other, grey = found(Quarters(3)), found(Quarters(3).eval()), found(Quarters(1), channels=1)
    assert one == other
    luma = gallery(one).images @ np.array([0.299, 0.587, 0.114])
    assert np.abs(gallery(grey).images[..., 0] - luma).max() <= 0.5 + 1e-9


@pytest.mark.parametrize(("size", "side"), [(12, 16), (40, 40), (150, 128)])
def test_scenes_are_of_the_size_of_the_images_within_bounds(size, side):
    scores = found(Quarters(3), size, scenes=2, learn=4)
    assert gallery(scores).images.shape[2:] == (side, side, 3)
    assert f"{side} x {side}" in scores["invariance pose swap"].protocol


def test_a_score_never_travels_alone():
    scores = found(Quarters(3))
    assert len(scores) == 2 * len(SWAPS)
    for score in scores.values():
        assert score.value == pytest.approx(score.outcomes.mean())
        assert score.interval[0] <= score.value <= score.interval[1]
        assert (score.n, score.over, score.direction) == (30, "scenes", "neither")


def test_one_scene_is_too_few():
    with pytest.raises(UserError, match="two scenes"):
        Swaps(scenes=1)
