"""A training that has collapsed shows in the page and in the terminal, by name; one that has not does not."""

import dataclasses
import io

from rich.console import Console

from made_known import known_contents, known_records
from read_page import text_of
from sempairs.report.against import Finding, against
from sempairs.report.contents import Contents
from sempairs.report.limits import collapsed
from sempairs.report.page import render
from sempairs.report.table import print_contents
from sempairs.study.records import Records

SENTENCE = "The training of simclr on mined pairs, seed 1, has collapsed: all is equal."


def with_collapse(*seeds: int) -> Records:
    records = known_records(("knn",))
    result = {"collapse": "collapsed: all is equal"}
    runs = (
        dataclasses.replace(run, result={**run.result, **result})
        if run.cell.arm == "mined" and run.cell.seed in seeds
        else run
        for run in records.runs
    )
    return dataclasses.replace(records, runs=tuple(runs))


def test_without_a_collapse_nothing_is_said(contents: Contents) -> None:
    assert collapsed(contents.records) == []
    assert against(contents)[-1] == Finding("Trainings that collapsed", [])


def test_a_collapse_is_shown_by_arm_method_and_seed() -> None:
    contents = known_contents(with_collapse(1))
    assert against(contents)[-1].sentences == [SENTENCE]
    text = text_of(render(contents))
    assert text.count(SENTENCE) == 2, "among what goes against the claims, and with the trainings"
    assert "1 training collapsed: simclr on mined pairs." in text
    console = Console(file=io.StringIO(), width=200)
    print_contents(contents, console)
    assert f"warning: {SENTENCE}" in console.file.getvalue()


def test_the_seeds_of_one_arm_and_method_are_one_sentence() -> None:
    contents = known_contents(with_collapse(0, 2))
    assert collapsed(contents.records) == [
        "2 trainings of simclr on mined pairs (seeds 0 and 2; said of the first) have collapsed: all is equal."
    ]
    assert "2 trainings collapsed: simclr on mined pairs." in text_of(render(contents))
