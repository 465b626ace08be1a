"""Pairs for trainings with solo-learn: batches `[indexes, [view0, view1, ...], targets]`.

Source: solo-learn 1.0.2 (and 1.0.6, where it is the same), `dataset_with_index`, `FullTransformPipeline`,
`NCropAugmentation` and `BaseMethod.training_step`.
"""

import functools
from typing import Any

from torch.utils.data import Dataset

from sempairs.core.errors import UserError
from sempairs.interop.images import PairImages
from sempairs.interop.turns import MultiView, need_two, parts_of, take_turns
from sempairs.pairs.pairset import PairSet
from sempairs.sources.base import Source

GIVE = "give what solo-learn's prepare_n_crop_transform or FullTransformPipeline makes"


class SoloLearnPairs(Dataset[tuple[int, list[Any], int]]):
    """The pairs of a set in the place of what solo-learn's `prepare_datasets` makes: `(index, views, target)`.

    Views 0, 2, ... show the first image and views 1, 3, ... the second, large crops before small ones. `index` is the
    number of the pair; `target` is the class of the first image, or -1 without labels. The loss of solo-learn's online
    classifier is nan then, as it is for solo-learn's own images without labels; the encoder learns all the same.

    Parameters
    ----------
    pairs: the pair set.
    transform: solo-learn's pipeline of crops; it gets RGB images.
    source: the images of the pairs; None to open them where they were when the pairs were made.

    Raises
    ------
    UserError: the transform makes fewer than two views; the images changed or cannot be found.
    """

    def __init__(self, pairs: PairSet, transform: MultiView, source: Source | None = None) -> None:
        crops = parts_of(transform, GIVE)
        if not all(hasattr(crop, "num_crops") for crop in crops):
            raise UserError("this transform is not solo-learn's", got=type(transform).__name__, todo=GIVE)
        self._views = [crop.transform for crop in crops for _ in range(crop.num_crops)]
        need_two(self._views, GIVE)
        self._images = PairImages(pairs, source)

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, index: int) -> tuple[int, list[Any], int]:
        views = take_turns(self._views, functools.partial(self._images.rgb, index))
        return index, views, self._images.label(index, 0)
