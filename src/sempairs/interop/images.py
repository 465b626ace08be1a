"""The images of a pair set one by one, as PIL images: what every data set here is made of."""

from typing import Any

import numpy as np
from PIL import Image

from sempairs.pairs.pairset import PairSet
from sempairs.sources.base import Source
from sempairs.sources.lazy import mapped


class PairImages:
    """The two images of each pair: side 0 and side 1.

    Parameters
    ----------
    pairs: the pair set.
    source: its images; None to open them where they were when the pairs were made.

    Raises
    ------
    UserError: the images changed since the pairs were made, or cannot be found.
    """

    def __init__(self, pairs: PairSet, source: Source | None) -> None:
        source = pairs.open_source() if source is None else source
        positions = pairs.positions(source)
        self._frames = source.frames
        self._rows = positions if source.rows is None else source.rows[positions]
        self._labels = np.full_like(positions, -1) if source.labels is None else source.labels[positions]
        self._names = pairs.column("pair_id")

    def __len__(self) -> int:
        return len(self._rows)

    def name(self, index: int) -> str:
        """The id of the pair."""
        return str(self._names[index])

    def label(self, index: int, side: int) -> int:
        """The class of this image, -1 in a source without labels."""
        return int(self._labels[index, side])

    def image(self, index: int, side: int) -> Image.Image:
        """The image as the source decoded it, grey or RGB."""
        pixels = np.asarray(self._frames[self._rows[index, side]])
        return Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)

    def rgb(self, index: int, side: int) -> Image.Image:
        """The image in RGB, as the frameworks' own loaders open files: their transforms normalise three channels."""
        return self.image(index, side).convert("RGB")

    def __getstate__(self) -> dict[str, Any]:
        """What a spawned worker gets: of a memory-mapped file its name, where pickle would send all the images."""
        return {**vars(self), "_frames": mapped(self._frames) or self._frames}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        if isinstance(state["_frames"], tuple):
            self._frames = np.memmap(*state["_frames"])
