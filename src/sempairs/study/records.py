"""What a study found, as JSON lines: all that a comparison and a report are made from, without a run folder.

study.json      the study as it was resolved
runs.jsonl      one line for each run: its cell, settings, result, what its pairs are, loss curve, seconds
metrics.jsonl   one line for each data set and metric: unit, n, protocol
results.jsonl   one line for each run and data set: by metric the value, and its 95% interval over the test items
items.jsonl     one line for each comparison and data set: by metric the 95% interval of the difference over the items,
                made where the outcome of each item is
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from sempairs.core.errors import UserError
from sempairs.core.files import read_json, write_text
from sempairs.core.settings import validate
from sempairs.evaluation.base import Direction
from sempairs.study.cells import FACTORS, Cell, Condition
from sempairs.study.matrix import StudyFile

DIGITS = 6  # of a number, behind the point; the noise of a score begins at the second


@dataclass(frozen=True)
class RunRecord:
    """One finished run.

    Parameters
    ----------
    run: its hash.
    settings: everything that decided its weights, with the pair set's hash and the images' fingerprint.
    result: steps, pairs seen, seconds, collapse, device, versions, ...
    pairs: of its pair set `hash`, `rule`, `pairs`, distinct `images`, `classes` of `a` by name, `firsts` (a hash of the
        images that stand as `a`) and `purity`, None without labels.
    curve: pairs seen and loss, at most 60 points.
    seconds: of the evaluations, by data set.
    last: the last line of the log: the terms of the loss and what the method noted, such as its same-class negatives.
    """

    cell: Cell
    run: str
    settings: dict[str, Any]
    result: dict[str, Any]
    pairs: dict[str, Any]
    curve: tuple[tuple[int, float], ...]
    seconds: dict[str, float]
    last: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As one line."""
        return {**asdict(self), **self.cell.to_json(), "cell": None}


@dataclass(frozen=True)
class Metric:
    """How a number was measured; `protocols` are all the ways its scores say that they were."""

    data: str
    metric: str
    unit: str
    n: int
    over: str
    direction: Direction
    protocols: tuple[str, ...]
    evaluation: str


@dataclass(frozen=True)
class Value:
    """One score of one run, with its 95% interval over the test items.

    Parameters
    ----------
    file: in the run's folder, the file with the outcome of each item beside it; not among the records.
    """

    cell: Cell
    run: str
    data: str
    metric: str
    value: float
    low: float
    high: float
    file: str = ""

    def to_json(self) -> dict[str, Any]:
        """As one line."""
        own = {name: getattr(self, name) for name in ("run", "data", "metric", "value", "low", "high", "file")}
        return {**self.cell.to_json(), **own}


@dataclass(frozen=True)
class Items:
    """The 95% interval of a difference between two arms over the test items, the encoders of all seeds held fixed."""

    arm: str
    against: str
    condition: Condition
    data: str
    metric: str
    low: float
    high: float


@dataclass(frozen=True)
class Records:
    """All records of a study.

    Parameters
    ----------
    metrics: by data set and metric.
    missing: runs of the study that are not there yet.
    """

    study: StudyFile
    runs: tuple[RunRecord, ...]
    metrics: dict[tuple[str, str], Metric]
    values: tuple[Value, ...]
    items: tuple[Items, ...]
    missing: tuple[Cell, ...]


def write_lines(path: Path, lines: Iterable[Mapping[str, Any]]) -> None:
    """One line of JSON for each mapping, without what is None."""
    plain = ({key: value for key, value in line.items() if value is not None} for line in lines)
    write_text(path, "".join(json.dumps(line, sort_keys=True, allow_nan=False) + "\n" for line in plain))


