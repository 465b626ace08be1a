"""Pairs for trainings with stable-pretraining: batches `{"views": [{"image": ..., "label": ...}, ...]}`.

Source: stable-pretraining 0.1.8, `data.transforms.MultiViewTransform`, `data.FromTorchDataset` and `forward`.
"""

from typing import Any

from torch.utils.data import Dataset

from sempairs.interop.images import PairImages
from sempairs.interop.turns import MultiView, need_two, parts_of, take_turns
from sempairs.pairs.pairset import PairSet
from sempairs.sources.base import Source

GIVE = "give stable-pretraining's data.transforms.MultiViewTransform, of a list or of a dictionary"


class StablePretrainingPairs(Dataset[dict[str, Any]]):
    """The pairs of a set as stable-pretraining's samples: a dictionary for each view, under "views" or its own name.

    Views 0, 2, ... show the first image and views 1, 3, ... the second. Each view has its image's own class as "label",
    or -1 without labels, the number of the pair as "sample_idx" and the pair's id as "pair_id".

    Parameters
    ----------
    pairs: the pair set.
    transform: stable-pretraining's transform for several views; it gets RGB images.
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

    def __getitem__(self, index: int) -> dict[str, Any]:
        def sample(side: int) -> dict[str, Any]:
            image, label = self._images.rgb(index, side), self._images.label(index, side)
            return {"image": image, "label": label, "sample_idx": index, "pair_id": self._images.name(index)}

        if isinstance(self._views, dict):
            return dict(zip(self._views, take_turns(list(self._views.values()), sample), strict=True))
        return {"views": take_turns(self._views, sample)}
