"""docs/evaluation.md names every evaluation, and nothing that does not exist."""

import re
from pathlib import Path

from sempairs.evaluation import DEFAULT, EVALUATIONS

PAGE = Path(__file__).parents[2] / "docs" / "evaluation.md"


def test_every_evaluation_has_its_question():
    rows = re.findall(r"^\| [A-Z][^|]+\? \| `([a-z-]+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(rows) == sorted(EVALUATIONS)


def test_the_default_set_needs_nothing_else():
    # Transfer wants data sets and ood a column.
    assert set(EVALUATIONS) - set(DEFAULT) == {"transfer", "ood", "linear-sgd"}
