"""From a folder, a tar file or a pattern with stars or braces to the shards that it means, in order."""

import glob
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from sempairs.core.errors import UserError

SUFFIXES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar.zst")
"""Compressed shards are known by name so that they are refused for what they are."""


def is_shard(name: str | os.PathLike[str]) -> bool:
    """Whether a file is called as a tar file is."""
    return os.fspath(name).lower().endswith(SUFFIXES)


def shard_files(path: str | Sequence[str]) -> list[Path]:
    """The shards that a path means, or several do; those of a folder or a pattern sorted by name.

    A link keeps its own name, since ids begin with it: in Hugging Face's cache links lead to files named by hashes.

    Raises
    ------
    UserError: a path without a shard, or two shards of one name.
    """
    files: dict[str, Path] = {}
    for given in [path] if isinstance(path, str) else path:
        for place in [given] if os.path.isfile(given) else _braces(given):
            for file in _at(place):
                if files.setdefault(stem(file), file) is not file:
                    todo = "rename one, or join them as sources with `union`"
                    raise UserError("two shards have one name, and ids begin with it", got=repr(stem(file)), todo=todo)
    if not files:
        raise UserError("no shards are named", todo="give a path, or several")
    return list(files.values())


def stem(file: Path) -> str:
    """The name of a shard, printable, without its suffix: ids begin with it."""
    return os.fsencode(file.stem).decode("utf-8", "backslashreplace")


def _at(place: str) -> list[Path]:
    """The shards of a folder, those that a pattern matches, or the file itself."""
    given = os.path.expanduser(place)
    try:
        pattern = os.path.join(glob.escape(given), "*") if os.path.isdir(given) else given
        found = [given] if os.path.isfile(given) else [file for file in sorted(glob.glob(pattern)) if is_shard(file)]
        files = [Path(os.path.abspath(file)) for file in found if os.path.isfile(file)]
    except (OSError, ValueError) as error:
        raise UserError("cannot open the shards", got=f"{place!r}: {error}", todo="check the path") from None
    if not files:
        todo = "give tar files on this machine's disk, a folder of them, or a pattern"
        raise UserError("cannot open the shards", got=f"no tar file at {place!r}", todo=todo)
    return files


def _braces(text: str) -> Iterator[str]:
    """`a{0..2}` as `a0`, `a1`, `a2` and `{a,b}` as `a`, `b`, as in a shell; numbers keep their leading zeros."""
    found = re.search(r"\{([^{}]*(?:,|\.\.)[^{}]*)\}", text)
    if not found:
        yield text
        return
    choices: Iterable[str] = found[1].split(",")
    span = re.fullmatch(r"([0-9]{1,9})\.\.([0-9]{1,9})", found[1])
    if span:
        choices = (str(number).zfill(len(span[1])) for number in range(int(span[1]), int(span[2]) + 1))
    for choice in choices:
        for rest in _braces(text[found.end() :]):
            yield text[: found.start()] + choice + rest
