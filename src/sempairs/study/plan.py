"""What a study is before it starts: its runs, and the time and disk that are left to spend.

What a run takes is known from the finished runs of its condition; else from a few timed steps and one evaluation of an
encoder that learnt nothing. Making the pairs is not counted: it takes seconds, but for large pools and strong miners.
"""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch

from sempairs.core.errors import UserError
from sempairs.core.runs import Run
from sempairs.study.cells import Cell, Condition
from sempairs.study.finished import Finished, file_of, is_finished
from sempairs.study.making import PairMaker
from sempairs.study.matrix import Study
from sempairs.study.records import RunRecord
from sempairs.study.shards import Shard
from sempairs.study.timing import Span, Times, finished_times, size_of, time_runs
from sempairs.training import distributed
from sempairs.training.settings import TrainSettings


@dataclass(frozen=True)
class Row:
    """The runs of one condition.

    Parameters
    ----------
    steps: of a training.
    training, evaluation: mean seconds of a run that is left (of all runs where none is left); None if not timed.
    measured: whether these are seconds of finished runs.
    """

    condition: Condition
    settings: TrainSettings
    runs: int
    done: int
    steps: int
    training: Span | None
    evaluation: Span | None
    measured: bool


@dataclass(frozen=True)
class StudyPlan:
    """What is left of a study, and what it will take.

    Parameters
    ----------
    designs: how many runs each of them has; a run may be in several.
    processes: how many run at one time.
    seconds: of all that is left: those of the process that has most to do. None if not timed.
    kept: bytes of encoders and scores that are not there yet.
    scores_known: whether `kept` counts the scores.
    passing: bytes of checkpoints while it runs.
    device, threads: where it is timed, and by how many threads of a process.
    """

    study: Study
    designs: dict[str, int]
    rows: tuple[Row, ...]
    processes: int
    seconds: Span | None
    kept: int
    scores_known: bool
    passing: int
    device: str
    threads: int

    @property
    def runs(self) -> int:
        """All of the study."""
        return sum(row.runs for row in self.rows)

    @property
    def done(self) -> int:
        """How many of them are finished."""
        return sum(row.done for row in self.rows)


def plan_study(
    study: Study, folder: Path | None = None, *, runs: Path | None = None, processes: int = 1, timed: bool = True
) -> StudyPlan:
    """Count what is left of a study and estimate what it takes.

    Parameters
    ----------
    folder: of the study, if it has begun.
    runs: where its trainings are kept; FOLDER/runs by default.
    processes: how many are to run at one time; they share the cores.
    timed: take steps and evaluate where no run is finished. Without, no image is opened unless the number of pairs
        hangs on it.

    Raises
    ------
    UserError: what a run of the study would refuse at once.
    """
    done = {} if folder is None else _done(study, folder)
    left = [cell for cell in study.cells if cell not in done]
    times = finished_times(done, runs or (folder or Path()) / "runs")
    measured = set(times.training)
    threads = max(1, torch.get_num_threads() // processes)
    maker = PairMaker(study, Path(), _none_is_trained) if left and (timed or _said(study) is None) else None
    if timed and maker is not None:
        with _threads(threads):
            time_runs(study, left, maker, times)

    pairs = _said(study) or 0 if maker is None else len(maker.base)
    conditions = dict.fromkeys(cell.condition for cell in study.cells)
    settings = {c: study.settings(Cell(study.file.baseline, study.file.seeds[0], c)) for c in conditions}
    sizes = {c: size_of(settings[c], 3 if maker is None else maker.pool.shape[2]) for c in conditions}
    places = [(cell.condition.encoder, data) for cell in left for data in study.file.evaluations(cell)]
    return StudyPlan(
        study=study,
        designs={name: len(study.file.cells_of({name: design})) for name, design in study.file.designs.items()},
        rows=tuple(_row(study, c, own, done, times, pairs, c in measured) for c, own in settings.items()),
        processes=processes,
        seconds=_longest(study, left, times, processes),
        kept=sum(sizes[cell.condition].encoder for cell in left) + sum(times.scores.get(p, 0) for p in places),
        scores_known=all(place in times.scores for place in places),
        passing=processes * max((sizes[cell.condition].checkpoints for cell in left), default=0),
        device=str(distributed.own_device()),
        threads=threads,
    )


def _said(study: Study) -> int | None:
    """How many pairs an arm has, where the study says so."""
    pool = study.file.pool
    return None if pool.like is not None else pool.pairs or pool.images


@contextlib.contextmanager
def _threads(count: int) -> Iterator[None]:
    """With so many threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _done(study: Study, folder: Path) -> dict[Cell, RunRecord]:
    """The finished runs of a study's folder."""
    cells = [cell for cell in study.cells if is_finished(study, folder, cell)]
    return {cell: Finished.read(file_of(study, folder, cell)).run for cell in cells}


def _row(
    study: Study,
    condition: Condition,
    settings: TrainSettings,
    done: Mapping[Cell, RunRecord],
    times: Times,
    pairs: int,
    measured: bool,
) -> Row:
    own = [cell for cell in study.cells if cell.condition == condition]
    shown = [times.evaluated(study, cell) for cell in own if cell not in done] or [times.evaluated(study, own[0])]
    known = [span for span in shown if span is not None]
    budget = settings.training
    steps = budget.steps or budget.passes * (pairs // budget.batch_size)
    return Row(
        condition=condition,
        settings=settings,
        runs=len(own),
        done=sum(cell in done for cell in own),
        steps=next((done[cell].result["steps"] for cell in own if cell in done), steps),
        training=times.training.get(condition),
        evaluation=sum(known, Span()) * (1 / len(known)) if len(known) == len(shown) else None,
        measured=measured,
    )


def _longest(study: Study, left: list[Cell], times: Times, processes: int) -> Span | None:
    """Seconds of the process that has most to do; None if a run is not timed."""
    spans = {cell: times.whole(study, cell) for cell in left}
    known = {cell: span for cell, span in spans.items() if span is not None}
    if len(known) < len(left):
        return None
    parts = [Shard(number, processes).cells(study) for number in range(1, processes + 1)]
    sums = [sum((known[cell] for cell in part if cell in known), Span()) for part in parts]
    return max(sums, key=lambda span: span.likely)


def _none_is_trained(cell: Cell) -> Run:
    raise UserError(f"a plan trains nothing, and {cell} is needed")
