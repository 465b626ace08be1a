"""A folder that is not a finished study ends in one clear message."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sempairs.core.errors import UserError
from sempairs.report.contents import read_contents
from sempairs.report.page import write_report


def test_a_folder_without_a_study(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no study in"):
        write_report(tmp_path)


@pytest.mark.parametrize("name", ["comparison.json", "audits.json", "examples.npz", "results.jsonl"])
def test_a_study_that_is_not_finished_says_what_is_missing_and_what_to_do(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(UserError, match=f"(?s)not finished.*no {name}.*sempairs study run"):
        write_report(folder)
    assert not (folder / "report.html").exists()


def test_a_run_without_scores(folder: Path) -> None:
    lines = (folder / "results.jsonl").read_text().splitlines(keepends=True)
    (folder / "results.jsonl").write_text("".join(lines[:-6]))  # the last run has six scores
    with pytest.raises(UserError, match=r"(?s)not finished.*1 runs without scores"):
        write_report(folder)


def test_a_run_whose_folder_is_gone(folder: Path) -> None:
    next((folder / "runs").glob("*/result.json")).unlink()
    with pytest.raises(UserError, match=r"(?s)not finished.*run the same command again"):
        write_report(folder)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("comparison.json", "{"),
        ("comparison.json", "{}"),
        ("comparison.json", '{"baseline": "augmented", "lines": []}'),
        ("audits.json", '{"augmented": {"pairs": "many"}}'),
        ("results.jsonl", '{"arm": "augm'),
        ("results.jsonl", '{"arm": 3}\n'),
        ("examples.npz", "not an archive"),
        ("examples.npz", ""),
        ("study.json", '{"title": 3}'),
    ],
)
def test_a_damaged_file_is_named_or_explained_without_a_traceback(folder: Path, name: str, content: str) -> None:
    (folder / name).write_text(content)
    with pytest.raises(UserError):
        write_report(folder)


def test_tables_keep_the_order_of_the_study_file(make_folder: Callable[..., Path]) -> None:
    contents = read_contents(make_folder())
    assert list(contents.study.arms) == ["augmented", "semantic", "mined", "random"]
    assert list(contents.study.evaluate) == ["garments", "digits"]
    assert contents.controls == {"random"}
    assert [run.seed for run in contents.trainings[:4]] == [0, 1, 2, 0]
    assert contents.trainings[0].pairs_seen[:2] == (2560, 5120)  # steps 10 and 20 of 256 pairs
