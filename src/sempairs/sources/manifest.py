"""The sha256 of every image of a folder or of a table, remembered, so that unchanged files are not read again.

A file counts as unchanged while its size, its time of modification and its time of status change are. A file changed
within two seconds before it was hashed is not remembered: it could change again without a new time.
"""

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from sempairs.core.errors import UserError
from sempairs.core.files import cache_folder, hash_of, read_json, write_text
from sempairs.core.progress import progress
from sempairs.sources.cache import stamp_of, writing_cache
from sempairs.sources.decode import LIMITS, BadImage, Limits
from sempairs.sources.workers import in_order, read_image

SCHEMA = 1
FRESH = 2 * 10**9
THREADS = 8
"""Reading waits for the disk more than for the processor."""

Stamp = list[int]
C = TypeVar("C")


def hash_files(root: Path, files: Mapping[str, Path], limits: Limits = LIMITS) -> dict[str, str | BadImage]:
    """The sha256 of each file, by id, or why it has none.

    Parameters
    ----------
    root: the folder whose manifest is used.
    files: path of each file by its id.
    limits: files above its bytes are not read.

    Raises
    ------
    UserError: the manifest cannot be written.
    """
    book = cache_folder() / "manifests" / f"{hash_of(os.fspath(root))}.json"
    known = _read(book)

    def look(item: tuple[str, Path]) -> tuple[Stamp, str | BadImage]:
        id, path = item
        began = time.time_ns()
        try:
            status = path.stat()
            stamp = stamp_of(status)
            if id in known and known[id][0] == stamp:
                return known[id]
            sha256 = hashlib.sha256(read_image(path, limits)).hexdigest()
        except BadImage as error:
            return [], error
        except OSError as error:
            return [], BadImage(f"cannot be read: {error.strerror}")
        return (stamp if began - status.st_mtime_ns > FRESH else []), sha256

    found: dict[str, str | BadImage] = {}
    entries: dict[str, tuple[Stamp, str]] = {}
    with progress("reading images", len(files), "files") as bar:
        for id, (stamp, sha256) in zip(files, in_order(look, files.items(), THREADS), strict=True):
            found[id] = sha256
            if stamp and isinstance(sha256, str):
                entries[id] = stamp, sha256
            bar()
    if entries != known:
        with writing_cache():
            write_text(book, json.dumps({"schema": SCHEMA, "files": entries}) + "\n")
    return found


def _read(book: Path) -> dict[str, tuple[Stamp, str]]:
    """What was remembered; nothing if that is missing, damaged or of another schema, for it can all be read again."""
    try:
        table = read_json(book)
        if table["schema"] != SCHEMA:
            return {}
        return {id: (list(map(int, stamp)), str(sha256)) for id, (stamp, sha256) in table["files"].items()}
    except (UserError, TypeError, ValueError, KeyError, AttributeError):
        return {}


def remembered_rows(
    file: Path,
    column: str,
    rows: int,
    contents: Callable[[], Iterable[C]],
    hash_one: Callable[[C], str | BadImage],
) -> list[str | BadImage]:
    """The sha256 of each image inside a table's file, or why it has none, remembered while the file is unchanged.

    Parameters
    ----------
    file: the table's file.
    column, rows: of the images in it.
    contents: reads the images, in order.
    hash_one: the sha256 of one of them. A path is hashed every time, since the table does not change with its file.

    Raises
    ------
    UserError: what is remembered cannot be written.
    """
    book = cache_folder() / "manifests" / f"{hash_of([os.fspath(file), column])}.json"
    began = time.time_ns()
    stamp = stamp_of(file.stat())
    with contextlib.suppress(UserError, TypeError, ValueError, KeyError, AttributeError):
        table = read_json(book)
        if table["schema"] == SCHEMA and table["stamp"] == stamp and len(table["rows"]) == rows:
            return [sha256 or BadImage(reason) for sha256, reason in table["rows"]]
    found: list[str | BadImage] = []
    only_bytes = True
    with progress("reading images", rows, "images") as bar:
        for content in contents():
            only_bytes = only_bytes and not isinstance(content, Path)
            found.append(hash_one(content))
            bar()
    if only_bytes and began - stamp[1] > FRESH:
        entries = [["", str(one)] if isinstance(one, BadImage) else [one, ""] for one in found]
        with writing_cache():
            write_text(book, json.dumps({"schema": SCHEMA, "stamp": stamp, "rows": entries}) + "\n")
    return found
