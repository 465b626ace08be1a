"""Collecting a study: from the files of its finished runs to the records that reports are made from."""

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float

from sempairs.core.errors import UserError
from sempairs.core.files import write_json
from sempairs.core.progress import progress, say
from sempairs.evaluation.files import load_scores
from sempairs.statistics import paired_items_interval
from sempairs.study.cells import Condition
from sempairs.study.examples import merge_examples
from sempairs.study.finished import Finished, file_of, is_finished, shown_cells
from sempairs.study.matrix import Study
from sempairs.study.protocols import merged
from sempairs.study.records import Items, Metric, Value, read_study, write_records


def collect(study: Study, folder: Path, runs: Path) -> None:
    """Write the records of all runs that are finished, in the order of the study; nothing if there is none.

    Parameters
    ----------
    runs: where the trainings are kept, with the outcome of each test item.
    """
    finished = _finished(study, folder)
    if finished:
        _collect(study, folder, runs, finished)


def _collect(study: Study, folder: Path, runs: Path, finished: Sequence[Finished]) -> None:
    values = [value for own in finished for value in own.values]
    metrics = _metrics(metric for own in finished for metric in own.metrics)
    write_records(folder, [own.run for own in finished], metrics, values, list(_items(study, values, runs)))

    own = {arm: cell for arm, cell in shown_cells(study).items() if is_finished(study, folder, cell)}
    shown = {arm: file_of(study, folder, cell) for arm, cell in own.items()}
    write_json(folder / "audits.json", {arm: Finished.read(path).audit for arm, path in shown.items()})
    merge_examples(folder / "examples.npz", {arm: path.with_suffix(".npz") for arm, path in shown.items()})


def collect_again(folder: Path, runs: Path) -> None:
    """Collect a study's folder as it is, finished or not; one whose runs are elsewhere keeps the records that it has.

    Raises
    ------
    UserError: no study in the folder, or none of its runs is finished.
    """
    study = Study(read_study(folder))
    done = _finished(study, folder)
    gone = [own.run.run for own in done if not (runs / own.run.run).is_dir()]
    if not done or gone:
        reason = f"{len(gone)} of its runs are not in {runs}" if gone else "it came without its runs"
        say(f"the records are taken as they were collected before: {reason}")
    else:
        _collect(study, folder, runs, done)


def _finished(study: Study, folder: Path) -> list[Finished]:
    files = [file_of(study, folder, cell) for cell in study.cells]
    return [Finished.read(path) for path in files if path.is_file()]


def _metrics(metrics: Iterable[Metric]) -> list[Metric]:
    """Each metric of each data set once, with all the ways it was measured.

    Raises
    ------
    UserError: two runs were tested on other numbers of items, or have values of other units.
    """
    first: dict[tuple[str, str], Metric] = {}
    ways: dict[tuple[str, str], dict[str, None]] = {}
    for metric in metrics:
        name = metric.data, metric.metric
        before = first.setdefault(name, metric)
        ways.setdefault(name, {}).update(dict.fromkeys(metric.protocols))
        if dataclasses.replace(metric, protocols=before.protocols) != before:
            raise UserError(
                f"the runs of the study are not tested alike: {metric.metric} on {metric.data}",
                got=f"{before.n} {before.over} in {before.unit} and {metric.n} {metric.over} in {metric.unit}",
                todo="the images have changed since the first run: remove cells/ and run the study again",
            )
    return [dataclasses.replace(metric, protocols=tuple(merged(list(ways[name])))) for name, metric in first.items()]


def _items(study: Study, values: Sequence[Value], runs: Path) -> Iterator[Items]:
    """Of each comparison that has all its seeds, the interval over the test items, where outcomes are kept."""
    places: dict[tuple[Condition, str, str], dict[tuple[str, int], Value]] = {}
    for value in sorted(values, key=lambda value: str(value.cell.condition)):
        places.setdefault((value.cell.condition, value.data, value.metric), {})[value.cell.arm, value.cell.seed] = value
    kept: dict[tuple[str, str], dict[str, Float[np.ndarray, " _n"]]] = {}  # by run and file, then metric
    before = None
    with progress("intervals over test items", len(places), "metrics") as advance:
        for (condition, data, metric), own in places.items():
            if condition != before:
                kept.clear()  # no comparison crosses conditions, and outcomes are large
                before = condition
            for arm, against in study.file.comparisons:
                sides = [[own[side, s] for s in study.file.seeds if (side, s) in own] for side in (arm, against)]
                if not sides[0] or [v.cell.seed for v in sides[0]] != [v.cell.seed for v in sides[1]]:
                    continue
                ours, theirs = ([_outcomes(value, runs, kept) for value in side] for side in sides)
                if all(map(len, (*ours, *theirs))):
                    interval = paired_items_interval(np.stack(ours), np.stack(theirs))
                    yield Items(arm, against, condition, data, metric, interval.low, interval.high)
            advance()


def _outcomes(
    value: Value, runs: Path, kept: dict[tuple[str, str], dict[str, Float[np.ndarray, " _n"]]]
) -> Float[np.ndarray, " _n"]:
    """The outcome of each test item behind a score; none where the run's files are gone."""
    file = value.run, value.file
    if file not in kept:
        scores = load_scores((runs / value.run / value.file).with_suffix(""))
        kept[file] = {score.metric: score.outcomes for score in scores or ()}
    return kept[file].get(value.metric, np.empty(0))
