"""The cache of decoded frames: one memory-mapped uint8 file for a set of images, made once, named by their contents.

frames/<key>/frames.npy   the frames of the good images, in order
frames/<key>/record.json  written last: how many there are, their sha256, and the bad images with the reason
"""

import contextlib
import hashlib
import itertools
import os
import time
from collections.abc import Collection, Generator, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
import PIL
from jaxtyping import Int64, UInt8

from sempairs.core.errors import UserError
from sempairs.core.files import atomic_write, cache_folder, read_json, write_json
from sempairs.core.progress import progress, say
from sempairs.sources import decode
from sempairs.sources.base import Quarantined
from sempairs.sources.cache import stamp_of, writing_cache
from sempairs.sources.workers import Content, decode_files

SCHEMA = 1
FEW = 256
"""Below this many images, starting processes costs more time than they save."""
LONG = 2.0
"""Seconds after which whoever waited is told how fast it went."""


@dataclass(frozen=True)
class ImageKey:
    """An image that is to become a frame: its id in the source and the sha256 of its encoded bytes."""

    id: str
    sha256: str


@dataclass(frozen=True)
class Quarantine:
    """How many bad images are too many.

    Parameters
    ----------
    name: of the source, for the message.
    total: images that were found, good and bad.
    share: the bad share beyond which nothing goes on.
    rows: the bad images known before decoding.
    """

    name: str
    total: int
    share: float
    rows: tuple[Quarantined, ...] = ()

    def check(self, decoded: Collection[Quarantined] = ()) -> None:
        """Raise UserError with the first reasons if these bad images and the earlier ones are too many."""
        bad = len(self.rows) + len(decoded)
        if bad > self.share * self.total:
            first = itertools.islice(itertools.chain(self.rows, decoded), 5)
            reasons = "".join(f"\n    {row.id!r}: {row.reason}" for row in first)
            raise UserError(
                f"too many of the {self.total} images of {self.name!r} are bad",
                got=f"{bad} of them so far, where {self.share:.0%} may be; the first:{reasons}",
                todo="mend or remove them, or allow a larger `bad_share`",
            )


@dataclass(frozen=True)
class Frames:
    """Decoded images: frames `[n, h, w, c]`, which of the keys they are `[n]`, and the images left out."""

    images: UInt8[np.ndarray, "n h w c"]
    kept: Int64[np.ndarray, " n"]
    quarantined: tuple[Quarantined, ...]


def frames_of(
    keys: Sequence[ImageKey],
    contents: Iterable[Content],
    size: int,
    quarantine: Quarantine,
    workers: int | None = None,
) -> Frames:
    """The frames of these images, from the cache or decoded now.

    Parameters
    ----------
    keys: the images, in order.
    contents: the file of each, in the same order; taken one by one, and not at all if the cache has the frames.
    size: height and width of a frame, made by `decode.square`.
    quarantine: how many may be bad.
    workers: decoding processes, 0 for this one; None chooses. The bytes do not depend on it.

    Raises
    ------
    UserError: too many bad images, files that change meanwhile, no room or no permission for the cache.
    """
    count = _workers(len(keys)) if workers is None else workers
    with contextlib.closing(_checked(keys, contents, size, count)) as decoded:
        return stored_frames("decoding", keys, decoded, (size, size, 3), quarantine)


def stored_frames(
    doing: str,
    keys: Sequence[ImageKey],
    frames: Iterable[UInt8[np.ndarray, "h w c"] | str],
    shape: tuple[int, int, int],
    quarantine: Quarantine,
) -> Frames:
    """The frames of these images, from the cache or written to it now.

    Parameters
    ----------
    doing: what the frames are made by, for the progress bar and as a part of the key.
    keys: the images, in order.
    frames: of each image, or the reason why it has none; taken one by one, and not at all if the cache has them.
    shape: height, width and channels of every frame.
    quarantine: how many may be bad.

    Raises
    ------
    UserError: too many bad images, no room or no permission for the cache.
    """
    folder = cache_folder() / "frames" / _key(doing, keys, shape)
    found = _load(folder, keys, shape)
    if found is None:
        _build(folder, doing, keys, frames, shape, quarantine)
        found = _load(folder, keys, shape)
        if found is None:
            raise UserError("the frames did not stay on the disk", got=folder, todo="look at its file system")
    quarantine.check(found.quarantined)
    return found


