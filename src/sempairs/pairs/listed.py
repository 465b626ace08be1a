"""An explicit list of pairs: a CSV file that someone or something else made."""

from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import csv

from sempairs.core.errors import UserError, suggest
from sempairs.core.files import atomic_write
from sempairs.core.settings import Spec
from sempairs.pairs.pairset import PairSet
from sempairs.sources.base import Source

COLUMNS = {"a": pa.string(), "b": pa.string(), "similarity": pa.float64(), "group": pa.string()}


def listed(path: Path, source: Source) -> PairSet:
    """The pairs of a CSV file with the columns `a` and `b` (image ids) and, if there, `similarity` and `group`.

    Raises
    ------
    UserError: a file that is not CSV, columns that are missing or unknown, an id that is not in the source, a pair
        that stands twice.
    """
    try:
        table = csv.read_csv(path, convert_options=csv.ConvertOptions(column_types=COLUMNS, strings_can_be_null=False))
    except OSError as error:
        raise UserError(f"cannot read the list of pairs {path}", got=error.strerror or error) from None
    except pa.ArrowInvalid as error:
        raise UserError(f"{path} is not a list of pairs", got=error, todo="give a CSV file with a header") from None
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
                got=f"{values[name][row]!r} in line {row + 2}",
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


def export(pairs: PairSet, path: Path) -> None:
    """Write the pairs as a CSV file that `listed` reads. Ids are written as they are, for programs, not for a sheet."""
    with atomic_write(path) as file:
        csv.write_csv(pairs.table.select(list(COLUMNS)), file)
