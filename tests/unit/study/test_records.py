"""The records of a study: what is written is read back, a study may be unfinished, a damaged file is named."""

import json
import shutil

import pytest

from sempairs.core.errors import UserError
from sempairs.study.cells import Cell, Condition
from sempairs.study.collect import collect_again
from sempairs.study.matrix import Study
from sempairs.study.records import Items, Metric, RunRecord, Value, read_records, write_records
from sempairs.study.runner import run_study

RECORDS = ("study.json", "runs.jsonl", "metrics.jsonl", "results.jsonl", "items.jsonl")
CONDITION = Condition("simclr", "small", "crops", "all")


@pytest.fixture
def committed(whole, tmp_path):
    """The records of a study alone, as they are committed."""
    for name in (*RECORDS, "audits.json", "examples.npz"):
        shutil.copy(whole / name, tmp_path / name)
    return tmp_path


def test_records_come_back_as_they_were_written(committed):
    run = RunRecord(
        Cell("semantic", 1, CONDITION), "0123", {"views": {"name": "crop-only"}}, {"steps": 6, "collapse": None},
        {"hash": "ab", "classes": {"a": 2}}, ((16, 2.5), (32, 1.25)), {"same": 0.5}, {"loss": 1.25},
    )  # fmt: skip
    metric = Metric("same", "knn", "%", 20, "test images", "higher", ("one way", "another"), "knn")
    value = Value(run.cell, "0123", "same", "knn", 62.5, 50.0, 75.0)
    items = Items("semantic", "augmented", CONDITION, "same", "knn", -1.0, 2.0)
    write_records(committed, [run], [metric], [value], [items])
    records = read_records(committed)
    assert records.runs == (run,)
    assert records.metrics == {("same", "knn"): metric}
    assert records.values == (value,)
    assert records.items == (items,)


def test_an_unfinished_study_says_what_is_missing(tables, committed):
    cells = Study.check(tables).cells
    lines = (committed / "runs.jsonl").read_text().splitlines(keepends=True)
    (committed / "runs.jsonl").write_text("".join(lines[:3]))
    records = read_records(committed)
    assert [run.cell for run in records.runs] == cells[:3]
    assert list(records.missing) == cells[3:]


def test_a_folder_without_a_study(tmp_path):
    with pytest.raises(UserError, match=r"there is no study in(?s:.*)no study.json"):
        read_records(tmp_path)


def test_a_study_of_which_nothing_is_finished(committed):
    (committed / "runs.jsonl").unlink()
    with pytest.raises(UserError, match=r"no run of the study(?s:.*)study run"):
        read_records(committed)


@pytest.mark.parametrize("name", RECORDS)
@pytest.mark.parametrize("damage", ["cut", "line", "list"])
def test_a_damaged_file_is_an_error_of_the_user(committed, name, damage):
    path = committed / name
    text = path.read_text()
    path.write_text({"cut": text[: len(text) // 2 + 7], "line": '{"arm": 1}\n', "list": "[1, 2]\n"}[damage])
    with pytest.raises(UserError, match=r"damaged|not JSON|study\.json"):
        read_records(committed)


def test_records_are_collected_again_from_what_is_finished(tables, whole, tmp_path):
    """Of two parts one is done: its runs are collected, byte for byte as they stand in the whole."""
    folder = shutil.copytree(whole, tmp_path / "part")
    for name in RECORDS[1:]:
        (folder / name).unlink()
    tables["seeds"] = [1]
    run_study(Study.check(tables), folder)  # a smaller study of the same title
    collect_again(folder, folder / "runs")
    lines, all_lines = ((at / "results.jsonl").read_text().splitlines() for at in (folder, whole))
    assert lines == [line for line in all_lines if json.loads(line)["seed"] == 1]


def test_a_study_that_came_without_its_runs_keeps_its_records(whole, committed, capsys):
    before = {name: (committed / name).read_bytes() for name in RECORDS}
    collect_again(committed, committed / "runs")
    assert {name: (committed / name).read_bytes() for name in RECORDS} == before
    shutil.copytree(whole / "cells", committed / "cells")
    collect_again(committed, committed / "runs")
    assert {name: (committed / name).read_bytes() for name in RECORDS} == before
