"""The cache of decoded frames: memory-mapped uint8 files for a set of images, made once, named by their contents.

frames/<key>/00000.npy ...   the frames of the good images, in order, in files of bounded size (frame_shards.py)
"""

import contextlib
import hashlib
import itertools
import os
import time
from collections.abc import Callable, Collection, Generator, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64, UInt8

from sempairs.core.errors import UserError
from sempairs.core.files import cache_folder
from sempairs.core.progress import progress, say
from sempairs.sources import decode
from sempairs.sources.base import AnyFrames, Quarantined
from sempairs.sources.frame_shards import SCHEMA, Part, Shard, shards_of, sweep
from sempairs.sources.lazy import MappedFrames
from sempairs.sources.workers import Content, decode_files

FEW = 256
"""Below this many images, starting processes costs more time than they save."""
LONG = 2.0
"""Seconds after which whoever waited is told how fast it went."""

Contents = Callable[[Int64[np.ndarray, " k"]], Iterable[Content]]
"""The files of the images at these positions, which ascend."""
Making = Callable[[Int64[np.ndarray, " k"]], Generator[UInt8[np.ndarray, "h w c"] | str, None, None]]
"""The frame of each image at these positions, which ascend, or the reason why it has none."""


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

    images: AnyFrames
    kept: Int64[np.ndarray, " n"]
    quarantined: tuple[Quarantined, ...]


def frames_of(
    keys: Sequence[ImageKey], contents: Contents, size: int, quarantine: Quarantine, workers: int | None = None
) -> Frames:
    """The frames of these images, from the cache or decoded now.

    Parameters
    ----------
    keys: the images, in order.
    contents: the files of some of them; asked only for what the cache does not have.
    size: height and width of a frame, made by `decode.square`.
    quarantine: how many may be bad.
    workers: decoding processes, 0 for this one; None chooses. The bytes do not depend on it.

    Raises
    ------
    UserError: too many bad images, files that change meanwhile, no room or no permission for the cache.
    """
    return stored_frames("decoding", keys, _decoding(keys, contents, size, workers), (size, size, 3), quarantine)


def stored_frames(
    doing: str, keys: Sequence[ImageKey], frames: Making, shape: tuple[int, int, int], quarantine: Quarantine
) -> Frames:
    """The frames of these images, from the cache or written to it now.

    Parameters
    ----------
    doing: what the frames are made by, for the progress bar and as a part of the key.
    keys: the images, in order.
    frames: makes those of some of them; asked only for what the cache does not have.
    shape: height, width and channels of every frame.
    quarantine: how many may be bad.

    Raises
    ------
    UserError: too many bad images, no room or no permission for the cache.
    """
    parts = _parts(doing, keys, frames, shape, quarantine, kept=True)
    arrays = [part.frames for part in parts if part.frames is not None]
    return Frames(MappedFrames(arrays), *_left(parts, len(keys)))


def good_images(
    keys: Sequence[ImageKey], contents: Contents, size: int, quarantine: Quarantine, workers: int | None = None
) -> tuple[Int64[np.ndarray, " n"], tuple[Quarantined, ...]]:
    """Which of the images have a frame, and the others: all are decoded once, and only that is remembered.

    The parameters and errors are those of `frames_of`.
    """
    making = _decoding(keys, contents, size, workers)
    return _left(_parts("verifying", keys, making, (size, size, 3), quarantine, kept=False), len(keys))


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _workers(images: int) -> int:
    return 0 if images < FEW else processors()


def _parts(
    doing: str,
    keys: Sequence[ImageKey],
    frames: Making,
    shape: tuple[int, int, int],
    quarantine: Quarantine,
    kept: bool,
) -> list[Part]:
    """What every shard has; those that are missing or damaged are made now."""
    folder = cache_folder() / "frames" / _key(doing, keys, shape)
    shards = shards_of(folder, len(keys), shape, kept)
    parts = {shard: shard.load() for shard in shards}
    missing = [shard for shard, part in parts.items() if part is None]
    if missing:
        known = [row for part in parts.values() if part for row in part.quarantined.values()]
        _build(doing, keys, frames, missing, quarantine, known)
        parts |= {shard: shard.load() for shard in missing}
    found = [part for part in parts.values() if part is not None]
    if len(found) < len(shards):
        raise UserError("the frames did not stay on the disk", got=folder, todo="look at its file system")
    quarantine.check([row for part in found for row in part.quarantined.values()])
    return found


def _left(parts: list[Part], total: int) -> tuple[Int64[np.ndarray, " n"], tuple[Quarantined, ...]]:
    bad = {position: row for part in parts for position, row in part.quarantined.items()}
    good = np.ones(total, dtype=bool)
    good[list(bad)] = False
    return np.flatnonzero(good), tuple(bad.values())


def _key(doing: str, keys: Sequence[ImageKey], shape: tuple[int, int, int]) -> str:
    digest = hashlib.sha256(f"{SCHEMA} {decode.VERSION} {doing} {shape}".encode())
    for key in keys:
        digest.update(f"{len(key.id)}:{key.id}{key.sha256}".encode())
    return digest.hexdigest()[:16]


def _build(
    doing: str,
    keys: Sequence[ImageKey],
    frames: Making,
    missing: list[Shard],
    quarantine: Quarantine,
    bad: list[Quarantined],
) -> None:
    """Make these shards; `bad` are the bad images of the others."""

    def quarantined(position: int, reason: str) -> Quarantined:
        bad.append(Quarantined(keys[position].id, reason))
        quarantine.check(bad)
        return bad[-1]

    left = sum(shard.stop - shard.start for shard in missing)
    sweep(missing[0].folder)
    began = time.monotonic()
    with progress(doing, len(keys), "images", start=len(keys) - left) as bar:
        for shard in missing:
            with contextlib.closing(frames(np.arange(shard.start, shard.stop))) as made:
                shard.write(made, quarantined, bar)
    seconds = time.monotonic() - began
    if seconds > LONG:
        say(f"{doing}: {left:,} images in {seconds:.1f} s ({left / seconds:,.0f} images/s)")


def _decoding(keys: Sequence[ImageKey], contents: Contents, size: int, workers: int | None) -> Making:
    """Makes frames of image files. Raises UserError if a file is no longer the one of its key."""
    count = _workers(len(keys)) if workers is None else workers

    def frames(positions: Int64[np.ndarray, " k"]) -> Generator[UInt8[np.ndarray, "s s 3"] | str, None, None]:
        try:
            with contextlib.closing(decode_files(contents(positions), size, count)) as decoded:
                for position, one in zip(positions, decoded, strict=True):
                    if one.sha256 and one.sha256 != keys[position].sha256:
                        raise UserError(
                            f"{keys[position].id!r} changed while it was read",
                            todo="run again when nothing writes to it",
                        )
                    yield one.reason if one.frame is None else one.frame
        except OSError as error:
            raise UserError(
                "an image could not be read again", got=f"{error.filename!r}: {error.strerror}", todo="run again"
            ) from None

    return frames
