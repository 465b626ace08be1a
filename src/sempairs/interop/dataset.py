"""A pair set as a plain torch data set of two images."""

from collections.abc import Callable
from typing import Any

from PIL import Image
from torch.utils.data import Dataset

from sempairs.interop.images import PairImages
from sempairs.pairs.pairset import PairSet
from sempairs.sources.base import Source

Transform = Callable[[Image.Image], Any]


class PairDataset(Dataset[tuple[Any, Any, int, str]]):
    """The pairs of a set, for any `DataLoader`: `(first, second, label, pair_id)`.

    `label` is the class of the first image, or -1 without labels. The images are PIL images (grey or RGB) as the source
    decoded them, so any transform made for torchvision data sets takes them.

    Parameters
    ----------
    pairs: the pair set.
    source: its images; None to open them where they were when the pairs were made.
    transform: of the first image; None leaves it a PIL image.
    second: of the second image; None for the same transform.

    Raises
    ------
    UserError: the images changed since the pairs were made, or cannot be found.
    """

    def __init__(
        self,
        pairs: PairSet,
        source: Source | None = None,
        transform: Transform | None = None,
        second: Transform | None = None,
    ) -> None:
        self._images = PairImages(pairs, source)
        self._transforms = (transform, second or transform)

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, index: int) -> tuple[Any, Any, int, str]:
        first, second = (self._shown(index, side) for side in (0, 1))
        return first, second, self._images.label(index, 0), self._images.name(index)

    def _shown(self, index: int, side: int) -> Any:
        image, transform = self._images.image(index, side), self._transforms[side]
        return image if transform is None else transform(image)
