"""The tables of a published folder: the pair set in numbered files, which together give it back."""

import json
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from sempairs.core.errors import UserError
from sempairs.core.files import atomic_write
from sempairs.pairs.pairset import KEY, SCHEMA, SCHEMA_VERSION, Origin, PairSet
from sempairs.pairs.publish.files import ANNOTATIONS, PAIRS, read_table

ROWS = 1_000_000
"""Pairs in one file."""


def write_pairs(pairs: PairSet, folder: Path, rows: int = ROWS) -> None:
    """Write `data/pairs-00000.parquet` and so on. `PairSet.load` reads a set that is in one file."""
    for number, start in enumerate(range(0, len(pairs), rows)):
        table = pairs.table.slice(start, rows).replace_schema_metadata(pairs.metadata())
        write_table(table, folder / f"data/pairs-{number:05}.parquet")


def write_annotations(annotations: pa.Table, folder: Path) -> None:
    """Write the votes, without what else their file told of itself."""
    write_table(annotations.replace_schema_metadata(None), folder / ANNOTATIONS)


def write_table(table: pa.Table, path: Path) -> None:
    """Write a Parquet file whose bytes depend on the values, and on the version of pyarrow."""
    with atomic_write(path) as file:
        pq.write_table(table.combine_chunks(), file, compression="zstd")


def read_pairs(files: Mapping[str, Path]) -> PairSet:
    """The pair set in the files of a folder.

    Raises
    ------
    UserError: a file that is damaged, or no part of the same pair set, or was changed.
    """
    parts = [read_table(path) for name, path in files.items() if PAIRS.fullmatch(name)]
    told = {(part.schema.metadata or {}).get(KEY) for part in parts}
    if len(told) != 1 or None in told:
        raise UserError("data/ does not hold one pair set", todo="take the folder as it was published")
    for part in parts:
        if part.schema.names != SCHEMA.names:
            raise UserError("data/ does not have the columns of a pair set", got=", ".join(part.schema.names)[:200])
    try:
        meta = json.loads(told.pop() or b"")
        if meta["schema"] != SCHEMA_VERSION:
            raise UserError(f"the pair set has schema {meta['schema']!r}, this sempairs reads {SCHEMA_VERSION}")
        pairs = PairSet(pa.concat_tables(parts).cast(SCHEMA).combine_chunks(), Origin.from_json(meta["origin"]))
        said = meta["hash"]
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError, pa.ArrowException) as error:
        if isinstance(error, UserError):
            raise
        raise UserError("data/ tells of itself what no pair set does", got=repr(error)[:200]) from None
    if pairs.hash != said:
        raise UserError("the pairs were changed after they were published", got=f"hash {pairs.hash} instead of {said}")
    return pairs
