"""Lists of verdicts as CSV, JSON lines or Parquet: written so that no spreadsheet runs a cell, read row by row."""

import csv
import io
import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sempairs.core.errors import UserError, suggest
from sempairs.core.files import atomic_write
from sempairs.review.base import Verdict

KINDS = (".csv", ".jsonl", ".parquet")
NEEDED, OPTIONAL = ("pair_id", "verdict"), ("person", "seconds", "note")
FOR_PEOPLE = ("a", "b")
"""Columns that say which images a pair has; they are written, and not read."""
COLUMNS = (*NEEDED, *FOR_PEOPLE, *OPTIONAL)
NAMED = 10
"""Wrong rows that an error names one by one."""
NOTE, NAME = 2000, 80
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_RESTORED = re.compile(r"'+[=+\-@\t\r]")


@dataclass(frozen=True)
class ListedVerdict:
    """One row of a list.

    Parameters
    ----------
    line: where it begins in the file, from 1; for Parquet the row.
    pair: its number in the review.
    person: who judged, a name or a pseudonym.
    seconds: 0 where it is not known.
    note: "" for none.
    """

    line: int
    pair: int
    person: str
    verdict: Verdict
    seconds: float
    note: str


def read_rows(path: Path, pairs: Mapping[str, int], person: str) -> list[ListedVerdict]:
    """The rows of a list with `pair_id` and `verdict`, and, if there, `person`, `seconds` and `note`.

    Parameters
    ----------
    pairs: the number of each pair that may be judged, by its id.
    person: who judged where the list does not say.

    Raises
    ------
    UserError: a file that is not what its name ends in, columns that are missing or unknown, or wrong rows, each named
        by its line with what is wrong with it.
    """
    found: list[ListedVerdict] = []
    wrong: list[str] = []
    lines: dict[tuple[int, str], int] = {}
    for line, row in _rows(path):
        try:
            one = _checked(line, row, pairs, person)
            before = lines.setdefault((one.pair, one.person), line)
            if before != line:
                raise _Wrong(f"the same pair and person as in line {before}")
            found.append(one)
        except _Wrong as reason:
            wrong.append(f"line {line}: {reason}")
    need_no_wrong(wrong, f"{path.name} is not taken over")
    if not found:
        raise UserError(f"{path} has no verdicts", todo="a row for each pair, with pair_id and verdict")
    return found


def need_no_wrong(wrong: list[str], problem: str) -> None:
    """Raise UserError that names wrong rows, if there are any."""
    if wrong:
        more = f"; and {len(wrong) - NAMED:,} more" if len(wrong) > NAMED else ""
        raise UserError(
            problem, got="; ".join(wrong[:NAMED]) + more, todo="mend these rows; nothing of the list was stored"
        )


def write_table(table: pa.Table, path: Path) -> None:
    """Write a table as CSV, JSON lines or Parquet, by the name. Raises UserError for another name.

    In CSV, text that a spreadsheet would take for a formula gets an apostrophe before it; reading takes it off again.
    """
    _need_kind(path)
    with atomic_write(path) as file:
        if path.suffix == ".parquet":
            pq.write_table(table, file, compression="zstd")
        elif path.suffix == ".jsonl":
            file.writelines(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in table.to_pylist())
        else:
            text = io.TextIOWrapper(file, encoding="utf-8", newline="")
            writer = csv.writer(text, lineterminator="\n")
            writer.writerow(table.column_names)
            for batch in table.to_batches():
                writer.writerows([neutral(cell) for cell in row.values()] for row in batch.to_pylist())
            text.flush()
            text.detach()


def neutral(cell: Any) -> Any:
    """A cell that is no formula: text that begins like one, after any apostrophes, gets one more."""
    return "'" + cell if isinstance(cell, str) and _FORMULA.match(cell) else cell


class _Wrong(Exception):
    """What is wrong with a row."""


