"""The evaluation as a whole, small: what it leaves alone, what it says, and what it refuses."""

import copy
import dataclasses
import sys

import numpy as np
import pytest
import torch

from made import made_source
from made_scenes import objects, squares
from sempairs.core.errors import UserError
from sempairs.encoders.efficientnet_lite0 import EfficientNetLite0
from sempairs.encoders.pca import PCAEncoder
from sempairs.encoders.small_resnet import SmallResNet
from sempairs.evaluation.base import Labelled
from sempairs.evaluation.detection.detection import Detection, need_alike
from sempairs.evaluation.detection.scenes import Scenes

SMALL = Detection(train_images=8, test_images=6, steps=2, batch=4, width=8, proposals=20, regions=8)


def sides(encoder):
    images = Labelled.seen(encoder, made_source())
    return images, images


def made(channels=1):
    torch.manual_seed(0)
    return SmallResNet(channels, width=16).train()


@pytest.mark.parametrize("change", [{}, {"variant": "c4", "tune": True}])
def test_the_same_call_gives_the_same_numbers_and_leaves_all_as_it_was(change):
    member, encoder = dataclasses.replace(SMALL, **change), made()
    before, state = copy.deepcopy(encoder.state_dict()), torch.random.get_rng_state()
    first, second = (member(*sides(encoder)) for _ in range(2))
    assert [score.metric for score in first] == ["detection AP", "detection AP50", "detection AP75"]
    assert first == second
    for score in first:
        assert 0 <= score.value <= 100
        assert score.interval[0] <= score.value <= score.interval[1]
        assert (score.n, score.over, score.direction) == (6, "test images", "higher")
        assert ("tuned" if member.tune else "frozen") in score.protocol
        assert f"({member.variant})" in score.protocol
        assert "8 images of garments train" in score.protocol
    (picture,) = first[0].pictures
    assert picture.images.shape == (6, 96, 96, 1)
    assert len(picture.boxes) == len(picture.owners) == len(picture.captions) == len(picture.marks)
    assert (picture.marks == 0).sum() > 0
    assert all(torch.equal(before[key], value) for key, value in encoder.state_dict().items())
    assert encoder.training
    assert torch.equal(state, torch.random.get_rng_state())


def test_an_encoder_of_coloured_images_sees_grey_scenes_in_three_channels():
    assert len(SMALL(*sides(made(3)))) == 3


def test_an_efficientnet_has_a_pyramid():
    one = dataclasses.replace(SMALL, steps=1, batch=2, test_images=2)
    assert len(one(*sides(EfficientNetLite0(1, pretrained=False)))) == 3


def test_an_encoder_without_maps_is_an_error():
    with pytest.raises(UserError, match="no feature maps"):
        SMALL(*sides(PCAEncoder(1)))


def test_classes_that_are_not_learnt_and_colours_that_are_not_seen_are_errors():
    other = Scenes("other", (objects([[0, 0, 5, 5]], ["lion"]),), lambda at: np.zeros((9, 9, 1), np.uint8))
    with pytest.raises(UserError, match=r"not in the training\n.*'lion'"):
        need_alike(made(), squares(), other)
    with pytest.raises(UserError, match="grey images, squares has coloured"):
        need_alike(made(), squares(channels=3), squares(channels=3))
    need_alike(made(3), squares(), squares(channels=3))


def test_a_library_that_is_not_installed_is_said_before_anything_is_trained(monkeypatch):
    monkeypatch.setitem(sys.modules, "torchmetrics.detection", None)
    with pytest.raises(UserError, match=r"not installed\n.*sempairs\[detection\]"):
        SMALL(*sides(made()))


@pytest.mark.parametrize(
    "change", [{"steps": 0}, {"rate": 0.0}, {"test_images": 1}, {"train_sets": ()}, {"sizes": (0,)}]
)
def test_options_that_make_no_sense_are_refused(change):
    with pytest.raises(UserError, match="detection needs"):
        dataclasses.replace(SMALL, **change)
