"""The files of a published folder: which there may be, read without trusting them.

A folder may come from a stranger. Links, devices and files of other names are refused before anything is opened, texts
and tables are read within limits, and nothing is ever unpickled.
"""

import os
import re
import stat
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from sempairs.core.errors import UserError

SUMS = "SHA256SUMS"
PROVENANCE = "provenance.json"
ANNOTATIONS = "annotations.parquet"
DOCUMENTS = ("README.md", "croissant.json", "DATASHEET.md", "LICENSE", "CITATION.cff", "CHANGELOG.md", PROVENANCE)
PAIRS = re.compile(r"data/pairs-\d{5}\.parquet")
IMAGES = re.compile(r"images/images-\d{5}\.parquet")
FOLDERS = ("data", "images")
LARGEST_TEXT = 16 << 20
LARGEST_TABLE = 4 << 30
"""Bytes of a table's columns as they are in memory, by what the file says of itself."""
MOST_FILES = 10_000


def files_of(folder: Path) -> dict[str, Path]:
    """The files of a published folder by their name below it, sorted.

    Raises
    ------
    UserError: no folder; a link, a device or a file that does not belong there; a file that must be there and is not.
    """
    if folder.is_symlink() or not folder.is_dir():
        raise UserError(f"there is no published folder at {folder}", todo="give one that `sempairs pairs publish` made")
    found: dict[str, Path] = {}
    for name, entry in _entries(folder):
        kind = entry.stat(follow_symlinks=False).st_mode
        if stat.S_ISDIR(kind) and name in FOLDERS:
            continue
        if not stat.S_ISREG(kind):
            what = "a link" if stat.S_ISLNK(kind) else "a folder" if stat.S_ISDIR(kind) else "a device"
            raise _refused(f"{what} called {name!r}")
        if not (name in (*DOCUMENTS, ANNOTATIONS, SUMS) or PAIRS.fullmatch(name) or IMAGES.fullmatch(name)):
            raise _refused(f"a file called {name!r}")
        found[name] = Path(entry.path)
    for name in (*DOCUMENTS, SUMS):
        if name not in found:
            raise UserError(f"{folder} lacks {name}", todo="take the whole folder as it was published")
    check_numbers(sorted(name for name in found if PAIRS.fullmatch(name)), "data/pairs-00000.parquet")
    images = sorted(name for name in found if IMAGES.fullmatch(name))
    if images:
        check_numbers(images, "images/images-00000.parquet")
    return dict(sorted(found.items()))


def _entries(folder: Path) -> list[tuple[str, os.DirEntry[str]]]:
    """What lies in the folder and in its known folders."""
    found: list[tuple[str, os.DirEntry[str]]] = []
    for prefix, place in {"": folder, **{f"{name}/": folder / name for name in FOLDERS}}.items():
        if prefix and (place.is_symlink() or not place.is_dir()):
            continue
        with os.scandir(place) as entries:
            for entry in entries:
                found.append((prefix + entry.name, entry))
                if len(found) > MOST_FILES:
                    raise UserError(f"{folder} has more than {MOST_FILES:,} files", todo="it is no published pair set")
    return found


def _refused(what: str) -> UserError:
    return UserError("the folder holds what no published pair set has", got=what, todo="do not use it, or remove that")


def check_numbers(names: list[str], first: str) -> None:
    """Raise UserError unless numbered files are there from the first on, without a gap."""
    stem, _, rest = first.partition("00000")
    for number in range(max(len(names), 1)):
        if f"{stem}{number:05}{rest}" not in names:
            raise UserError(f"the folder lacks {stem}{number:05}{rest}", todo="take it whole, as it was published")


def read_text(path: Path) -> str:
    """A text of a published folder. Raises UserError if it is too large or not UTF-8."""
    if path.stat().st_size > LARGEST_TEXT:
        raise UserError(f"{path.name} is larger than any text here", got=f"{path.stat().st_size:,} bytes")
    try:
        return path.read_bytes().decode()
    except UnicodeDecodeError:
        raise UserError(f"{path.name} is not text", todo="it is damaged: take the folder as it was published") from None


def read_table(path: Path) -> pa.Table:
    """A Parquet file of a published folder. Raises UserError if it is damaged, or would fill the memory."""
    try:
        with path.open("rb") as file, pq.ParquetFile(file) as parquet:
            meta = parquet.metadata
            size = sum(meta.row_group(number).total_byte_size for number in range(meta.num_row_groups))
            if size > LARGEST_TABLE:
                raise UserError(f"{path.name} would take {size:,} bytes of memory", todo="it is no published table")
            return parquet.read(use_threads=False)
    except (pa.ArrowException, OSError, ValueError) as error:
        if isinstance(error, UserError):
            raise
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UserError(f"{path.name} is damaged", got=reason, todo="take the folder as it was published") from None
