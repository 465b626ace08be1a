"""The losses of 20 steps are those that were reviewed."""

import pytest

from made_golden import FOLDER, STEPS, golden_losses
from sempairs.methods import METHODS


def table(text: str) -> tuple[str, list[list[float]]]:
    """The header and the numbers of a golden file."""
    head, *lines = text.splitlines()
    return head, [[float(word) for word in line.split()] for line in lines]


@pytest.mark.parametrize("name", list(METHODS))
def test_the_losses_of_20_steps_are_those_on_file(name):
    path = FOLDER / f"{name}.txt"
    assert path.is_file(), "run `make golden` and review the new file"
    head, expected = table(path.read_text(encoding="utf-8"))
    found_head, found = table(golden_losses(name))
    assert found_head == head
    assert len(expected) == STEPS
    for mine, theirs in zip(found, expected, strict=True):
        # Five digits are kept: rounding alone may differ by 1e-4 relative to the first; below 1e-6 nothing is promised.
        assert mine == pytest.approx(theirs, rel=2e-4, abs=1e-6), "a loss changed: if it should, run `make golden`"


def test_no_file_is_left_of_a_method_that_is_gone():
    assert {path.stem for path in FOLDER.glob("*.txt")} <= set(METHODS), "run `make golden`"


@pytest.mark.parametrize("change", [0.999, 1.001])
def test_a_loss_that_is_a_thousandth_off_is_noticed(change):
    _, (first, *_) = table(golden_losses(next(iter(METHODS))))
    assert [value * change for value in first[1:]] != pytest.approx(first[1:], rel=2e-4, abs=1e-6)
