"""Scenes made by the tests: bright squares whose places are known."""

import numpy as np

from sempairs.core.seeds import rng
from sempairs.evaluation.detection.scenes import Objects, Scenes


def objects(boxes, names=None, ignored=None):
    boxes = np.array(boxes, np.float32).reshape(-1, 4)
    count = len(boxes)
    return Objects(boxes, tuple(names or ["thing"] * count), np.array(ignored or [False] * count, dtype=bool))


def squares(n=8, side=64, channels=1):
    """A bright square on noise in each image, "big" or "small" by turns."""
    random = rng("squares", n, side)
    images = random.integers(0, 60, (n, side, side, channels), dtype=np.uint8)
    found = []
    for at in range(n):
        size = (24, 12)[at % 2]
        x, y = random.integers(0, side - size, 2)
        images[at, y : y + size, x : x + size] += 180
        found.append(objects([[x, y, x + size, y + size]], [("big", "small")[at % 2]]))
    return Scenes("squares", tuple(found), images.__getitem__)
