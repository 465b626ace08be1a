"""A file of the cache of frames: the frames of a range of images, and its done-record.

00012.npy    the frames of the good images of the range, in order
00012.json   written last: the range, how many frames there are, their sha256, and the bad images with the reason
"""

import contextlib
import hashlib
import math
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
import PIL
from jaxtyping import UInt8

from sempairs.core.errors import UserError
from sempairs.core.files import atomic_write, read_json, write_json
from sempairs.sources.base import Quarantined
from sempairs.sources.cache import stamp_of, writing_cache

SCHEMA = 2
SHARD_BYTES = 2**30
"""What a kill may cost, and what has to be made again when a file is damaged."""
HOUR = 3600


@dataclass(frozen=True)
class Part:
    """What a shard holds: its frames, None if they are not kept, and the bad images by their position among all."""

    frames: UInt8[np.ndarray, "_n h w c"] | None
    quarantined: dict[int, Quarantined]


@dataclass(frozen=True)
class Shard:
    """One range of images.

    Parameters
    ----------
    folder: of all shards.
    number, start, stop: which images, by position among all.
    shape: height, width and channels of a frame.
    kept: whether the frames are, or only which of the images are bad.
    """

    folder: Path
    number: int
    start: int
    stop: int
    shape: tuple[int, int, int]
    kept: bool

    @property
    def path(self) -> Path:
        """The file of its frames."""
        return self.folder / f"{self.number:05}.npy"

    @property
    def record(self) -> Path:
        """Its done-record."""
        return self.path.with_suffix(".json")

    def load(self) -> Part | None:
        """What the files hold, or None if one is missing, cut off or damaged."""
        try:
            record = read_json(self.record)
            bad = {int(position): Quarantined(str(id), str(reason)) for position, id, reason in record["quarantined"]}
            if [record["schema"], record["start"], record["stop"]] != [SCHEMA, self.start, self.stop]:
                return None
            return Part(self._frames(record, self.stop - self.start - len(bad)) if self.kept else None, bad)
        except (UserError, OSError, ValueError, TypeError, KeyError, EOFError):
            return None

    def _frames(self, record: dict[str, object], count: int) -> UInt8[np.ndarray, "_n h w c"]:
        """The frames, memory-mapped. Raises ValueError if they are not those of the record."""
        frames: np.ndarray = np.load(self.path, mmap_mode="r", allow_pickle=False)
        if frames.dtype != np.uint8 or frames.shape != (count, *self.shape):
            raise ValueError("another array")
        # All bytes are read again only when the file is not the very one that was written.
        stamp = stamp_of(self.path.stat())
        if stamp != record["stamp"]:
            if hashlib.sha256(frames.data).hexdigest() != record["sha256"]:
                raise ValueError("damaged")
            write_json(self.record, record | {"stamp": stamp})
        return frames

    def write(
        self,
        frames: Iterable[UInt8[np.ndarray, "h w c"] | str],
        quarantined: Callable[[int, str], Quarantined],
        done: Callable[[], None],
    ) -> None:
        """Write the frames, then the record.

        Parameters
        ----------
        frames: of each image of the range, or the reason why it has none.
        quarantined: from the position of a bad image and its reason; may raise.
        done: called after each image.

        Raises
        ------
        UserError: no room or no permission.
        """
        bad: dict[int, Quarantined] = {}
        pixels = hashlib.sha256()
        with writing_cache(), self._file() as out:
            start = self._write_header(out, self.stop - self.start)
            for position, frame in zip(range(self.start, self.stop), frames, strict=True):
                if isinstance(frame, str):
                    bad[position] = quarantined(position, frame)
                else:
                    data = np.ascontiguousarray(frame).data
                    pixels.update(data)
                    if out:
                        out.write(data)
                done()
            if out:
                out.seek(0)
                same = self._write_header(out, self.stop - self.start - len(bad)) == start
                assert same, "NumPy leaves room for any count of rows"
        with writing_cache():
            record = {
                "schema": SCHEMA,
                "start": self.start,
                "stop": self.stop,
                "sha256": pixels.hexdigest(),
                "quarantined": [[position, row.id, row.reason] for position, row in bad.items()],
                "pillow": PIL.__version__,
                "stamp": stamp_of(self.path.stat()) if self.kept else [],
            }
            write_json(self.record, record)

    @contextlib.contextmanager
    def _file(self) -> Iterator[IO[bytes] | None]:
        if self.kept:
            with atomic_write(self.path) as out:
                yield out
        else:
            yield None

    def _write_header(self, out: IO[bytes] | None, rows: int) -> int:
        if out is None:
            return 0
        header = {"descr": "|u1", "fortran_order": False, "shape": (rows, *self.shape)}
        np.lib.format.write_array_header_1_0(out, header)
        return out.tell()


def shards_of(folder: Path, images: int, shape: tuple[int, int, int], kept: bool) -> list[Shard]:
    """The shards of so many images, at least one; they depend on nothing but that and the shape of the frames."""
    rows = max(1, SHARD_BYTES // math.prod(shape))
    starts = range(0, max(images, 1), rows)
    return [Shard(folder, n, at, min(at + rows, images), shape, kept) for n, at in enumerate(starts)]


def sweep(folder: Path) -> None:
    """Remove what a killed build left; a living one has written to its file in the last hour."""
    for left in folder.glob(".*.npy.*.tmp"):
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime > HOUR:
                left.unlink()
