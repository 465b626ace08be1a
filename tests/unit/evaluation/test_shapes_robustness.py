"""Shapes in the wrong colours: what is swapped, and what encoders that see one thing alone make of it."""

import numpy as np
import pytest
import torch

from made import made_source
from made_evaluations import Blind, Quarters, seen
from sempairs.core.errors import UserError
from sempairs.core.progress import quiet
from sempairs.encoders.base import Encoder
from sempairs.evaluation.shapes_robustness import ShapesRobustness, with_floor, with_paint

SOLIDS = 8


@pytest.fixture(autouse=True)
def no_progress():
    with quiet():
        yield


def accuracies(encoder, **options):
    images = made_source(8, size=24, channels=3)
    return [score.value for score in ShapesRobustness(**options)(*seen(encoder, images, images))]


class Corner(Encoder):
    """The colour of the top left corner, where the solid hardly ever is: the floor alone."""

    def __init__(self):
        super().__init__(6, (0.0,) * 3, (1.0,) * 3)

    def features(self, images):
        part = images[..., :5, :5].flatten(2)
        return torch.cat([part.mean(dim=2), part.std(dim=2)], dim=1)


def test_floor_and_paint_agree_with_the_solid_as_often_as_is_said():
    factors = ShapesRobustness(agreement=0.75).drawn("learn", 8000)
    own = with_paint(with_floor(factors, factors["shape"]), factors["shape"])
    floor = np.floor(8 * factors["background_hue"]) == factors["shape"]
    paint = np.floor(8 * factors["hue"]) == factors["shape"]
    # Four standard deviations of a share of 8,000: .019. Both at once by chance: .5625.
    assert abs(floor.mean() - 0.75) < 0.019
    assert abs(paint.mean() - 0.75) < 0.019
    assert abs((floor & paint).mean() - 0.5625) < 0.022
    # What is the solid's own is the same as when it is given on purpose.
    assert np.array_equal(factors["background"][floor], own["background"][floor])
    assert np.array_equal(factors["bands"][paint], own["bands"][paint])
    # As many of each solid; other floors are those of all other solids.
    assert (np.bincount(factors["shape"]) == 1000).all()
    others = np.floor(8 * factors["background_hue"]).astype(int)[(factors["shape"] == 0) & ~floor]
    assert set(others) == set(range(1, 8))


def test_a_swap_changes_nothing_but_the_cue():
    factors = ShapesRobustness().drawn("test", 80)
    floor = with_floor(factors, (factors["shape"] + 1) % SOLIDS)
    paint = with_paint(factors, (factors["shape"] + 1) % SOLIDS)
    assert {name for name in factors if not np.array_equal(floor[name], factors[name])} == {
        "background",
        "background_hue",
    }
    assert {name for name in factors if not np.array_equal(paint[name], factors[name])} == {"bands", "hue"}
    assert np.array_equal(with_floor(floor, factors["shape"])["background"], factors["shape"] % 6)
    assert floor["background_hue"].min() >= 0
    assert floor["background_hue"].max() < 1


def test_a_blind_encoder_is_right_for_one_solid_in_eight():
    assert accuracies(Blind(3), learn=80, scenes=80) == [12.5, 12.5, 12.5]


def test_an_encoder_that_sees_the_floor_alone_is_fooled_by_floors_and_by_nothing_else():
    known, floor, paint = accuracies(Corner(), learn=800, scenes=400, agreement=1.0)
    assert known > 50
    assert floor < 5  # below chance: the wrong floor names another solid
    assert paint == pytest.approx(known, abs=1)  # a solid at the edge of its range does reach into the corner


def test_without_a_correlation_a_swap_costs_nothing():
    # One in eight agrees by chance: the floor says nothing, before and after.
    known, floor, _ = accuracies(Corner(), learn=800, scenes=400, agreement=1 / 8)
    assert abs(known - 12.5) < 6.7  # four standard deviations of a share of 400
    assert abs(floor - 12.5) < 6.7


def test_scores_pictures_and_scenes():
    images = made_source(8, size=24, channels=1)
    first = ShapesRobustness(learn=80, scenes=40)(*seen(Quarters(), images, images))
    again = ShapesRobustness(learn=80, scenes=40)(*seen(Quarters(), images, images))
    assert first == again
    assert [score.metric.removeprefix("shapes ") for score in first] == list(first[0].pictures[0].names)
    bars, gallery = first[0].pictures
    assert bars.values.tolist() == [score.value for score in first]
    assert gallery.images.shape == (4, 3, 24, 24, 1)
    marks = np.stack([score.outcomes[:4] for score in first], axis=1)
    assert np.array_equal(gallery.marks == 1, marks == 100)


@pytest.mark.parametrize("options", [{"agreement": 1.5}, {"scenes": 8}, {"learn": 0}])
def test_options_without_a_meaning_are_refused(options):
    with pytest.raises(UserError, match=r"agreement|scenes or more"):
        ShapesRobustness(**options)
