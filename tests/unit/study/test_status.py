"""The status of a study, from a finished one of which runs are taken away again."""

import dataclasses
import json
import os
import shutil
import time

import pytest
from rich.console import Console

from sempairs.cli.study_showing import Watching, status_table, summary
from sempairs.core.errors import UserError
from sempairs.core.runs import JsonLines, Run
from sempairs.study.alone import alone, is_at_work
from sempairs.study.finished import Finished, file_of
from sempairs.study.matrix import Study
from sempairs.study.records import read_records
from sempairs.study.status import StatusReader


@pytest.fixture
def study(tables):
    return Study.check(tables)


@pytest.fixture
def folder(whole, tmp_path):
    return shutil.copytree(whole, tmp_path / "study")


def take_away(study, folder, number, begun=True):
    """One run as if it were not finished; gives it."""
    path = file_of(study, folder, study.cells[number])
    run = Run(folder / "runs" / Finished.read(path).run.run)
    path.unlink()
    if begun:
        path.with_suffix(".begun").write_text(run.name)
    return run


def printed(status, encoding="utf-8"):
    console = Console(width=120, record=True, file=open(os.devnull, "w"))  # noqa: SIM115
    with console.file:
        console.print(status_table(status, encoding))
    return console.export_text()


def test_a_finished_study(study, whole):
    status = StatusReader(whole).read()
    assert status.is_done
    assert list(status.done) == study.cells
    assert status.working == ()
    assert status.left is None
    assert status.last is not None
    assert "simclr  ●●         ●●        ●●     ●●" in printed(status)
    assert summary(status) == "all 8 runs are done"


def test_a_run_is_at_work_as_long_as_a_process_holds_it(study, folder):
    run = take_away(study, folder, 5)
    (run.folder / "result.json").unlink()
    reader = StatusReader(folder)
    assert reader.read().working == ()  # its process was killed
    with alone(run, "a run"):
        [working] = reader.read().working
        assert (working.cell, working.run, working.share) == (study.cells[5], run.name, 1.0)
        lines = JsonLines(run.folder / "metrics.jsonl").read()
        lines[-1]["epoch"] = 0.5  # of two passes
        (run.folder / "metrics.jsonl").unlink()
        JsonLines(run.folder / "metrics.jsonl").append(lines[-1])
        [working] = reader.read().working
        assert working.share == 0.25
        assert "semantic pairs, seed 1 (25% of its training)" in printed(reader.read())
        (run.folder / "metrics.jsonl").unlink()
        assert [one.share for one in reader.read().working] == [0.0]
    assert not is_at_work(run)
    assert not is_at_work(Run(folder / "runs" / "none"))


def at_work(study, folder, *numbers):
    """Their runs, begun again: each had trained 100 seconds and been evaluated for 20, the first is now half-way."""
    for cell in study.cells:
        path = file_of(study, folder, cell)
        finished = Finished.read(path)
        result = {**finished.run.result, "seconds": 100.0}
        run = dataclasses.replace(finished.run, result=result, seconds={"same": 8.0, "other": 12.0})
        dataclasses.replace(finished, run=run).write(path)
    runs = [take_away(study, folder, number, begun=True) for number in numbers]
    for number, run in enumerate(runs):
        (run.folder / "result.json").unlink()
        (run.folder / "metrics.jsonl").unlink()
        JsonLines(run.folder / "metrics.jsonl").append({"epoch": 0.0 if number else 1.0, "step": 3, "loss": 1.0})
    return runs


def test_what_is_left_takes_as_long_as_what_is_done(study, folder):
    runs = at_work(study, folder, 5, 6)
    take_away(study, folder, 7, begun=False)
    reader = StatusReader(folder)
    with alone(runs[0], ""), alone(runs[1], ""):
        status = reader.read()
    assert status.left == pytest.approx((3 * 120 - 50) / 2)
    # Two processes, each a run in 120 seconds, whatever is half done.
    assert summary(status) == "5 of 8 runs are done, 2 at work, 1 left; 60 runs an hour, about 2.6 min left"


def test_the_last_runs_take_as_long_as_the_longest_of_them(study, folder):
    runs = at_work(study, folder, 5, 6)
    reader = StatusReader(folder)
    with alone(runs[0], ""), alone(runs[1], ""):
        assert reader.read().left == pytest.approx(120)


def test_a_run_that_is_finished_meanwhile_is_seen(study, folder):
    path = file_of(study, folder, study.cells[0])
    hidden = path.rename(path.with_suffix(".hidden"))
    reader = StatusReader(folder)
    assert len(reader.read().done) == 7
    hidden.rename(path)
    os.utime(path, (time.time() + 5, time.time() + 5))
    status = reader.read()
    assert status.is_done
    assert status.last == (study.cells[0], 0.0)


def test_a_collapsed_run_is_shown(study, folder):
    path = file_of(study, folder, study.cells[1])
    finished = Finished.read(path)
    run = dataclasses.replace(finished.run, result={**finished.run.result, "collapse": "collapsed: all is one"})
    dataclasses.replace(finished, run=run).write(path)
    status = StatusReader(folder).read()
    assert status.collapsed[study.cells[1]] == "collapsed: all is one"
    text = printed(status)
    assert "✗●" in text
    assert "simclr on semantic pairs, seed 0: collapsed: all is one" in text


def test_a_study_that_came_without_its_runs_is_done(study, folder):
    shutil.rmtree(folder / "cells")
    shutil.rmtree(folder / "runs")
    assert set(StatusReader(folder).read().done) == {run.cell for run in read_records(folder).runs} == set(study.cells)


def test_what_is_no_study(tmp_path):
    with pytest.raises(UserError, match="there is no folder"):
        StatusReader(tmp_path / "none")
    with pytest.raises(UserError, match="there is no study in"):
        StatusReader(tmp_path)


def test_many_arms_are_rows(tables, whole, tmp_path):
    tables["arms"]["semantic"]["noise"] = [number / 10 for number in range(9)]
    folder = tmp_path / "noise"
    shutil.copytree(whole / "cells", folder / "cells")
    (folder / "study.json").write_text(json.dumps(Study.check(tables).to_json()))
    text = printed(StatusReader(folder).read())
    assert "semantic, 80% false  ··" in text


def test_watching_ends_when_all_is_done(whole, capsys):
    with Watching(StatusReader(whole), Console(width=120)) as look:
        assert look()
