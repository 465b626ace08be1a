"""The page of methods says what code, tests and results say."""

import json
from pathlib import Path

import pytest

from sempairs.methods import METHODS

ROOT = Path(__file__).parents[2]


@pytest.fixture
def maker(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    import make_methods_page

    return make_methods_page


def checks(maker):
    return json.loads(maker.CHECKS.read_text(encoding="utf-8"))


def test_the_page_is_the_one_that_is_made(maker):
    assert maker.PAGE.read_text(encoding="utf-8") == maker.page(), "run `make methods-page`"


def test_every_test_that_was_observed_is_still_there(maker):
    named = {test for found in checks(maker).values() for tests in found.values() for test in tests}
    for test in named:
        path, _, name = test.partition("::")
        assert f"def {name}(" in (ROOT / path).read_text(encoding="utf-8"), "run `make methods-page`"


@pytest.mark.parametrize("name", list(METHODS))
def test_every_method_is_checked_against_loops_from_its_paper(name, maker):
    assert "slow loops written from the paper's equations" in checks(maker)[METHODS[name].__module__.rpartition(".")[2]]


class Item:
    """A test as pytest hands it over."""

    nodeid = "tests/numerics/test_x.py::test_y[1]"


def test_the_observer_notes_whose_code_ran_in_a_test_that_passed(maker):
    import references
    import torch
    from method_checks import Observer

    from sempairs.methods.byol import regression

    observer, rows = Observer(), torch.eye(2)
    around = observer.pytest_runtest_call(Item())
    next(around)
    assert regression(rows, rows) == references.byol_regression(rows, rows)
    with pytest.raises(StopIteration):
        around.send(None)
    loops = "slow loops written from the paper's equations"
    assert observer.checks == {"byol": {loops: {"tests/numerics/test_x.py::test_y"}}}


def test_the_observer_notes_nothing_of_a_test_that_failed(maker):
    import torch
    from method_checks import Observer

    from sempairs.methods.byol import regression

    observer = Observer()
    around = observer.pytest_runtest_call(Item())
    next(around)
    regression(torch.eye(2), torch.eye(2))
    with pytest.raises(AssertionError):
        around.throw(AssertionError())
    assert observer.checks == {}
