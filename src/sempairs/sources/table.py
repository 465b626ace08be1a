"""A table of images: a CSV or Parquet file with a row for each, which has its path or its bytes, its class and more.

Source: the Parquet layout is the one that Hugging Face's `datasets` writes: an image is a struct {bytes, path}, and the
names of the classes stand as JSON in the file's metadata.
"""

import functools
import hashlib
import itertools
import logging
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Int64

from sempairs.core.errors import UserError
from sempairs.sources.base import Source
from sempairs.sources.decode import LIMITS, BadImage
from sempairs.sources.gathering import check_options, gather
from sempairs.sources.manifest import hash_files, remembered_rows
from sempairs.sources.tabular import Tabular, cells, need_column, open_tabular, to_numpy
from sempairs.sources.workers import Content, read_image

log = logging.getLogger(__name__)


def table(
    *,
    path: str,
    image: str = "image",
    label: str | None = None,
    id: str | None = None,
    root: str | None = None,
    size: int = 64,
    bad_share: float = 0.1,
) -> Source:
    """The images of a table, in the order of its rows, as the central square of `size`, in RGB.

    Columns that are neither image nor class nor id become the source's columns; numbers and dates of a CSV file become
    such only if nothing is lost (007 stays text). Binary and nested columns are left out. Rows without an image, with a
    bad one, or with a path that leaves the root are quarantined.

    Parameters
    ----------
    path: a CSV or Parquet file, a folder of Parquet files, or a pattern ("data/train-*.parquet").
    image: the column of images: paths, bytes of image files, or structs {bytes, path}.
    label: the column of classes: text or whole numbers, or numbers that the file names; None if there are none.
    id: the column of ids: text or whole numbers. None takes the paths, or for bytes the numbers of the rows.
    root: the folder below which the paths lead; None for the folder of the table.
    size: height and width of the frames; the shorter side is resized to it (bicubic, antialiased), the centre cropped.
    bad_share: the share of bad images beyond which the source is refused; below it they are quarantined.

    Raises
    ------
    UserError: a file or a column that is not there or not usable, no row, an empty or repeated id, an empty class, too
        many bad images.
    """
    check_options(size, bad_share)
    opened = open_tabular(path, image)
    named = opened.files[0].name if len(opened.files) == 1 else os.path.basename(os.path.abspath(path))
    total = sum(opened.rows)
    if not total:
        raise UserError(f"{named!r} has no rows", todo="give a table with a row for each image")
    for column in (label, id):
        if column is not None:
            need_column(opened.plain.schema.names, column, opened.files[0])
    images = _Images(opened, image, _root(root, opened))
    ids = _ids(opened, image, id)
    labels, label_names = (None, ()) if label is None else _classes(opened, label)
    hashes = images.hashes(ids)
    good = gather(named, dict(zip(ids, hashes, strict=True)), images.contents, size, bad_share)
    rest = [name for name in opened.plain.schema.names if name not in (image, label, id)]
    if opened.left_out:
        log.info("%r: binary and nested columns left out: %s", named, ", ".join(opened.left_out))
    return Source(
        name=named,
        ids=np.array(good.ids, dtype=object),
        hashes=good.hashes,
        frames=good.frames,
        labels=None if labels is None else labels[good.kept],
        label_names=label_names,
        columns={name: to_numpy(opened.plain[name])[good.kept] for name in rest},
        quarantined=good.quarantined,
    )


class _Images:
    """The image cells of a table as files or bytes, read as often as they are needed."""

    def __init__(self, opened: Tabular, image: str, root: Path) -> None:
        self._opened, self._image, self._root = opened, image, root
        self._folders: dict[str, str] = {}

    def hashes(self, ids: list[str]) -> list[str | BadImage]:
        """The sha256 of each image's bytes, or why it has none."""
        if self._opened.streamed:
            found: list[str | BadImage] = []
            for file, rows in zip(self._opened.files, self._opened.rows, strict=True):
                found += remembered_rows(file, self._image, rows, functools.partial(self._file, file, rows), _sha256)
            return found
        placed = dict(zip(ids, self._all(), strict=True))
        files = {id: place for id, place in placed.items() if isinstance(place, Path)}
        read = hash_files(self._opened.files[0], files)
        return [place if isinstance(place, BadImage) else read[id] for id, place in placed.items()]

    def contents(self, positions: Int64[np.ndarray, " k"]) -> Iterator[Content]:
        """The images of these rows, which ascend."""
        wanted = np.zeros(sum(self._opened.rows), dtype=bool)
        wanted[positions] = True
        for content in itertools.compress(self._all(), wanted):
            assert not isinstance(content, BadImage), "a row without a hash is not asked for"
            yield content

    def _all(self) -> Iterator[Content | BadImage]:
        if self._opened.streamed:
            for file, rows in zip(self._opened.files, self._opened.rows, strict=True):
                yield from self._file(file, rows)
        else:
            yield from (self._place(text.as_py()) for text in self._opened.plain[self._image])

    def _file(self, file: Path, rows: int) -> Iterator[Content | BadImage]:
        for data, text in cells(file, self._image, rows):
            yield self._place(text) if data is None else data

    def _place(self, text: str | None) -> Path | BadImage:
        """The file that a cell names, links resolved, if it is below the root."""
        if not text:
            return BadImage("the cell has no image")
        if "\0" in text:
            return BadImage("not a path")
        try:
            folder, name = os.path.split(os.path.join(self._root, text))
            if folder not in self._folders:  # thousands of images share a folder, and resolving is slow
                self._folders[folder] = os.path.realpath(folder)
            path = Path(self._folders[folder], name)
            if name in ("", ".", "..") or path.is_symlink():
                path = path.resolve()
        except (OSError, ValueError, RuntimeError) as error:
            return BadImage(f"cannot be read: {getattr(error, 'strerror', None) or error}")
        return path if path.is_relative_to(self._root) else BadImage("a path that leaves the root")


