"""CSV and Parquet files as a table of plain columns beside a stream of image cells, which is never held in memory."""

import glob
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from sempairs.core.errors import UserError, suggest

PARQUET = b"PAR1"
BATCH = 16
"""Rows of images that are read at once: with `decode.LIMITS` never more than a gigabyte, and mostly a megabyte."""

INTEGER = r"^(0|-?[1-9][0-9]{0,17})$"
NUMBER = r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$"
TIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?)?$"

DAMAGED = (pa.ArrowException, OSError, UnicodeDecodeError)
"""What reading a damaged or a missing table raises."""

Cell = tuple[bytes | None, str | None]
"""An image cell: the bytes of an image file, or where it is, or neither."""


@dataclass(frozen=True)
class Tabular:
    """An open table of images.

    Parameters
    ----------
    files: its files, in order.
    rows: how many rows each file has.
    plain: every column but the image column if that has bytes; binary and nested columns are left out.
    left_out: the names of those.
    class_names: of the columns that the file says are classes (Hugging Face's ClassLabel).
    streamed: whether the image column has bytes and so has to be read with `cells`.
    """

    files: tuple[Path, ...]
    rows: tuple[int, ...]
    plain: pa.Table
    left_out: tuple[str, ...]
    class_names: dict[str, tuple[str, ...]]
    streamed: bool


def open_tabular(path: str, image: str) -> Tabular:
    """Open a CSV file, a Parquet file, a folder of them, or those that a pattern such as `train-*.parquet` names.

    Raises
    ------
    UserError: no such file, another format, no column `image` or one of another type, files that do not belong
        together.
    """
    files = _files(path)
    kinds = {is_parquet(file) for file in files}
    if kinds == {True}:
        return _open_parquet(files, image)
    if len(files) > 1:
        names = ", ".join(repr(file.name) for file in files if not is_parquet(file))
        raise UserError("several files make one table only if all are Parquet", got=names, todo="give one CSV file")
    plain = _read_csv(files[0])
    need_column(plain.schema.names, image, files[0])
    plain = pa.table({name: plain[name] if name == image else _typed(plain[name]) for name in plain.schema.names})
    return Tabular(tuple(files), (len(plain),), plain, (), {}, streamed=False)


def cells(file: Path, image: str, rows: int) -> Iterator[Cell]:
    """The image cells of one Parquet file, in order, a few rows at a time.

    Raises
    ------
    UserError: the file is damaged, or has not as many rows as it says.
    """
    seen = 0
    try:
        with _parquet(file) as opened:
            for batch in opened.iter_batches(BATCH, columns=[image], use_threads=False):
                column = batch.column(0)
                seen += len(column)
                if pa.types.is_struct(column.type):
                    valid = column.is_valid().to_pylist()
                    data = column.field("bytes")
                    at = column.type.get_field_index("path")
                    has_paths = at >= 0 and _is_text(column.type.field(at).type)
                    paths = column.field(at) if has_paths else pa.nulls(len(column), pa.string())
                else:
                    valid, data, paths = [True] * len(column), column, pa.nulls(len(column), pa.string())
                for there, one, where in zip(valid, data, paths, strict=True):
                    yield (one.as_py(), where.as_py()) if there else (None, None)
    except DAMAGED as error:
        raise _unreadable(file, error) from None
    if seen != rows:
        raise _unreadable(file, ValueError(f"it says {rows} rows and has {seen}"))


def is_parquet(file: Path) -> bool:
    """Whether the file begins as a Parquet file does."""
    try:
        with file.open("rb") as opened:
            return opened.read(4) == PARQUET
    except OSError as error:
        raise _unreadable(file, error) from None


def schema_of(file: Path) -> pa.Schema:
    """Names and types of the columns of a CSV or Parquet file; all of a CSV file are text."""
    if not is_parquet(file):
        return _read_csv(file).schema
    try:
        with _parquet(file) as opened:
            return opened.schema_arrow
    except DAMAGED as error:
        raise _unreadable(file, error) from None


def class_names(schema: pa.Schema) -> dict[str, tuple[str, ...]]:
    """The names of the classes of each column that Hugging Face's `datasets` marked as ClassLabel."""
    try:
        features = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
        return {
            name: tuple(map(str, feature["names"]))
            for name, feature in features.items()
            if isinstance(feature, dict) and feature.get("_type") == "ClassLabel"
        }
    except (KeyError, ValueError, TypeError, AttributeError):
        return {}


def is_pair_set(schema: pa.Schema) -> bool:
    """Whether this is the schema of a pair set's file."""
    return b"sempairs" in (schema.metadata or {})


def holds_bytes(kind: pa.DataType) -> bool:
    """Whether a column of this type has image files: bytes or structs with a field `bytes`."""
    if pa.types.is_struct(kind):
        at = kind.get_field_index("bytes")
        return at >= 0 and (_is_binary(kind.field(at).type) or pa.types.is_null(kind.field(at).type))
    return _is_binary(kind)


def need_column(names: list[str], name: str, file: Path) -> None:
    """Raise UserError with the nearest column if there is none of this name."""
    if name not in names:
        raise UserError(f"{file.name!r} has no column {name!r}", todo=suggest(name, names))


