"""The file of a finished run of a study: its lines of the records, named by all in the study file that decides them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sempairs.core.files import hash_of, read_json, write_json
from sempairs.study.cells import Cell
from sempairs.study.matrix import Study
from sempairs.study.outside import hashes_of
from sempairs.study.records import Metric, RunRecord, Value, metrics_of, run_of, value_of


@dataclass(frozen=True)
class Finished:
    """What a finished run adds to the records.

    Parameters
    ----------
    audit: of its pairs, as plain values, if this run shows the pairs of its arm in the report.
    """

    run: RunRecord
    metrics: Sequence[Metric]
    values: Sequence[Value]
    audit: dict[str, Any] | None = None

    def write(self, path: Path) -> None:
        """Whole or not at all: where the file is, the run is done."""
        content = {
            "run": self.run.to_json(),
            "metrics": [asdict(metric) for metric in self.metrics],
            "values": [value.to_json() for value in self.values],
            "audit": self.audit,
        }
        write_json(path, content)

    @classmethod
    def read(cls, path: Path) -> "Finished":
        """The inverse of `write`. Raises UserError if the file is missing or damaged."""
        content = read_json(path)
        values = [value_of(line) for line in content["values"]]
        return cls(run_of(content["run"]), metrics_of(content["metrics"]), values, content["audit"])


def file_of(study: Study, folder: Path, cell: Cell) -> Path:
    """Where the file of a run is. A study that grows keeps the files of the runs that are in it as they were."""
    file = study.file
    through = file.arms[cell.arm].through
    arms = [name for name in (cell.arm, through) if name is not None]
    decides = {
        "cell": cell.to_json(),
        "settings": study.settings(cell).to_json(),
        "arms": [file.arms[name].model_dump(mode="json", exclude={"file"}) for name in arms],
        "pool": file.pool.model_dump(mode="json", exclude={"like"}),
        "evaluate": {name: table.model_dump(mode="json") for name, table in file.evaluations(cell).items()},
        **hashes_of(file, arms),
    }
    return folder / "cells" / f"{hash_of(decides)}.json"


def is_finished(study: Study, folder: Path, cell: Cell) -> bool:
    """Whether nothing is left to do for a run; for one whose pairs are shown, its pictures are there too.

    Which run shows the pairs of an arm may change as a study grows.
    """
    path = file_of(study, folder, cell)
    return path.is_file() and (shown_cells(study)[cell.arm] != cell or path.with_suffix(".npz").is_file())


def shown_cells(study: Study) -> dict[str, Cell]:
    """For each arm the run whose pairs stand for the arm's in a report: the first one."""
    first: dict[str, Cell] = {}
    for cell in study.cells:
        first.setdefault(cell.arm, cell)
    return {arm: first[arm] for arm in study.file.arms if arm in first}
