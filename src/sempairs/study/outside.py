"""Pair sets that a study names as files: their content decides runs, not their place."""

import functools
from collections.abc import Iterable
from pathlib import Path

from sempairs.pairs.pairset import PairSet
from sempairs.study.matrix import StudyFile


def hashes_of(file: StudyFile, arms: Iterable[str]) -> dict[str, str]:
    """The hash of each pair set that the pool or one of these arms names, by its role; "" for one that is not there."""
    named = {"like": file.pool.like} | {f"file of {name}": file.arms[name].file for name in arms}
    return {role: hash_at(Path(name).expanduser()) for role, name in named.items() if name is not None}


def hash_at(path: Path) -> str:
    """The hash of the pair set in a file; "" if there is no file."""
    if not path.is_file():
        return ""
    status = path.stat()
    return _hash(path, status.st_mtime_ns, status.st_size)


@functools.lru_cache(maxsize=64)
def _hash(path: Path, time: int, size: int) -> str:  # a study asks for it once for each run
    return PairSet.load(path).hash
