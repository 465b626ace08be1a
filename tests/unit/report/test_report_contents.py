"""A folder that is not a study ends in one clear message, and so does a damaged file."""

from collections.abc import Callable
from pathlib import Path

import pytest

from made_known import known_contents, known_records
from sempairs.core.errors import UserError
from sempairs.report.contents import Contents
from sempairs.report.limits import limits
from sempairs.report.page import write_report
from sempairs.study.examples import load_examples


def test_a_folder_without_a_study(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no study in"):
        write_report(tmp_path)


@pytest.mark.parametrize(
    "name", ["runs.jsonl", "metrics.jsonl", "results.jsonl", "items.jsonl", "audits.json", "examples.npz"]
)
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(UserError):
        write_report(folder)
    assert not (folder / "report.html").exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("audits.json", "{"),
        ("audits.json", '{"augmented": {"pairs": "many"}}'),
        ("results.jsonl", '{"arm": "augm'),
        ("results.jsonl", '{"arm": 3}\n'),
        ("runs.jsonl", "[]\n"),
        ("examples.npz", "not an archive"),
        ("examples.npz", ""),
        ("study.json", '{"title": 3}'),
    ],
)
def test_a_damaged_file_is_explained_without_a_traceback(folder: Path, name: str, content: str) -> None:
    (folder / name).write_text(content)
    with pytest.raises(UserError):
        write_report(folder)


def test_contents_keep_the_order_of_the_study_file(contents: Contents) -> None:
    assert list(contents.study.arms) == ["augmented", "semantic", "mined", "random"]
    assert list(contents.gains.chosen) == ["garments", "digits"]
    assert contents.gains.several is False
    assert [line.arm for line in contents.gains.lines[:4]] == ["augmented", "semantic", "mined", "random"]


def test_limits_give_the_quantile_that_belongs_to_the_seeds(make_folder: Callable[..., Path]) -> None:
    records = known_records()
    text = " ".join(limits(records, load_examples(make_folder(records) / "examples.npz")))
    # The t quantile for 2 degrees of freedom at .975 is .95 sqrt(2 / (1 - .95^2)) = 4.3027; 2 of 2^3 sign vectors.
    assert "± 4.30 standard errors (the t quantile for 2 degrees of freedom)" in text
    assert "with 3 seeds its p cannot be below 0.250" in text
    assert "28 × 28 pixels, grey" in text
    assert "The pairs of semantic were made from the pool’s labels" in text
    assert "230 optimizer steps (29,440 pairs seen)" in text


def test_items_that_share_images_are_said_to_do_so() -> None:
    assert any("episodes, they share test images" in sentence for sentence in limits(known_records(), {}))
    assert not any("episodes" in sentence for sentence in limits(known_records(("knn",)), {}))


def test_metrics_that_should_be_low_are_read_as_gains_when_they_fall() -> None:
    gains = known_contents(known_records(("corruption error",))).gains
    # The planted gains are turned by made_records: what is 4 better is 4 lower.
    (found,) = [line for line in gains.lines if (line.arm, line.data) == ("semantic", "garments")]
    assert (found.metric, found.direction) == ("less corruption error", "higher")
