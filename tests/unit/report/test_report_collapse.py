"""A training that has collapsed shows in the page and in the terminal, by name; one that has not does not."""

import io
import json
from pathlib import Path

from rich.console import Console

from sempairs.report.conditions import conditions
from sempairs.report.contents import read_contents
from sempairs.report.limits import limits
from sempairs.report.page import write_report
from sempairs.report.table import print_table

SENTENCE = "The training of simclr on mined pairs, seed 1, has collapsed: all is equal."


def collapse_one(folder: Path) -> None:
    run = next(run for run in read_contents(folder).trainings if (run.arm, run.seed) == ("mined", 1))
    path = folder / "runs" / run.run / "result.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "collapse": "collapsed: all is equal"}))


def row(folder: Path):
    return next(row for row in conditions(read_contents(folder)) if row.name == "Collapsed")


def test_without_a_collapse_nothing_is_said(folder: Path) -> None:
    assert row(folder).values == ("no",)
    assert not any("collapsed" in sentence for sentence in limits(read_contents(folder)))


def test_a_collapse_is_shown_by_arm_method_and_seed(folder: Path) -> None:
    collapse_one(folder)
    assert not row(folder).equal
    assert row(folder).values[1] == "mined: no and yes"
    assert limits(read_contents(folder))[0] == SENTENCE
    assert SENTENCE in write_report(folder).read_text(encoding="utf-8")
    console = Console(file=io.StringIO(), width=200)
    print_table(folder, console)
    assert f"warning: {SENTENCE}" in console.file.getvalue()