def _sha256(content: Content | BadImage) -> str | BadImage:
    try:
        if isinstance(content, Path):
            content = read_image(content, LIMITS)
    except OSError as error:
        return BadImage(f"cannot be read: {error.strerror}")
    except BadImage as error:
        return error
    if isinstance(content, BadImage):
        return content
    if len(content) > LIMITS.bytes:
        return BadImage(f"{len(content)} bytes, more than the {LIMITS.bytes} allowed")
    return hashlib.sha256(content).hexdigest()


def _root(root: str | None, opened: Tabular) -> Path:
    """The folder of the paths, links resolved. Raises UserError if there is none."""
    if root is None:
        return opened.files[0].parent
    try:
        path = Path(os.path.expanduser(root)).resolve()
        if path.is_dir():
            return path
    except (OSError, RuntimeError, ValueError):
        pass
    raise UserError("cannot open the folder of images", got=f"no folder {root!r}", todo="check `root`")


def _ids(opened: Tabular, image: str, id: str | None) -> list[str]:
    """An id for each row. Raises UserError for empty and repeated ones."""
    if id is None and opened.streamed:
        heads = [f"{file.stem}/" if len(opened.files) > 1 else "" for file in opened.files]
        ids = [f"{head}{row:06d}" for head, rows in zip(heads, opened.rows, strict=True) for row in range(rows)]
    else:
        column = opened.plain[image] if id is None else _words(opened.plain[id], id, "an id")
        # A row without a path needs an id of its own to be quarantined by.
        ids = [f"row {row}" if text is None else text for row, text in enumerate(column.to_pylist())]
    first: dict[str, int] = {}
    for row, text in enumerate(ids):
        if first.setdefault(text, row) != row:
            todo = "drop the repeated rows" if id else "drop the repeated rows, or name a column of ids with `id`"
            raise UserError(
                "two rows have the same id", got=f"{text!r} in rows {first[text]} and {row}, counted from 0", todo=todo
            )
    return ids


def _words(column: pa.ChunkedArray, name: str, what: str) -> pa.ChunkedArray:
    """The column as text. Raises UserError if it is neither text nor whole numbers, or if a cell is empty."""
    if column.null_count:
        row = pc.index(column.is_null(), True).as_py()
        raise UserError(
            f"column {name!r} has {column.null_count} empty cells, and each image needs {what}",
            got=f"the first in row {row}, counted from 0", todo="fill them, drop their rows, or name another column",
        )  # fmt: skip
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    types = (pa.types.is_integer, pa.types.is_string, pa.types.is_large_string, pa.types.is_boolean)
    if not any(test(kind) for test in types):
        todo = "make it text or whole numbers, or name another column"
        raise UserError(f"column {name!r} cannot be {what}", got=f"type {kind}", todo=todo)
    return column.cast(kind).cast(pa.string())


def _classes(opened: Tabular, label: str) -> tuple[Int64[np.ndarray, " n"], tuple[str, ...]]:
    """The class of each row and the names: those the file gives, else the values, sorted (numbers as numbers)."""
    column = opened.plain[label]
    words = _words(column, label, "a class").to_numpy()
    numeric = pa.types.is_integer(column.type)
    if numeric and label in opened.class_names:
        numbers, names = column.cast(pa.int64()).to_numpy(), opened.class_names[label]
        if not ((numbers >= 0) & (numbers < len(names))).all():
            row = int(np.flatnonzero((numbers < 0) | (numbers >= len(names)))[0])
            raise UserError(
                f"column {label!r} has numbers without a name", got=f"{numbers[row]} in row {row}, counted from 0",
                todo=f"use 0 to {len(names) - 1}, or leave `label` out if the classes are not known",
            )  # fmt: skip
        return np.asarray(numbers, dtype=np.int64), names
    names = tuple(sorted(set(words), key=int if numeric else None))
    number = {name: position for position, name in enumerate(names)}
    return np.array([number[word] for word in words], dtype=np.int64), names
