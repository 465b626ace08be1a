"""A folder of image files, flat or with a folder for each class."""

import functools
import logging
import os
import stat
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import Int64

from sempairs.core.errors import UserError
from sempairs.sources.base import Quarantined, Source
from sempairs.sources.gathering import Decode, check_options, gather
from sempairs.sources.manifest import hash_files

EXTENSIONS = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif")

log = logging.getLogger(__name__)


def folder(*, root: str, size: int = 64, bad_share: float = 0.1, decode: Decode = "once") -> Source:
    """The images of a folder: every file below it with one of `EXTENSIONS`, as the central square of `size`, in RGB.

    An id is the file's path below the root, with slashes; bytes of a name that are not UTF-8 are written as `\\xff`.
    If every image lies in a subfolder, the first folder of its path is its class. The column "folder" is the whole path
    of the folder. Links to folders are not followed, links to files only if they stay below the root.

    Parameters
    ----------
    root: the folder.
    size: height and width of the frames; the shorter side is resized to it (bicubic, antialiased), the centre cropped.
    bad_share: the share of bad images beyond which the source is refused; below it they are quarantined.
    decode: "once" into the cache of frames, or "each-time" they are asked for: for sets too large for a cache, which
        are slower to train on. The images and the fingerprint are the same.

    Raises
    ------
    UserError: no such folder, no image in it, too many bad ones.
    """
    check_options(size, bad_share)
    path = _existing(root)
    listing = _list(path)
    name = _printable(path.name)
    hashes = hash_files(path, listing.files)
    contents = functools.partial(_files, list(listing.files.values()))
    good = gather(name, hashes, contents, size, bad_share, tuple(listing.quarantined), decode)
    labels, label_names = _classes(good.ids, name)
    return Source(
        name=name,
        ids=np.array(good.ids, dtype=object),
        hashes=good.hashes,
        frames=good.frames,
        labels=labels,
        label_names=label_names,
        columns={"folder": np.array([id.rpartition("/")[0] for id in good.ids], dtype=object)},
        quarantined=good.quarantined,
    )


def _files(paths: list[Path], positions: Int64[np.ndarray, " k"]) -> Iterator[Path]:
    return (paths[at] for at in positions)


@dataclass
class _Listing:
    """Image files by id, sorted; what cannot be used; how many other files there are, by extension."""

    files: dict[str, Path] = field(default_factory=dict)
    quarantined: list[Quarantined] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)

    def leave_out(self, id: str, reason: str) -> None:
        self.quarantined.append(Quarantined(id, reason))


def _existing(root: str) -> Path:
    """The folder, all links in its path resolved. Raises UserError if it cannot be listed."""
    try:
        path = Path(os.path.expanduser(root)).resolve(strict=True)
        os.scandir(path).close()
        return path
    except (OSError, RuntimeError, ValueError) as error:
        got = f"{os.path.abspath(os.path.expanduser(root))!r}: {getattr(error, 'strerror', error)}"
        raise UserError("cannot open the folder of images", got=got, todo="check it, or put a link there") from None


def _list(root: Path) -> _Listing:
    """All files below the root. Raises UserError if none is an image."""
    listing = _Listing()
    waiting = [(root, "")]
    while waiting:
        folder, prefix = waiting.pop()
        try:
            with os.scandir(folder) as found:
                entries = sorted(found, key=lambda entry: os.fsencode(entry.name))
        except OSError as error:
            listing.leave_out(prefix.rstrip("/"), f"the folder cannot be read: {error.strerror}")
            continue
        for entry in entries:
            id = prefix + _printable(entry.name)
            try:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append((Path(entry.path), id + "/"))
                else:
                    _list_file(listing, id, entry, root)
            except (OSError, RuntimeError) as error:  # RuntimeError: links that go in a circle, up to Python 3.12
                listing.leave_out(id, f"cannot be read: {getattr(error, 'strerror', 'links in a circle')}")
    listing.files = dict(sorted(listing.files.items()))
    listing.quarantined.sort(key=lambda row: row.id)
    others = ", ".join(f"{count} {suffix or 'without extension'}" for suffix, count in listing.others.most_common(5))
    if not listing.files:
        reasons = "".join(f"; {row.id!r}: {row.reason}" for row in listing.quarantined[:3])
        there = f"other files: {others}" if others else "an empty folder"
        raise UserError(
            f"no image in {os.fspath(root)!r}", got=there + reasons,
            todo=f"give a folder with files that end in {' '.join(EXTENSIONS)}",
        )  # fmt: skip
    if others:
        log.info("%r: %d other files ignored (%s)", _printable(root.name), listing.others.total(), others)
    return listing


def _list_file(listing: _Listing, id: str, entry: os.DirEntry[str], root: Path) -> None:
    path = Path(entry.path)
    if entry.is_symlink():
        path = path.resolve()
    if entry.is_dir():
        listing.leave_out(id, "a link to a folder is not followed")
    elif not id.lower().endswith(EXTENSIONS):
        listing.others[repr(os.path.splitext(id)[1])[1:-1]] += 1
    elif not path.is_relative_to(root):
        listing.leave_out(id, "a link that leaves the folder")
    elif not stat.S_ISREG(path.stat().st_mode):
        listing.leave_out(id, "not a regular file")
    elif id in listing.files:
        listing.leave_out(id, "once its name is made printable, another file has it too")
    else:
        listing.files[id] = path


def _printable(name: str) -> str:
    """The name with the bytes that are not UTF-8 written out, so that it can be stored."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _classes(ids: list[str], name: str) -> tuple[Int64[np.ndarray, " n"] | None, tuple[str, ...]]:
    """Class numbers and names, from the first folder of each id; none if an image lies in no folder."""
    firsts = [id.partition("/")[0] if "/" in id else "" for id in ids]
    outside = firsts.count("")
    if outside:
        if outside < len(ids):
            log.warning("%r: no labels, for %d of %d images lie in no class folder", name, outside, len(ids))
        return None, ()
    names = sorted(set(firsts))
    number = {first: position for position, first in enumerate(names)}
    return np.array([number[first] for first in firsts], dtype=np.int64), tuple(names)