def _checked(line: int, row: Mapping[str, Any], pairs: Mapping[str, int], person: str) -> ListedVerdict:
    pair_id, verdict = row.get("pair_id"), row.get("verdict")
    if not isinstance(pair_id, str) or pair_id not in pairs:
        raise _Wrong(f"{_short(pair_id)} is no pair of this review")
    if verdict not in tuple(Verdict):
        raise _Wrong(f"the verdict {_short(verdict)} is none of {', '.join(Verdict)}")
    name = row.get("person") or person
    if not isinstance(name, str) or not 1 <= len(name.strip()) <= NAME or not name.strip().isprintable():
        raise _Wrong(f"a person's name is 1 to {NAME} printable characters, not {_short(name)}")
    note = row.get("note") or ""
    if not isinstance(note, str) or len(note) > NOTE or not _is_text(note):
        raise _Wrong(f"a note is text of at most {NOTE:,} characters")
    return ListedVerdict(line, pairs[pair_id], name.strip(), Verdict(verdict), _seconds(row.get("seconds")), note)


def _seconds(value: Any) -> float:
    if value is None or value == "":
        return 0.0
    try:
        seconds = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise _Wrong(f"seconds are a number from 0, not {_short(value)}")
    return seconds


def _is_text(note: str) -> bool:
    return "\0" not in note and not any(0xD800 <= ord(character) < 0xE000 for character in note)


def _short(value: Any) -> str:
    return "nothing" if value is None or value == "" else ascii(value)[:60]


def _need_kind(path: Path) -> None:
    if path.suffix not in KINDS:
        raise UserError("a list of verdicts is CSV, JSON lines or Parquet", got=path, todo=f"end it in {KINDS}")


def _rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The rows of a file with their lines, after its columns were found right."""
    _need_kind(path)
    if not path.is_file():
        raise UserError(f"there is no list of verdicts at {path}", todo="check the path")
    read = {".csv": _csv_rows, ".jsonl": _json_rows, ".parquet": _parquet_rows}[path.suffix]
    try:
        yield from read(path)
    except (OSError, pa.ArrowException, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path} is not a list of verdicts", got=str(error).partition("\n")[0]) from None


def _csv_rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, strict=True)
        names = next(reader, [])
        _need_columns(path, names)
        begins = reader.line_num + 1
        for cells in reader:
            line, begins = begins, reader.line_num + 1
            if not cells:
                continue
            if len(cells) != len(names):
                raise UserError(f"{path} has {len(names)} columns", got=f"{len(cells)} cells in line {line}")
            yield line, {name: restored(cell) for name, cell in zip(names, cells, strict=True)}


def restored(cell: str) -> str:
    """The inverse of `neutral`."""
    return cell[1:] if _RESTORED.match(cell) else cell


def _json_rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    with path.open(encoding="utf-8") as file:
        for line, text in enumerate(file, start=1):
            if not text.strip():
                continue
            try:
                row = json.loads(text)
            except (ValueError, RecursionError) as error:
                raise UserError(f"{path}, line {line}, is not JSON", got=str(error) or type(error).__name__) from None
            if not isinstance(row, dict):
                raise UserError(f"{path}, line {line}, is no JSON object", got=text.strip()[:60])
            _need_columns(f"{path}, line {line},", list(row))
            yield line, row


def _parquet_rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    with pq.ParquetFile(path) as file:
        _need_columns(path, file.schema_arrow.names)
        names = [name for name in file.schema_arrow.names if name not in FOR_PEOPLE]
        line = 0
        for batch in file.iter_batches(columns=names, use_threads=False):
            for row in batch.to_pylist():
                line += 1
                yield line, row


def _need_columns(place: Path | str, names: list[str]) -> None:
    for name in NEEDED:
        if name not in names:
            raise UserError(f"{place} has no column {name!r}", got=", ".join(map(ascii, names[:20])) or "nothing")
    for name in names:
        if name not in COLUMNS:
            raise UserError(
                f"{place} has a column that a verdict does not have", got=ascii(name), todo=suggest(name, COLUMNS)
            )
    if len(set(names)) < len(names):
        raise UserError(f"{place} has a column twice", got=", ".join(names))
