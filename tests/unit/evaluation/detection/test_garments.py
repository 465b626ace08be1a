"""Scenes of garments: the same each time, and boxes that fit."""

import numpy as np
import pytest

from sempairs.core.seeds import rng
from sempairs.evaluation.detection.garments import COVERED, OUTLINE, SIDE, covered, cut_out, garments, scene
from sempairs.sources.base import Source, content_hashes
from sempairs.sources.fashion_mnist import CLASSES, fashion_mnist


def white_squares(top=20, left=10, high=6, wide=12):
    """Photographs of a white rectangle on black, as a source of one class."""
    frames = np.zeros((3, 28, 28, 1), np.uint8)
    frames[:, top : top + high, left : left + wide] = 255
    names = np.array(["0", "1", "2"], dtype=object)
    return Source("white", names, content_hashes(frames), frames, labels=np.zeros(3, np.int64), label_names=("white",))


def test_a_scene_depends_on_seed_and_position_alone():
    few, more, others = garments("test", 2, seed=1), garments("test", 4, seed=1), garments("test", 2, seed=2)
    for at in range(2):
        assert np.array_equal(few.image(at), more.image(at))
        assert np.array_equal(few.objects[at].boxes, more.objects[at].boxes)
        assert not np.array_equal(few.image(at), others.image(at))
    assert not np.array_equal(few.image(0), garments("train", 1, seed=1).image(0))


def test_boxes_lie_inside_and_cover_each_other_only_a_little():
    scenes = garments("test", 60, seed=0)
    assert set(scenes.classes) == set(CLASSES)  # 150 garments: a class is missing once in 10^6 times
    for at, objects in enumerate(scenes.objects):
        assert scenes.image(at).shape == (SIDE, SIDE, 1)
        assert 1 <= len(objects.names) <= 4
        assert len(objects.names) == len(objects.boxes) == len(objects.ignored)
        assert (objects.boxes >= 0).all()
        assert (objects.boxes <= SIDE).all()
        assert (objects.boxes[:, 2:] - objects.boxes[:, :2] >= 4).all()
        shares = covered(objects.boxes, objects.boxes) - np.eye(len(objects.boxes))
        assert shares.max() <= COVERED + 1e-6


def test_the_box_is_that_of_the_garment():
    # A canvas is 160 at most and its grain has a deviation of 6: what is above 230 is the white rectangle.
    alone = 0
    for at in range(40):
        picture, objects = scene(white_squares(), rng("white", at))
        if len(objects.names) == 1:
            ((x0, y0, x1, y1),) = objects.boxes.astype(int)
            white = picture > 230
            # Resizing softens up to two pixels at each edge, which belong to the garment.
            assert white[y0 + 2 : y1 - 2, x0 + 2 : x1 - 2].all()
            white[y0:y1, x0:x1] = False
            assert not white.any()
            alone += 1
    assert alone >= 3  # a quarter of the scenes have one garment


def test_a_garment_keeps_what_is_black_inside():
    photograph = np.zeros((28, 28), np.uint8)
    photograph[4:20, 6:16] = 200
    photograph[8:12, 9:12] = 0
    garment, mask = cut_out(photograph, 28, mirrored=False)
    assert garment.shape == mask.shape == (16, 10)
    assert mask.all()
    assert (garment == 0).sum() == 12
    mirrored, _ = cut_out(photograph, 28, mirrored=True)
    assert np.array_equal(mirrored, garment[:, ::-1])


@pytest.mark.parametrize("split", ["train", "test"])
def test_no_photograph_is_so_dark_that_there_is_no_garment(split):
    source = fashion_mnist(split=split)
    assert np.asarray(source.frames).reshape(len(source), -1).max(axis=1).min() > 2 * OUTLINE


def test_the_covered_share_is_of_the_smaller_box():
    # 2 x 5 of 10 x 10 and 4 x 5 = 20 pixels: half of the smaller; boxes that only touch do not cover.
    one = np.array([[0, 0, 10, 10]], np.float32)
    others = np.array([[8, 0, 12, 5], [10, 0, 20, 10]], np.float32)
    assert covered(one, others).tolist() == [[0.5, 0.0]]