def to_numpy(column: pa.ChunkedArray) -> np.ndarray:
    """Numbers and times as such, all else as objects; a null is None, or NaN or NaT among fractions and times.

    Whole numbers and truth values with nulls stay what they are, as objects: a fraction cannot hold every number.
    """
    kind = column.type
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return np.asarray(column.cast(pa.timestamp("us"), safe=False).to_numpy())
    if pa.types.is_floating(kind):
        return np.asarray(column.cast(pa.float64()).fill_null(np.nan).to_numpy())
    if not column.null_count and (pa.types.is_integer(kind) or pa.types.is_boolean(kind)):
        return np.asarray(column.to_numpy())
    values = np.empty(len(column), dtype=object)
    values[:] = column.to_pylist()
    return values


def _files(path: str) -> list[Path]:
    """The files that `path` means, sorted. Raises UserError if there is none."""
    given = os.path.expanduser(path)
    try:
        if os.path.isfile(given):
            return [Path(given).resolve()]
        pattern = os.path.join(glob.escape(given), "*.parquet") if os.path.isdir(given) else given
        found = [Path(file).resolve() for file in sorted(glob.glob(pattern, recursive=True)) if os.path.isfile(file)]
    except (OSError, ValueError) as error:
        raise UserError("cannot open the table", got=f"{path!r}: {error}", todo="check the path") from None
    if not found:
        todo = "give a CSV file, a Parquet file, a folder of Parquet files or a pattern"
        raise UserError("cannot open the table", got=f"no table at {path!r}", todo=todo)
    return found


def _parquet(file: Path) -> pq.ParquetFile:
    # Without these two, Arrow loads the whole column of a row group, which may be the whole file.
    return pq.ParquetFile(file, pre_buffer=False, buffer_size=2**20)


def _open_parquet(files: list[Path], image: str) -> Tabular:
    schemas = [schema_of(file) for file in files]
    first = schemas[0]
    if is_pair_set(first):
        raise UserError(
            f"{files[0].name!r} is a pair set, not a table of images", todo="give the images it was made of"
        )
    need_column(first.names, image, files[0])
    kind = first.field(image).type
    for file, schema in zip(files, schemas, strict=True):
        need_column(schema.names, image, file)
        streamed = holds_bytes(schema.field(image).type)
        if (schema.names, class_names(schema), streamed) != (first.names, class_names(first), holds_bytes(kind)):
            got = f"columns {', '.join(schema.names)} and {', '.join(first.names)}, or other classes or kinds of images"
            raise UserError(
                f"{file.name!r} and {files[0].name!r} are not parts of one table", got=got,
                todo="name one table's files with a pattern",
            )  # fmt: skip
    if not streamed and not _is_text(kind):
        todo = "name a column of paths, of bytes, or of structs {bytes, path}"
        raise UserError(f"column {image!r} has no images", got=f"type {kind}", todo=todo)
    left_out = tuple(f.name for f in first if f.name != image and (_is_binary(f.type) or pa.types.is_nested(f.type)))
    wanted = [name for name in first.names if name not in left_out and not (streamed and name == image)]
    parts, rows = [], []
    for file in files:
        try:
            with _parquet(file) as opened:
                rows.append(opened.metadata.num_rows)
                part = opened.read(columns=wanted, use_threads=False).select(wanted)
                part.validate(full=True)
                parts.append(part.replace_schema_metadata(None))
        except (*DAMAGED, KeyError) as error:
            raise _unreadable(file, error) from None
    try:
        plain = pa.concat_tables(parts, promote_options="permissive")
    except pa.ArrowException as error:
        raise UserError("the files are not parts of one table", got=_one_line(error), todo="check the types") from None
    return Tabular(tuple(files), tuple(rows), plain, left_out, class_names(first), streamed)


def _read_csv(file: Path) -> pa.Table:
    """All columns as text: 007 is no number. Empty cells are null."""
    try:
        with file.open("rb") as opened:
            head = opened.readline(2**20)
        if b"\0" in head:
            raise UserError(f"{file.name!r} is neither CSV nor Parquet", todo="give a table in one of these formats")
        names = pa.csv.read_csv(
            pa.BufferReader(head), parse_options=pa.csv.ParseOptions(newlines_in_values=True)
        ).schema.names  # fmt: skip
        text = dict.fromkeys(names, pa.string())
        table = pa.csv.read_csv(
            file,
            read_options=pa.csv.ReadOptions(use_threads=False),
            parse_options=pa.csv.ParseOptions(newlines_in_values=True),
            convert_options=pa.csv.ConvertOptions(column_types=text, null_values=[""], strings_can_be_null=True),
        )
    except DAMAGED as error:
        raise _unreadable(file, error) from None
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise UserError(f"{file.name!r} has two columns of one name", got=min(twice), todo="rename one")
    return table


def _typed(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A CSV column as whole numbers, numbers or times if every cell is written as one, and one way only; else text."""
    values = column.drop_null()
    for pattern, kind in ((INTEGER, pa.int64()), (NUMBER, pa.float64()), (TIME, pa.timestamp("us"))):
        if len(values) and pc.all(pc.match_substring_regex(values, pattern)).as_py():
            try:
                return column.cast(kind)
            except pa.ArrowException:  # the 31st of February
                return column
    return column


def _is_binary(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind))


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _unreadable(file: Path, error: Exception) -> UserError:
    got = f"{os.fspath(file)!r}: {_one_line(error)}"
    return UserError("cannot read the table", got=got, todo="it must be whole, and CSV (UTF-8, commas) or Parquet")


def _one_line(error: Exception) -> str:
    return re.sub(r"\s+", " ", getattr(error, "strerror", None) or str(error))[:300]
