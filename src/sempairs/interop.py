"""Our pairs in everyone's framework: a pair set as a plain torch data set of two images."""

from collections.abc import Callable
from typing import Any

from PIL import Image
from torch.utils.data import Dataset

from sempairs.pairs.pairset import PairSet
from sempairs.sources.base import Source

Transform = Callable[[Image.Image], Any]


class PairDataset(Dataset[tuple[Any, Any, int, str]]):
    """The pairs of a set, for any `DataLoader`: `(first, second, label, pair_id)`.

    `label` is the class of the first image, or -1 without labels. The images are PIL images (grey or RGB) as the source
    decoded them, so any transform made for torchvision data sets, lightly's included, takes them.

    Parameters
    ----------
    pairs: the pair set.
    source: its images; None to open them where they were when the pairs were made.
    transform: of the first image; None leaves it a PIL image.
    second: of the second image; None for the same transform.

    Raises
    ------
    UserError: the images changed since the pairs were made.
    """

    def __init__(
        self,
        pairs: PairSet,
        source: Source | None = None,
        transform: Transform | None = None,
        second: Transform | None = None,
    ) -> None:
        self._source = pairs.open_source() if source is None else source
        self._positions = pairs.positions(self._source)
        self._ids = pairs.column("pair_id")
        self._transforms = (transform, second or transform)

    def __len__(self) -> int:
        return len(self._positions)

    def __getitem__(self, index: int) -> tuple[Any, Any, int, str]:
        first, second = (self._image(index, side) for side in (0, 1))
        labels = self._source.labels
        label = -1 if labels is None else int(labels[self._positions[index, 0]])
        return first, second, label, str(self._ids[index])

    def _image(self, index: int, side: int) -> Any:
        pixels = self._source.images(self._positions[[index], side])[0]
        image = Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)
        transform = self._transforms[side]
        return image if transform is None else transform(image)
