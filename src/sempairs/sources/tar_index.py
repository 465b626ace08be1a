"""Where the samples of a tar shard lie: one pass over it, remembered, so that images are read by offset afterwards.

Source: the naming of WebDataset (T. Breuel, github.com/webdataset): a member `folder/key.ext` belongs to the sample
`folder/key`, where `ext` begins at the first dot of the last part.
"""

import contextlib
import hashlib
import json
import os
import re
import tarfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from sempairs.core.errors import UserError
from sempairs.core.files import cache_folder, hash_of, read_json, write_text
from sempairs.core.progress import Bar, progress
from sempairs.sources import manifest
from sempairs.sources.cache import stamp_of, writing_cache
from sempairs.sources.decode import LIMITS
from sempairs.sources.folder import EXTENSIONS
from sempairs.sources.tabular import INTEGER
from sempairs.sources.tar_members import MOST_READ, Archive, members, one_line, refusal, unusable

SCHEMA = 1
METADATA = ("cls", "txt", "json")

Scalar = str | int | float | bool | None
Place = tuple[int, int, str]
"""Offset and length of an image in the archive, and the sha256 of its bytes."""


@dataclass
class Sample:
    """The members of a shard that share a key.

    Parameters
    ----------
    key: the name of the members up to the first dot of its last part.
    images: by extension.
    metadata: `cls` (a whole number if it is one), `txt`, and the plain values of the .json object.
    refused: why the sample cannot be used, if so.
    """

    key: str
    images: dict[str, Place] = field(default_factory=dict)
    metadata: dict[str, Scalar] = field(default_factory=dict)
    refused: str = ""

    def refuse(self, reason: str) -> None:
        """Leave the sample out; the first reason stays."""
        self.refused = self.refused or reason


@dataclass(eq=False)
class TarIndex:
    """All samples of a shard, in the order of their first members.

    Parameters
    ----------
    file: the shard.
    stamp: of the file that was read.
    samples: the samples.
    others: how many members were not looked at, by extension.
    """

    file: Path
    stamp: list[int]
    samples: list[Sample]
    others: Counter[str]


def index_shards(files: list[Path]) -> list[TarIndex]:
    """The index of each shard, remembered while the file is unchanged.

    Raises
    ------
    UserError: a shard cannot be read, is compressed, damaged or not whole; the cache cannot be written.
    """
    with progress("indexing shards", sum(_stamp(file)[0] >> 20 for file in files), "MB") as bar:
        return [_index(file, bar) for file in files]


def _index(file: Path, bar: Bar) -> TarIndex:
    book = cache_folder() / "shards" / f"{hash_of(os.fspath(file))}.json"
    began = time.time_ns()
    stamp = _stamp(file)
    known = _remembered(file, book, stamp)
    if known:
        bar(stamp[0] >> 20)
        return known
    try:
        index = _read(file, bar)
    except OSError as error:
        raise unusable(file, error.strerror or str(error)) from None
    if index.stamp == stamp and began - stamp[1] > manifest.FRESH:
        rows = [[sample.key, sample.images, sample.metadata, sample.refused] for sample in index.samples]
        with writing_cache():
            table = {"schema": SCHEMA, "stamp": stamp, "others": index.others, "samples": rows}
            write_text(book, json.dumps(table) + "\n")
    return index


def _remembered(file: Path, book: Path, stamp: list[int]) -> TarIndex | None:
    """The index if it was written of this very file; None if it is missing or damaged, for it can be made again."""
    with contextlib.suppress(UserError, TypeError, ValueError, KeyError, AttributeError):
        table = read_json(book)
        if (table["schema"], table["stamp"]) == (SCHEMA, stamp):
            samples = [
                Sample(str(key), {ext: (int(at), int(size), str(sha)) for ext, (at, size, sha) in images.items()},
                       dict(metadata), str(refused))
                for key, images, metadata, refused in table["samples"]
            ]  # fmt: skip
            return TarIndex(file, stamp, samples, Counter(table["others"]))
    return None


def _read(file: Path, bar: Bar) -> TarIndex:
    samples: dict[str, Sample] = {}
    others: Counter[str] = Counter()
    done = 0
    with Archive(file) as archive:
        stamp = stamp_of(os.fstat(archive.fileno()))
        for member in members(file, archive):
            if not member.isdir():
                _add(member, archive, samples, others)
            bar((archive.tell() >> 20) - done)
            done = archive.tell() >> 20
    return TarIndex(file, stamp, list(samples.values()), others)


def _add(member: tarfile.TarInfo, archive: Archive, samples: dict[str, Sample], others: Counter[str]) -> None:
    """Put what a member has into the sample that it belongs to."""
    name = member.name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    key, ext = _key(name)
    is_image = f".{ext.rpartition('.')[2]}" in EXTENSIONS
    reason = refusal(member)
    if not reason and not (key and (is_image or ext in METADATA)):
        others[f".{ext}" if ext else "without extension"] += 1
        return
    sample = samples.setdefault(key or name, Sample(key or name))
    most = LIMITS.bytes if is_image else MOST_READ
    if reason:
        sample.refuse(f"{name!r} is {reason}")
    elif member.size > most:
        sample.refuse(f"its .{ext} has {member.size} bytes, more than the {most} allowed")
    elif is_image:
        if ext in sample.images:
            sample.refuse(f"it has two .{ext}")
        sha256 = hashlib.sha256(archive.data(member)).hexdigest()
        sample.images[ext] = member.offset_data, member.size, sha256
    else:
        try:
            values = _metadata(ext, archive.data(member))
        except (ValueError, RecursionError) as error:
            sample.refuse(f"its .{ext} cannot be read: {one_line(error)}")
        else:
            for twice in sorted(values.keys() & sample.metadata.keys()):
                sample.refuse(f"it has two values for {twice!r}")
            sample.metadata |= values


def _key(name: str) -> tuple[str, str]:
    """Key and extension (lower case) of a member's name; an empty key if it belongs to no sample."""
    *folders, file = [part for part in name.split("/") if part not in ("", ".")] or [""]
    stem, _, ext = file.partition(".")
    return "/".join([*folders, stem]) if stem else "", ext.lower()


def _metadata(ext: str, data: bytes) -> dict[str, Scalar]:
    """The values of a .cls, .txt or .json member, nested ones left out. Raises ValueError if it is no such thing."""
    text = data.decode()
    if ext != "json":
        text = text.strip()
        return {ext: int(text) if ext == "cls" and re.match(INTEGER, text) else text}
    table = json.loads(text)
    if not isinstance(table, dict):
        raise ValueError("it is no object")
    values = {key: value for key, value in table.items() if not isinstance(value, list | dict)}
    json.dumps(values, ensure_ascii=False).encode()  # raises for half of a surrogate pair, which is no text
    return values


def _stamp(file: Path) -> list[int]:
    try:
        return stamp_of(file.stat())
    except OSError as error:
        raise unusable(file, error.strerror or str(error)) from None
