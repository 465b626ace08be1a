"""The schedule by hand, the order of scenes, and what mirroring does to boxes."""

import numpy as np
import pytest
import torch

from made_scenes import objects, squares
from sempairs.core.errors import UserError
from sempairs.encoders.small_resnet import SmallResNet
from sempairs.evaluation.detection.model import faster_rcnn
from sempairs.evaluation.detection.scenes import Scenes
from sempairs.evaluation.detection.training import detect, example, positions, rate_at, teach


def made(encoder=None):
    torch.manual_seed(0)
    encoder = encoder or SmallResNet(1, width=16)
    return faster_rcnn(encoder, 2, variant="fpn", tune=True, width=16, proposals=50, regions=16, sizes=())


def test_the_schedule_of_24k_steps():
    # Detectron2's: warm-up of 100 steps to .02, a tenth from 18,000 on, a hundredth from 22,000 on.
    steps = [0, 49, 99, 17_999, 18_000, 21_999, 22_000, 23_999]
    rates = [2e-4, 1e-2, 2e-2, 2e-2, 2e-3, 2e-3, 2e-4, 2e-4]
    assert [rate_at(step, 24_000, 0.02) for step in steps] == pytest.approx(rates)


def test_every_scene_comes_once_in_each_round():
    drawn = np.concatenate([positions(step, 4, 10, seed=3) for step in range(5)])
    assert sorted(drawn[:10]) == sorted(drawn[10:]) == list(range(10))
    assert drawn[:10].tolist() != drawn[10:].tolist()
    assert np.array_equal(positions(2, 4, 10, seed=3), drawn[8:12])
    assert len(positions(0, 7, 3, seed=0)) == 7  # a batch of more than one round


def test_a_mirrored_box_still_holds_its_object_and_ignored_ones_are_not_learnt():
    image = np.zeros((20, 30, 1), np.uint8)
    image[4:9, 2:12] = 255
    there = objects([[2, 4, 12, 9], [0, 0, 5, 5]], ["b", "a"], [False, True])
    scenes = Scenes("one", (there,), lambda at: image)
    for mirrored in (False, True):
        shown, target = example(scenes, 0, mirrored, {"a": 0, "b": 1})
        ((x0, y0, x1, y1),) = target["boxes"].int().tolist()
        assert (x0, y0, x1, y1) == ((18, 4, 28, 9) if mirrored else (2, 4, 12, 9))  # 30 - 12 and 30 - 2
        assert shown[0, y0:y1, x0:x1].min() == 1
        assert shown.sum() == 50
        assert target["labels"].tolist() == [2]  # 0 is the background


def test_a_scene_without_objects_can_be_learnt_from():
    blank = Scenes("blank", (objects([]),), lambda at: np.zeros((64, 64, 1), np.uint8))
    teach(made(), blank, ("a", "b"), steps=1, batch=2, rate=0.01, seed=0)


def test_the_same_seed_gives_the_same_detector():
    found = []
    for _ in range(2):
        detector = made()
        torch.manual_seed(5)
        teach(detector, squares(), ("big", "small"), steps=3, batch=4, rate=0.02, seed=1)
        found.append(detect(detector, squares(), 3))
    for one, other in zip(*found, strict=True):
        assert all(np.array_equal(one[key], other[key]) for key in ("boxes", "scores", "labels"))


def test_a_loss_that_is_not_finite_is_an_error():
    with pytest.raises(UserError, match=r"not finite\n.*step"):
        teach(made(), squares(), ("big", "small"), steps=20, batch=4, rate=1e6, seed=0)


@pytest.mark.slow
def test_bright_squares_are_learnt():
    # Nothing is easier to find; two sizes of them are two classes.
    from sempairs.evaluation.detection.score import average_precision

    detector, classes = made(), ("big", "small")
    teach(detector, squares(200), classes, steps=150, batch=8, rate=0.02, seed=0)
    tested = squares(40)
    assert average_precision(detect(detector, tested, 8), tested.objects, classes)["AP50"] > 90
