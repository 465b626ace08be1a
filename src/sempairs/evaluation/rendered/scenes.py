"""Scenes of `shapes` rendered for an evaluation: in memory, of any factors, in the channels that an encoder takes."""

from collections.abc import Mapping

import numpy as np

from sempairs.core.progress import progress
from sempairs.sources.base import Source, content_hashes
from sempairs.sources.shapes import render

BLOCK = 256  # scenes rendered at a time
SIDES = 16, 128  # of scenes for other images: the least that `shapes` draws, and enough to see everything
GREY = (0.299, 0.587, 0.114)  # ITU-R BT.601


def side_like(images: Source) -> int:
    """The side in pixels of scenes that are to be like these images: their shorter one, within `SIDES`."""
    return int(np.clip(min(images.shape[:2]), *SIDES))


def scenes_of(factors: Mapping[str, np.ndarray], side: int, channels: int) -> Source:
    """The scenes with these factors, which are columns of the source; in grey where there is one channel."""
    n, parts = len(factors["shape"]), []
    with progress("rendering scenes", n, "scenes") as bar:
        for start in range(0, n, BLOCK):
            parts.append(render({name: values[start : start + BLOCK] for name, values in factors.items()}, side))
            bar(len(parts[-1]))
    images = np.concatenate(parts)
    if channels == 1:
        images = (images @ np.array(GREY) + 0.5).astype(np.uint8)[..., None]
    ids = np.array([f"scene/{number:06}" for number in range(n)], dtype=object)
    return Source("shapes", ids, content_hashes(images), images, columns=factors)
