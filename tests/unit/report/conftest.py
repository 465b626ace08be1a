"""The known study (`made_known`) as contents and as the files that are committed of a study."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from made_known import known_contents, known_records
from made_records import CLASSES, write_made_study
from sempairs.report.contents import Contents
from sempairs.study.records import Records


@pytest.fixture(scope="session")
def contents() -> Contents:
    """The known study: four arms, three seeds, two data sets and two metrics."""
    return known_contents()


@pytest.fixture
def make_folder(tmp_path: Path) -> Callable[..., Path]:
    """A function that writes records, the known ones by default, into a folder of the test's own."""

    def make(records: Records | None = None, classes: Sequence[str] = CLASSES) -> Path:
        write_made_study(tmp_path / "study", records or known_records(), classes)
        return tmp_path / "study"

    return make


@pytest.fixture
def folder(make_folder: Callable[..., Path]) -> Path:
    """The known study."""
    return make_folder()
