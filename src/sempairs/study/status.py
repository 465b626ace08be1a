"""How far a study is, read from its files: what is done, what a process is at work on, what is left, and how long."""

import time
from dataclasses import dataclass
from pathlib import Path

from sempairs.core.errors import UserError
from sempairs.core.runs import JsonLines, Run
from sempairs.study.alone import is_at_work
from sempairs.study.cells import Cell
from sempairs.study.finished import Finished, file_of
from sempairs.study.matrix import Study
from sempairs.study.records import RunRecord, read_records, read_study
from sempairs.study.timing import Span, finished_times


@dataclass(frozen=True)
class Working:
    """A run that a process is at work on.

    Parameters
    ----------
    share: of its training that is done; 1 while its encoder is evaluated.
    """

    cell: Cell
    run: str
    share: float


@dataclass(frozen=True)
class Status:
    """How far a study is.

    Parameters
    ----------
    study: as it stands in its folder.
    done: the finished runs.
    working: those that processes are at work on.
    left: seconds until all is done, by as many processes as are at work now; None if there is none, or none is done.
    rate: runs an hour that these processes finish; None where `left` is.
    last: the run that was finished last and seconds since; None if none is.
    """

    study: Study
    done: dict[Cell, RunRecord]
    working: tuple[Working, ...]
    left: float | None
    rate: float | None
    last: tuple[Cell, float] | None

    @property
    def collapsed(self) -> dict[Cell, str]:
        """What is said of the finished runs that have collapsed."""
        return {cell: run.result["collapse"] for cell, run in self.done.items() if run.result.get("collapse")}

    @property
    def is_done(self) -> bool:
        """Whether nothing is left."""
        return len(self.done) == len(self.study.cells)


class StatusReader:
    """Reads the status of a study's folder again and again; what is finished is read once.

    Parameters
    ----------
    runs: where the trainings are kept; FOLDER/runs by default.

    Raises
    ------
    UserError: no study in the folder.
    """

    def __init__(self, folder: Path, runs: Path | None = None) -> None:
        if not folder.is_dir():
            raise UserError(f"there is no folder {folder}", todo="give the folder of a study")
        self.study = Study(read_study(folder))
        self._runs = runs or folder / "runs"
        self._files = {cell: file_of(self.study, folder, cell) for cell in self.study.cells}
        self._done: dict[Cell, RunRecord] = {}
        self._when: dict[Cell, float] = {}
        if not (folder / "cells").is_dir() and (folder / "runs.jsonl").is_file():  # a study that came without its runs
            self._done = {run.cell: run for run in read_records(folder).runs}

    def read(self) -> Status:
        """The status now."""
        working = []
        for cell, path in self._files.items():
            if cell in self._done:
                continue
            if path.is_file():
                self._done[cell], self._when[cell] = Finished.read(path).run, path.stat().st_mtime
            elif path.with_suffix(".begun").is_file():
                run = Run(self._runs / path.with_suffix(".begun").read_text(encoding="utf-8").strip())
                if is_at_work(run):
                    working.append(Working(cell, run.name, self._share(cell, run)))
        last = max(self._when, key=self._when.__getitem__, default=None)
        left, rate = self._pace(working)
        return Status(
            study=self.study,
            done=dict(self._done),
            working=tuple(working),
            left=left,
            rate=rate,
            last=None if last is None else (last, max(0.0, time.time() - self._when[last])),
        )

    def _share(self, cell: Cell, run: Run) -> float:
        """How much of its training is done."""
        if run.is_done:
            return 1.0
        lines = JsonLines(run.folder / "metrics.jsonl").read()
        budget = self.study.settings(cell).training
        if not lines:
            return 0.0
        return float(lines[-1]["step"] / budget.steps if budget.steps else lines[-1]["epoch"] / budget.passes)

    def _pace(self, working: list[Working]) -> tuple[float, float] | tuple[None, None]:
        """Seconds that are left and runs an hour; a run of a condition of which none is finished counts as the mean."""
        if not working or not self._done:
            return None, None
        times = finished_times(self._done, self._runs)
        known = [times.whole(self.study, cell) or Span() for cell in self._done]
        mean = sum(known, Span()) * (1 / len(known))
        whole = {cell: times.whole(self.study, cell) or mean for cell in self.study.cells if cell not in self._done}
        need = {cell: span.likely for cell, span in whole.items()}
        rate = len(working) * 3600 * len(need) / max(sum(need.values()), 1e-9)
        for one in working:
            need[one.cell] -= times.training.get(one.cell.condition, mean).likely * one.share
        at_work = max(need[one.cell] for one in working)  # the longest decides at the end
        return max(0.0, at_work, sum(need.values()) / len(working)), rate
