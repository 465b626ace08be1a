"""From the image files that a data set lists to a source: ids, hashes, quarantine and frames as for any other files."""

import functools
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import Int64

from sempairs.core.errors import UserError
from sempairs.sources.base import Source
from sempairs.sources.decode import BadImage
from sempairs.sources.gathering import Decode, gather
from sempairs.sources.manifest import hash_files


@dataclass(frozen=True)
class Listed:
    """What a data set says about its images.

    Parameters
    ----------
    name: of the data set and its split.
    base: the folder of the data set; an id is a path below it.
    paths: n image files, in the data set's order.
    labels: the class of each, numbers into `classes`; None if an image has no class or several.
    classes: their names, in the data set's order.
    columns: n values for each name.
    unusable: why an image is left out, by its position.
    sha256: of the bytes of each file, where that is known and need not be read again.
    """

    name: str
    base: Path
    paths: list[Path]
    labels: list[int] | None
    classes: list[str]
    columns: Mapping[str, list[str]] = field(default_factory=dict)
    unusable: Mapping[int, BadImage] = field(default_factory=dict)
    sha256: list[str] | None = None


@dataclass(frozen=True)
class Hashed:
    """The listed images by id, in order: the sha256 of each or why it has none, and where the files are."""

    hashes: dict[str, str | BadImage]
    files: dict[str, Path]


def hash_listed(listed: Listed) -> Hashed:
    """The hash of every listed image whose file lies below the data set's folder.

    Raises
    ------
    UserError: an image is listed twice.
    """
    ids = [_id(listed.base, path) for path in listed.paths]
    if len(set(ids)) < len(ids):
        ((twice, _),) = Counter(ids).most_common(1)
        raise UserError(f"{listed.name} lists an image twice", got=repr(twice), todo="use the authors' lists")
    real_folder = functools.cache(os.path.realpath)  # thousands of images share a folder, and resolving is slow
    base = Path(os.path.realpath(listed.base))
    places = [
        listed.unusable.get(position) or _place(base, path, real_folder) for position, path in enumerate(listed.paths)
    ]
    files = {id: place for id, place in zip(ids, places, strict=True) if isinstance(place, Path)}
    # A manifest remembers the files of its last use, so each split has one of its own.
    known = listed.sha256 and dict(zip(ids, listed.sha256, strict=True))
    read = known or hash_files(listed.base / listed.name, files)
    hashes = {id: read[id] if isinstance(place, Path) else place for id, place in zip(ids, places, strict=True)}
    return Hashed(hashes, files)


def open_listed(listed: Listed, size: int, bad_share: float, decode: Decode = "once") -> Source:
    """The source that shows these images, as the central square of `size`, in RGB.

    Raises
    ------
    UserError: an image is listed twice or has a class that there is not; too many bad images.
    """
    found = hash_listed(listed)
    contents = functools.partial(_contents, list(found.hashes), found.files)
    good = gather(listed.name, found.hashes, contents, size, bad_share, decode=decode)
    labels = None if listed.labels is None else np.array(listed.labels, dtype=np.int64)[good.kept]
    if labels is not None and not ((labels >= 0) & (labels < len(listed.classes))).all():
        got = f"{labels.min()} to {labels.max()}, where there are {len(listed.classes)} classes"
        raise UserError(f"{listed.name} has class numbers without a name", got=got, todo="use the authors' lists")
    return Source(
        name=listed.name,
        ids=np.array(good.ids, dtype=object),
        hashes=good.hashes,
        frames=good.frames,
        labels=labels,
        label_names=tuple(printable(name) for name in listed.classes),
        columns={name: np.array(values, dtype=object)[good.kept] for name, values in listed.columns.items()},
        quarantined=good.quarantined,
    )


def _contents(ids: list[str], files: Mapping[str, Path], positions: Int64[np.ndarray, " k"]) -> Iterator[Path]:
    return (files[ids[at]] for at in positions)


def printable(name: str) -> str:
    """The name with what is not Unicode written out, so that it can be stored."""
    return name.encode("utf-8", "backslashreplace").decode()


def _id(base: Path, path: Path) -> str:
    return printable((path.relative_to(base) if path.is_relative_to(base) else path).as_posix())


def _place(base: Path, path: Path, real_folder: Callable[[Path], str]) -> Path | BadImage:
    """The file, links resolved, if it is below the base: lists and archives may be hostile."""
    try:
        if b"\0" in os.fsencode(path):
            return BadImage("not a path")
        real = Path(real_folder(path.parent), path.name)
        if path.name == ".." or real.is_symlink():
            real = real.resolve()
    except ValueError:
        return BadImage("not a path")
    except (OSError, RuntimeError) as error:  # RuntimeError: links that go in a circle, up to Python 3.12
        return BadImage(f"cannot be read: {getattr(error, 'strerror', 'links in a circle')}")
    return real if real.is_relative_to(base) else BadImage("a path that leaves the folder of the data set")
