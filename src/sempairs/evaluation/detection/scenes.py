"""Scenes: images with a box and a class name around each object, wherever they come from."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, UInt8

from sempairs.sources.base import Quarantined


@dataclass(frozen=True, eq=False)
class Objects:
    """What is on one image.

    Parameters
    ----------
    boxes: x0, y0, x1, y1 in pixels; the lower right corner lies outside, so x1 - x0 is the width.
    names: the class of each box.
    ignored: whether it is neither right nor wrong to find it: "difficult" in VOC, a crowd in COCO. A detector does not
        learn from these.
    """

    boxes: Float32[np.ndarray, "k 4"]
    names: tuple[str, ...]
    ignored: Bool[np.ndarray, " k"]


@dataclass(frozen=True, eq=False)
class Scenes:
    """Images of any size, read by position, with their objects. Readers make one; nothing subclasses it.

    Parameters
    ----------
    name: for people.
    objects: of each image.
    image: the image at a position, grey or RGB.
    left_out: annotations that cannot be used, and why.
    """

    name: str
    objects: tuple[Objects, ...]
    image: Callable[[int], UInt8[np.ndarray, "h w c"]]
    left_out: tuple[Quarantined, ...] = ()

    def __len__(self) -> int:
        return len(self.objects)

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of all objects, sorted."""
        return tuple(sorted({name for objects in self.objects for name in objects.names}))
