"""Running a study: what is missing is done, what is done is not done again.

STUDY FOLDER
  study.json         the study as it was resolved
  pairs/             one Parquet file for each pair set
  runs/HASH/         one folder for each training, with the scores of its encoder
  cells/HASH.json    one file for each finished run of the study: its lines of the records
  cells/HASH.begun   of one that has begun and is not finished: the name of its run
  *.jsonl, audits.json, examples.npz    the records, collected from the cells (`records.py`)
"""

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sempairs.core.errors import UserError
from sempairs.core.files import read_json, write_json, write_text
from sempairs.core.progress import say
from sempairs.core.runs import JsonLines, Run, RunStore
from sempairs.core.settings import resolve
from sempairs.encoders.files import load_encoder
from sempairs.evaluation import EVALUATIONS
from sempairs.evaluation.suite import run_evaluations
from sempairs.pairs.audit import audit
from sempairs.sources.base import Source
from sempairs.study.alone import alone
from sempairs.study.cells import Cell
from sempairs.study.collect import collect
from sempairs.study.examples import save_examples
from sempairs.study.finished import Finished, file_of, is_finished, shown_cells
from sempairs.study.images import train_and_test
from sempairs.study.making import PairMaker
from sempairs.study.matrix import Study
from sempairs.study.records import Metric, RunRecord, Value
from sempairs.study.scores import Scores
from sempairs.study.shards import Shard
from sempairs.study.tables import Evaluate
from sempairs.training.loop import run_identity, train

CURVE = 60  # points of a loss curve that are kept


def run_study(study: Study, folder: Path, *, runs: Path | None = None, shard: Shard | None = None) -> None:
    """Run a study, or a part of it, into a folder; run it again and it goes on where it was.

    Parameters
    ----------
    runs: where trainings are kept, such as a folder that several studies share; FOLDER/runs by default.
    shard: which part; all of it by default. Several processes may run other parts into one folder at one time; the one
        that finishes last collects the records of all.

    Raises
    ------
    UserError: the folder holds another study, or anything a run raises.
    """
    claim(study, folder)
    runner = _Runner(study, folder, RunStore(runs or folder / "runs"))
    own = (shard or Shard()).cells(study)
    left = [cell for cell in own if not is_finished(study, folder, cell)]
    if len(left) < len(own):
        say(f"{len(own) - len(left)} of {len(own)} runs are done")
    clock = _Clock(len(left))
    for number, cell in enumerate(left, start=len(own) - len(left) + 1):
        title = f"run {number} of {len(own)}: {cell}"
        with clock.run(title):
            runner.finish(cell, title)
    if shard is None or all(is_finished(study, folder, cell) for cell in study.cells):
        collect(study, folder, runner.store.folder)


def claim(study: Study, folder: Path) -> None:
    """Write the study into its folder. One that has grown goes on.

    Raises
    ------
    UserError: another study is there, or records that came without the runs they are of, which would be overwritten.
    """
    path = folder / "study.json"
    if path.exists() and read_json(path)["title"] != study.file.title:
        raise UserError(f"{folder} holds another study", got=read_json(path)["title"], todo="use another folder")
    if (folder / "runs.jsonl").exists() and not (folder / "cells").is_dir():
        todo = "run into another folder; sempairs study report rebuilds the report of this one"
        raise UserError(f"{folder} holds what a study found, without its runs", got="no cells/ in it", todo=todo)
    write_json(path, study.to_json())


class _Runner:
    """Trains and scores the cells of a study; what needs images opens them when it comes to that."""

    def __init__(self, study: Study, folder: Path, store: RunStore) -> None:
        self.study, self.folder, self.store = study, folder, store
        self._maker: PairMaker | None = None
        self._tests: dict[str, tuple[Source, Source]] = {}
        self._shown = shown_cells(study)

    @property
    def maker(self) -> PairMaker:
        """Opened once."""
        if self._maker is None:
            self._maker = PairMaker(self.study, self.folder / "pairs", self.run)
        return self._maker

    def run(self, cell: Cell) -> Run:
        """The finished training of a cell that another one needs."""
        run = self._opened(cell)
        with alone(run, str(cell)):
            return self._trained(cell, str(cell))

    def _opened(self, cell: Cell) -> Run:
        identity = run_identity(self.maker.pairs(cell), self.maker.pool, self.study.settings(cell))
        return self.store.open(identity)

    def _trained(self, cell: Cell, title: str) -> Run:
        return train(self.maker.pairs(cell), self.maker.pool, self.study.settings(cell), self.store, title)

    def finish(self, cell: Cell, title: str) -> None:
        """Train and score a cell, then write its file."""
        run, path = self._opened(cell), file_of(self.study, self.folder, cell)
        begun = path.with_suffix(".begun")
        write_text(begun, run.name)
        with alone(run, title):
            self._finish(cell, title, path)
        begun.unlink(missing_ok=True)

    def _finish(self, cell: Cell, title: str, path: Path) -> None:
        run, pairs, pool = self._trained(cell, title), self.maker.pairs(cell), self.maker.pool
        metrics: list[Metric] = []
        values: list[Value] = []
        seconds: dict[str, float] = {}
        for data, evaluate in self.study.file.evaluations(cell).items():
            began = time.monotonic()
            found = self._scored(cell, run, data, evaluate)
            metrics += [metric for metric, _ in found]
            values += [value for _, value in found]
            seconds[data] = round(time.monotonic() - began, 2)
        log = JsonLines(run.folder / "metrics.jsonl").read()
        curve = _curve(log, int(run.settings["training"]["batch_size"]))
        record = RunRecord(cell, run.name, run.settings, run.result, self.maker.facts(pairs), curve, seconds, log[-1])
        shown = self._shown[cell.arm] == cell
        if shown:
            save_examples(path.with_suffix(".npz"), pairs, self.maker.base, pool)
        Finished(record, metrics, values, audit(pairs, pool).to_json() if shown else None).write(path)

    def _scored(self, cell: Cell, run: Run, data: str, evaluate: Evaluate) -> list[tuple[Metric, Value]]:
        """The scores of a run on one data set; those that are beside the run are read."""
        if data not in self._tests:
            self._tests[data] = train_and_test(evaluate)
        learn, test = self._tests[data]
        specs = [resolve(EVALUATIONS, metric) for metric in evaluate.metrics]
        kept = Scores(run, specs, learn, test)
        scores = kept.read()
        if scores is None:
            scores = run_evaluations(load_encoder(run.folder), learn, test, specs)
            kept.write(scores)
        return [
            (
                Metric(data, s.metric, s.unit, s.n, s.over, s.direction, (s.protocol,), s.evaluation),
                Value(cell, run.name, data, s.metric, s.value, *s.interval, kept.name),
            )
            for s in scores
        ]


def _curve(log: list[dict[str, Any]], batch_size: int) -> tuple[tuple[int, float], ...]:
    """Pairs seen and loss, thinned evenly; the last point stays."""
    step = -(-len(log) // CURVE)
    return tuple((line["step"] * batch_size, round(line["loss"], 5)) for line in log[::-1][::step][::-1])


class _Clock:
    """Says after each run how long the rest will take, judged by the runs that had work to do."""

    def __init__(self, runs: int) -> None:
        self._left = runs
        self._seconds: list[float] = []

    @contextlib.contextmanager
    def run(self, title: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        seconds = time.monotonic() - began
        self._left -= 1
        if seconds > 1:
            self._seconds.append(seconds)
            left = self._left * sum(self._seconds) / len(self._seconds)
            say(f"{title}: done in {seconds:.0f} s" + (f", about {left / 60:.1f} min left" if self._left else ""))
