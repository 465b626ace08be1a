"""The cache of decoded frames: one memory-mapped uint8 file for a set of images, made once, named by their contents.

frames/<key>/frames.npy   the frames of the good images, in order
frames/<key>/record.json  written last: how many there are, their sha256, and the bad images with the reason
"""

import contextlib
import hashlib
import itertools
import os
import time
from collections.abc import Collection, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
import PIL
from jaxtyping import Int64, UInt8

from sempairs.core.errors import UserError
from sempairs.core.files import atomic_write, cache_folder, read_json, write_json
from sempairs.core.progress import progress
from sempairs.sources import decode
from sempairs.sources.base import Quarantined
from sempairs.sources.cache import stamp_of, writing_cache
from sempairs.sources.workers import decode_files

SCHEMA = 1
FEW = 256
"""Below this many images, starting processes costs more time than they save."""


@dataclass(frozen=True)
class ImageFile:
    """A file that is to become a frame: its id in the source, where it is, and the sha256 of its bytes."""

    id: str
    path: Path
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
    """Decoded images: frames `[n, size, size, 3]`, which of the files they are `[n]`, and the files left out."""

    images: UInt8[np.ndarray, "n s s 3"]
    kept: Int64[np.ndarray, " n"]
    quarantined: tuple[Quarantined, ...]


def frames_of(files: Sequence[ImageFile], size: int, quarantine: Quarantine, workers: int | None = None) -> Frames:
    """The frames of these files, from the cache or decoded now.

    Parameters
    ----------
    files: the images, in order.
    size: height and width of a frame, made by `decode.square`.
    quarantine: how many may be bad.
    workers: decoding processes, 0 for this one; None chooses. The bytes do not depend on it.

    Raises
    ------
    UserError: too many bad images, files that change meanwhile, no room or no permission for the cache.
    """
    folder = cache_folder() / "frames" / _key(files, size)
    frames = _load(folder, files, size)
    if frames is None:
        _build(folder, files, size, quarantine, _workers(len(files)) if workers is None else workers)
        frames = _load(folder, files, size)
        if frames is None:
            raise UserError("the decoded frames did not stay on the disk", got=folder, todo="look at its file system")
    quarantine.check(frames.quarantined)
    return frames


def _key(files: Sequence[ImageFile], size: int) -> str:
    digest = hashlib.sha256(f"{SCHEMA} {decode.VERSION} {size}".encode())
    for file in files:
        digest.update(f"{len(file.id)}:{file.id}{file.sha256}".encode())
    return digest.hexdigest()[:16]


def _workers(images: int) -> int:
    if images < FEW:
        return 0
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _build(folder: Path, files: Sequence[ImageFile], size: int, quarantine: Quarantine, workers: int) -> None:
    bad: dict[int, Quarantined] = {}
    pixels = hashlib.sha256()
    _sweep(folder)
    with writing_cache(), atomic_write(folder / "frames.npy") as out, progress("decoding", len(files), "images") as bar:
        start = _write_header(out, len(files), size)
        with contextlib.closing(_checked(files, size, workers)) as decoded:
            for position, (file, frame) in enumerate(decoded):
                if isinstance(frame, str):
                    bad[position] = Quarantined(file.id, frame)
                    quarantine.check(bad.values())
                else:
                    out.write(frame.data)
                    pixels.update(frame.data)
                bar()
        out.seek(0)
        assert _write_header(out, len(files) - len(bad), size) == start, "NumPy leaves room for any count of rows"
    with writing_cache():
        record = {
            "schema": SCHEMA,
            "frames": len(files) - len(bad),
            "sha256": pixels.hexdigest(),
            "quarantined": [[position, row.id, row.reason] for position, row in bad.items()],
            "pillow": PIL.__version__,
            "stamp": stamp_of((folder / "frames.npy").stat()),
        }
        write_json(folder / "record.json", record)


def _sweep(folder: Path) -> None:
    """Remove what a killed build left; a living one has written to its file in the last hour."""
    for left in folder.glob(".frames.npy.*.tmp"):
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime > 3600:
                left.unlink()


def _checked(
    files: Sequence[ImageFile], size: int, workers: int
) -> Generator[tuple[ImageFile, UInt8[np.ndarray, "s s 3"] | str], None, None]:
    """Each file with its frame or the reason why it has none."""
    try:
        decoded = decode_files((file.path for file in files), size, workers)
        with contextlib.closing(decoded):
            for file, one in zip(files, decoded, strict=True):
                if one.sha256 and one.sha256 != file.sha256:
                    raise UserError(
                        f"{file.id!r} changed while it was read", todo="run again when nothing writes to it"
                    )
                yield file, one.reason if one.frame is None else one.frame
    except OSError as error:
        raise UserError(
            "an image could not be read again", got=f"{error.filename!r}: {error.strerror}", todo="run again"
        ) from None


def _write_header(out: IO[bytes], rows: int, size: int) -> int:
    np.lib.format.write_array_header_1_0(out, {"descr": "|u1", "fortran_order": False, "shape": (rows, size, size, 3)})
    return out.tell()


def _load(folder: Path, files: Sequence[ImageFile], size: int) -> Frames | None:
    """What the cache has, or None if that is missing, cut off or damaged."""
    try:
        record = read_json(folder / "record.json")
        images = np.load(folder / "frames.npy", mmap_mode="r", allow_pickle=False)
        bad = {int(position): Quarantined(str(id), str(reason)) for position, id, reason in record["quarantined"]}
        if record["schema"] != SCHEMA or images.dtype != np.uint8:
            return None
        if images.shape != (len(files) - len(bad), size, size, 3):
            return None
        # All bytes are read again only when the file is not the very one that was written.
        stamp = stamp_of((folder / "frames.npy").stat())
        if stamp != record["stamp"]:
            if hashlib.sha256(images.data).hexdigest() != record["sha256"]:
                return None
            write_json(folder / "record.json", record | {"stamp": stamp})
    except (UserError, OSError, ValueError, TypeError, KeyError, EOFError):
        return None
    kept = np.array([position for position in range(len(files)) if position not in bad], dtype=np.int64)
    return Frames(images, kept, tuple(bad.values()))
