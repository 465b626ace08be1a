"""Pairs for trainings with lightly: `for (view0, view1), targets, names in loader`.

Source: lightly 1.6.0, `LightlyDataset.__getitem__`, `MultiViewCollate` and `MultiViewTransform`.
"""

import functools
from typing import Any

from torch.utils.data import Dataset

from sempairs.interop.images import PairImages
from sempairs.interop.turns import MultiView, need_two, parts_of, take_turns
from sempairs.pairs.pairset import PairSet
from sempairs.sources.base import Source

GIVE = "give one of lightly's, such as lightly.transforms.SimCLRTransform()"


class LightlyPairs(Dataset[tuple[list[Any], int, str]]):
    """The pairs of a set in the place of a `LightlyDataset`: `(views, target, filename)`.

    Views 0, 2, ... show the first image and views 1, 3, ... the second. `target` is the class of the first image, or
    -1 without labels; `filename` is the id of the pair. It goes with torch's and with lightly's way to make batches.

    Parameters
    ----------
    pairs: the pair set.
    transform: lightly's transform for several views; it gets RGB images.
    source: the images of the pairs; None to open them where they were when the pairs were made.

    Raises
    ------
    UserError: the transform makes fewer than two views; the images changed or cannot be found.
    """

    def __init__(self, pairs: PairSet, transform: MultiView, source: Source | None = None) -> None:
        self._views = parts_of(transform, GIVE)
        need_two(self._views, GIVE)
        self._images = PairImages(pairs, source)

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, index: int) -> tuple[list[Any], int, str]:
        views = take_turns(self._views, functools.partial(self._images.rgb, index))
        return views, self._images.label(index, 0), self._images.name(index)