def _key(doing: str, keys: Sequence[ImageKey], shape: tuple[int, int, int]) -> str:
    digest = hashlib.sha256(f"{SCHEMA} {decode.VERSION} {doing} {shape}".encode())
    for key in keys:
        digest.update(f"{len(key.id)}:{key.id}{key.sha256}".encode())
    return digest.hexdigest()[:16]


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _workers(images: int) -> int:
    return 0 if images < FEW else processors()


def _build(
    folder: Path,
    doing: str,
    keys: Sequence[ImageKey],
    frames: Iterable[UInt8[np.ndarray, "h w c"] | str],
    shape: tuple[int, int, int],
    quarantine: Quarantine,
) -> None:
    bad: dict[int, Quarantined] = {}
    pixels = hashlib.sha256()
    _sweep(folder)
    began = time.monotonic()
    with writing_cache(), atomic_write(folder / "frames.npy") as out, progress(doing, len(keys), "images") as bar:
        start = _write_header(out, len(keys), shape)
        for position, (key, frame) in enumerate(zip(keys, frames, strict=True)):
            if isinstance(frame, str):
                bad[position] = Quarantined(key.id, frame)
                quarantine.check(bad.values())
            else:
                data = np.ascontiguousarray(frame).data
                out.write(data)
                pixels.update(data)
            bar()
        out.seek(0)
        assert _write_header(out, len(keys) - len(bad), shape) == start, "NumPy leaves room for any count of rows"
    with writing_cache():
        record = {
            "schema": SCHEMA,
            "frames": len(keys) - len(bad),
            "sha256": pixels.hexdigest(),
            "quarantined": [[position, row.id, row.reason] for position, row in bad.items()],
            "pillow": PIL.__version__,
            "stamp": stamp_of((folder / "frames.npy").stat()),
        }
        write_json(folder / "record.json", record)
    seconds = time.monotonic() - began
    if seconds > LONG:
        say(f"{doing}: {len(keys):,} images in {seconds:.1f} s ({len(keys) / seconds:,.0f} images/s)")


def _sweep(folder: Path) -> None:
    """Remove what a killed build left; a living one has written to its file in the last hour."""
    for left in folder.glob(".frames.npy.*.tmp"):
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime > 3600:
                left.unlink()


def _checked(
    keys: Sequence[ImageKey], contents: Iterable[Content], size: int, workers: int
) -> Generator[UInt8[np.ndarray, "s s 3"] | str, None, None]:
    """The frame of each image or the reason why it has none."""
    try:
        decoded = decode_files(contents, size, workers)
        with contextlib.closing(decoded):
            for key, one in zip(keys, decoded, strict=True):
                if one.sha256 and one.sha256 != key.sha256:
                    raise UserError(f"{key.id!r} changed while it was read", todo="run again when nothing writes to it")
                yield one.reason if one.frame is None else one.frame
    except OSError as error:
        raise UserError(
            "an image could not be read again", got=f"{error.filename!r}: {error.strerror}", todo="run again"
        ) from None


def _write_header(out: IO[bytes], rows: int, shape: tuple[int, int, int]) -> int:
    np.lib.format.write_array_header_1_0(out, {"descr": "|u1", "fortran_order": False, "shape": (rows, *shape)})
    return out.tell()


def _load(folder: Path, keys: Sequence[ImageKey], shape: tuple[int, int, int]) -> Frames | None:
    """What the cache has, or None if that is missing, cut off or damaged."""
    try:
        record = read_json(folder / "record.json")
        images = np.load(folder / "frames.npy", mmap_mode="r", allow_pickle=False)
        bad = {int(position): Quarantined(str(id), str(reason)) for position, id, reason in record["quarantined"]}
        if record["schema"] != SCHEMA or images.dtype != np.uint8:
            return None
        if images.shape != (len(keys) - len(bad), *shape):
            return None
        # All bytes are read again only when the file is not the very one that was written.
        stamp = stamp_of((folder / "frames.npy").stat())
        if stamp != record["stamp"]:
            if hashlib.sha256(images.data).hexdigest() != record["sha256"]:
                return None
            write_json(folder / "record.json", record | {"stamp": stamp})
    except (UserError, OSError, ValueError, TypeError, KeyError, EOFError):
        return None
    kept = np.array([position for position in range(len(keys)) if position not in bad], dtype=np.int64)
    return Frames(images, kept, tuple(bad.values()))
