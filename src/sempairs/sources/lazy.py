"""Frames that are not one array in memory or in one file, read as if they were."""

import mmap
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Int64, UInt8


class LazyFrames(ABC):
    """Decoded images `[n, h, w, c]`, read by position as an array is: `frames[7]`, `frames[2:5]`, `frames[[7, 0]]`.

    Parameters
    ----------
    shape: n, h, w and c.
    """

    dtype = np.dtype(np.uint8)
    ndim = 4

    def __init__(self, shape: tuple[int, int, int, int]) -> None:
        self.shape = shape

    @abstractmethod
    def read(self, indices: Int64[np.ndarray, " k"]) -> UInt8[np.ndarray, "k h w c"]:
        """The images at these positions, from 0 to n - 1."""

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index: Any) -> np.ndarray:
        if isinstance(index, slice):
            return self.read(np.arange(*index.indices(len(self)), dtype=np.int64))
        wanted = np.asarray(index, dtype=np.int64)
        if wanted.size and not -len(self) <= wanted.min() <= wanted.max() < len(self):
            raise IndexError(f"position {wanted.min()} to {wanted.max()} of {len(self)} images")
        wanted = np.where(wanted < 0, wanted + len(self), wanted)
        return self.read(wanted.reshape(-1)).reshape(*wanted.shape, *self.shape[1:])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        if copy is False:
            raise ValueError("frames that lie in several places cannot be an array without a copy")
        return np.asarray(self[:], dtype=dtype)


class MappedFrames(LazyFrames):
    """Frames that lie in several memory-mapped files (or arrays) of one shape, one after the other: the cache.

    The system is told all images before they are copied, so that it reads them together. Alone it reads one after the
    other, and what lies behind each besides (docs/log.md, 2026-11-22: a 20th of the speed where nothing is in memory).
    """

    def __init__(self, parts: Sequence[UInt8[np.ndarray, "_n h w c"]]) -> None:
        self.parts = list(parts)
        # Of the memory-mapped files as plain arrays: NumPy is slower with its own class for them.
        self._plain = [np.asarray(part) for part in parts]
        self._starts = np.cumsum([0, *(len(part) for part in parts)])
        height, width, channels = parts[0].shape[1:]
        super().__init__((int(self._starts[-1]), height, width, channels))

    def read(self, indices: Int64[np.ndarray, " k"]) -> UInt8[np.ndarray, "k h w c"]:
        """The images at these positions; it is faster if they ascend."""
        if (np.diff(indices) < 0).any():
            ascending, places = np.unique(indices, return_inverse=True)
            return self.read(ascending)[places]
        out = np.empty((len(indices), *self.shape[1:]), np.uint8)
        cuts = np.searchsorted(indices, self._starts)
        for number in np.flatnonzero(np.diff(cuts)):
            here = slice(cuts[number], cuts[number + 1])
            positions = indices[here] - self._starts[number]
            _announce(self.parts[number], positions)
            # Not "raise", which copies twice; the positions are known to be good.
            self._plain[number].take(positions, axis=0, out=out[here], mode="clip")
        return out

    def __getstate__(self) -> list[Any]:
        """For a spawned worker: of a memory-mapped file its name, where pickle would send all the images."""
        return [mapped(part) or part for part in self.parts]

    def __setstate__(self, state: list[Any]) -> None:
        MappedFrames.__init__(self, [np.memmap(*part) if isinstance(part, tuple) else part for part in state])


def _announce(part: np.ndarray, positions: Int64[np.ndarray, " k"]) -> None:
    """Tell the system which images of a mapped file are read next, where it listens (not on Windows)."""
    based: object = part.base
    if isinstance(part, np.memmap) and isinstance(based, mmap.mmap) and hasattr(mmap, "MADV_WILLNEED"):
        size = part[0].nbytes if len(part) else 0
        starts = part.offset % mmap.ALLOCATIONGRANULARITY + positions * size
        for start in starts.tolist():
            page = start - start % mmap.PAGESIZE
            based.madvise(mmap.MADV_WILLNEED, page, start + size - page)


def mapped(frames: object) -> tuple[Any, ...] | None:
    """What maps the file of `frames` again, as arguments of `np.memmap`; None if they are not the whole of a file."""
    # Only the whole of a map is based on the file itself: a part of it does not know where it begins.
    based: object = getattr(frames, "base", None)
    if isinstance(frames, np.memmap) and isinstance(based, mmap.mmap):
        return frames.filename, frames.dtype, "r", frames.offset, frames.shape
    return None
