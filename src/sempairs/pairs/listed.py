"""An explicit list of pairs that someone or something else made, as CSV, JSON lines or Parquet."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.json
import pyarrow.parquet as pq
from pyarrow import csv

from sempairs.core.errors import UserError, suggest
from sempairs.core.files import atomic_write
from sempairs.core.settings import Spec
from sempairs.pairs.pairset import PairSet
from sempairs.sources.base import Source

KINDS = (".csv", ".jsonl", ".parquet")
COLUMNS = {"a": pa.string(), "b": pa.string(), "similarity": pa.float64(), "group": pa.string()}


def listed(path: Path, source: Source) -> PairSet:
    """The pairs of a list with the columns `a` and `b` (image ids) and, if there, `similarity` and `group`.

    Raises
    ------
    UserError: a file that is not what its name ends in (.csv, .jsonl, .parquet), columns that are missing or unknown,
        an id that is not in the source, a pair that stands twice.
    """
    table = _read(path)
    for name in ("a", "b"):
        if name not in table.column_names:
            raise UserError(f"{path} has no column {name!r}", got=", ".join(table.column_names))
    for name in table.column_names:
        if name not in COLUMNS:
            raise UserError(
                f"{path} has a column that a pair does not have", got=repr(name), todo=suggest(name, COLUMNS)
            )
    values = {name: np.asarray(table.column(name).to_numpy()) for name in table.column_names}
    sides = {name: source.positions(values[name]) for name in ("a", "b")}
    for name, positions in sides.items():
        if (positions < 0).any():
            row = int(np.argmax(positions < 0))
            raise UserError(
                f"{int((positions < 0).sum())} images of the list are not in {source.name}",
                got=f"{values[name][row]!r}, pair {row + 1} of the list",
                todo="ids are those that `sempairs pairs export` or the source shows",
            )
    options = {"file": path.name}
    return PairSet.make(
        source, sides["a"], sides["b"], Spec(name="listed", options=options),
        similarity=values.get("similarity"), group=_known(values.get("group")),
    )  # fmt: skip


def _known(values: np.ndarray | None) -> np.ndarray | None:
    """Empty cells as nulls."""
    return None if values is None else np.array([value or None for value in values], dtype=object)


def _read(path: Path) -> pa.Table:
    """The rows of a list, with text and numbers where `COLUMNS` says so."""
    _check_kind(path)
    try:
        if path.suffix == ".csv":
            options = csv.ConvertOptions(column_types=COLUMNS, strings_can_be_null=False)
            return csv.read_csv(path, convert_options=options)
        if path.suffix == ".jsonl":
            schema = pa.schema(COLUMNS)
            return pyarrow.json.read_json(path, parse_options=pyarrow.json.ParseOptions(explicit_schema=schema))
        table = pq.read_table(path, use_threads=False)
        return table.cast(pa.schema([(field.name, COLUMNS.get(field.name, field.type)) for field in table.schema]))
    except OSError as error:
        raise UserError(f"cannot read the list of pairs {path}", got=error.strerror or error) from None
    except pa.ArrowException as error:
        todo = "give .csv with a header, .jsonl with an object a line, or .parquet"
        raise UserError(f"{path} is not a list of pairs", got=error, todo=todo) from None


def _check_kind(path: Path) -> None:
    if path.suffix not in KINDS:
        raise UserError("a list of pairs is CSV, JSON lines or Parquet", got=path, todo=f"end it in {', '.join(KINDS)}")


def export(pairs: PairSet, path: Path) -> None:
    """Write the pairs as a list that `listed` reads. Ids are written as they are, for programs, not for a sheet."""
    _check_kind(path)
    table = pairs.table.select(list(COLUMNS)).replace_schema_metadata()
    with atomic_write(path) as file:
        if path.suffix == ".csv":
            csv.write_csv(table, file)
        elif path.suffix == ".parquet":
            pq.write_table(table, file)
        else:
            file.writelines(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in table.to_pylist())