def write_records(
    folder: Path, runs: Iterable[RunRecord], metrics: Iterable[Metric], values: Iterable[Value], items: Iterable[Items]
) -> None:
    """Write the four files of lines."""
    write_lines(folder / "runs.jsonl", (run.to_json() for run in runs))
    write_lines(folder / "metrics.jsonl", map(asdict, metrics))
    scores: dict[tuple[Cell, str, str], dict[str, list[float]]] = {}
    for value in values:
        own = scores.setdefault((value.cell, value.run, value.data), {})
        own[value.metric] = [round(number, DIGITS) for number in (value.value, value.low, value.high)]
    write_lines(
        folder / "results.jsonl",
        ({**cell.to_json(), "run": run, "data": data, "scores": own} for (cell, run, data), own in scores.items()),
    )
    differences: dict[tuple[str, str, Condition, str], dict[str, list[float]]] = {}
    for item in items:
        own = differences.setdefault((item.arm, item.against, item.condition, item.data), {})
        own[item.metric] = [round(number, DIGITS) for number in (item.low, item.high)]
    write_lines(
        folder / "items.jsonl",
        (
            {"arm": arm, "against": against, **condition.to_json(), "data": data, "scores": own}
            for (arm, against, condition, data), own in differences.items()
        ),
    )


def read_study(folder: Path) -> StudyFile:
    """The study of a folder. Raises UserError if there is none."""
    if not (folder / "study.json").is_file():
        raise UserError(f"there is no study in {folder}", got="no study.json in it", todo="give a study's folder")
    tables = read_json(folder / "study.json")
    if not isinstance(tables, dict):
        raise UserError(f"study.json in {folder} is not that of a study", got=type(tables).__name__)
    return validate(StudyFile, tables, "study.json")


def read_records(folder: Path) -> Records:
    """The records of a study's folder, whether it is finished or not.

    Raises
    ------
    UserError: no study in the folder, no run of it that is finished, or a damaged file.
    """
    study = read_study(folder)
    try:
        runs = [run_of(line) for line in _lines(folder / "runs.jsonl")]
        metrics = metrics_of(_lines(folder / "metrics.jsonl"))
        values = [value for line in _lines(folder / "results.jsonl") for value in _values_of(line)]
        items = [item for line in _lines(folder / "items.jsonl") for item in _items_of(line)]
    except UserError:  # a file that is not there
        raise
    except (ValidationError, ValueError, KeyError, TypeError) as error:
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        todo = "collect it again where its runs are: sempairs study report FOLDER"
        raise UserError(f"a file of the study in {folder} is damaged", got=reason, todo=todo) from None
    # Of a folder whose study was cut down, what no longer belongs to it stays out.
    planned = set(study.cells)
    runs = [run for run in runs if run.cell in planned]
    done = {run.cell for run in runs}
    return Records(
        study=study,
        runs=tuple(runs),
        metrics={(metric.data, metric.metric): metric for metric in metrics},
        values=tuple(value for value in values if value.cell in planned and value.data in study.evaluate),
        items=tuple(items),
        missing=tuple(cell for cell in study.cells if cell not in done),
    )


def _lines(path: Path) -> list[dict[str, Any]]:
    if not path.is_file():
        todo = "run the study first: sempairs study run STUDY.toml --out FOLDER"
        raise UserError(f"no run of the study in {path.parent} is finished", got=f"no {path.name}", todo=todo)
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


PLACE = ("arm", "seed", *FACTORS)


def run_of(line: dict[str, Any]) -> RunRecord:
    """The inverse of `RunRecord.to_json`."""
    own = {key: value for key, value in line.items() if key not in (*PLACE, "cell")}
    own["curve"] = tuple((int(seen), float(loss)) for seen, loss in own["curve"])
    return RunRecord(cell=Cell.from_json(line), **own)


def value_of(line: dict[str, Any]) -> Value:
    """The inverse of `Value.to_json`."""
    return Value(cell=Cell.from_json(line), **{key: value for key, value in line.items() if key not in PLACE})


_METRICS = TypeAdapter(list[Metric])  # slow to make, and asked by every finished run


def metrics_of(lines: Sequence[dict[str, Any]]) -> list[Metric]:
    """The inverse of `asdict`, of several metrics."""
    return _METRICS.validate_python(lines)


def _values_of(line: dict[str, Any]) -> Iterator[Value]:
    for metric, (value, low, high) in line["scores"].items():
        yield Value(Cell.from_json(line), line["run"], line["data"], metric, value, low, high)


def _items_of(line: dict[str, Any]) -> Iterator[Items]:
    condition = Condition(**{factor: line[factor] for factor in FACTORS})
    for metric, (low, high) in line["scores"].items():
        yield Items(line["arm"], line["against"], condition, line["data"], metric, low, high)
