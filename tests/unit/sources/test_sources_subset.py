"""A part of a source by class, by metadata and by a list of ids."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from made import made_source
from sempairs.core.errors import UserError
from sempairs.sources import SOURCES
from sempairs.sources.opening import open_source


@pytest.fixture(autouse=True)
def made(monkeypatch: pytest.MonkeyPatch) -> None:
    """The source "made": 8 images in classes 0 to 3, taking turns, with columns."""
    monkeypatch.setattr(SOURCES, "_members", dict(SOURCES._members))
    source = made_source(8)
    columns = {
        "patient": np.array(["007", "7", None, "a", "a", "007", "b", "b"], dtype=object),
        "visit": np.array([1, 1, 2, 2, 3, 3, 1, 0]),
        "ok": np.array([True, False] * 4),
        "day": np.array(["2024-05-06", "NaT"] * 4, dtype="datetime64[us]"),
    }
    object.__setattr__(source, "columns", columns)
    SOURCES.add("made", lambda: source)


def positions(**options: Any) -> list[int]:
    source = open_source({"name": "subset", "source": "made", **options})
    assert source.name == "part of made images"
    return open_source("made").positions(source.ids).tolist()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"classes": ["class 1"]}, [1, 5]),
        ({"classes": ["class 3", "class 0"]}, [0, 3, 4, 7]),
        ({"where": {"patient": "007"}}, [0, 5]),  # and not the patient 7
        ({"where": {"patient": ["a", "b"]}}, [3, 4, 6, 7]),
        ({"where": {"visit": 1}}, [0, 1, 6]),  # and not the truth
        ({"where": {"ok": True}}, [0, 2, 4, 6]),
        ({"where": {"visit": [1, 2], "ok": False}}, [1, 3]),
        ({"where": {"day": "2024-05-06 00:00:00"}}, [0, 2, 4, 6]),
        ({"where": {"ok": True}, "classes": ["class 0"]}, [0, 4]),
    ],
)
def test_every_condition_holds(options: dict[str, Any], expected: list[int]) -> None:
    assert positions(**options) == expected


def test_a_list_of_ids(tmp_path: Path) -> None:
    (tmp_path / "ids.txt").write_bytes(b"\xef\xbb\xbf0005\r\n\n0002\n")
    assert positions(ids=str(tmp_path / "ids.txt")) == [2, 5]
    (tmp_path / "ids.txt").write_text("0005\nnobody\nnothing")
    with pytest.raises(UserError, match=r"not have all ids of the file\n.*2 of 3 ids, 'nobody' among them"):
        positions(ids=str(tmp_path / "ids.txt"))
    for path in (tmp_path / "nothing", tmp_path, "a\0b"):
        with pytest.raises(UserError, match="cannot read the file of ids"):
            positions(ids=str(path))


def test_classes_keep_their_numbers() -> None:
    source = open_source({"name": "subset", "source": "made", "classes": ["class 2"]})
    assert source.need_labels("a test").tolist() == [2, 2]
    assert len(source.label_names) == 4


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({}, "a subset needs a condition"),
        ({"classes": ["class 9"]}, "has no class 'class 9'\n.*did you mean 'class"),
        ({"where": {"patent": "a"}}, "has no column 'patent'\n.*did you mean 'patient'"),
        ({"where": {"patient": 7}}, "has 7 in column 'patient'\n.*values 007, 7, a, b\n.*7 is not '7'"),
        ({"where": {"visit": True}}, "has True in column 'visit'"),
        ({"where": {"patient": "7", "ok": True}}, "no image of made images meets all conditions"),
        ({"source": "mate", "classes": []}, "no source called 'mate'\n.*did you mean 'made'"),
        ({"classes": "class 1"}, "classes: input should be a valid array"),
    ],
)
def test_what_cannot_be_taken(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(UserError, match=problem):
        positions(**options)
