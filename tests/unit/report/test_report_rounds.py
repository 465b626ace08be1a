"""The rounds of a bootstrap in words, against differences and intervals worked out by hand."""

import numpy as np
import pytest
from rich.console import Console

from sempairs.evaluation.base import Score
from sempairs.report.rounds import rounds_table, verdict
from sempairs.study.bootstrap import Round


def made_round(number: int | str, outcomes: list[float] | None, purity: float | None = 0.8125) -> Round:
    knn = None
    if outcomes is not None:
        values = np.array(outcomes)
        knn = Score("knn", float(values.mean()), len(values), "test images", (0.0, 1.0), "", outcomes=values)
    ends = None if purity is None else (0.75, 0.875)
    kept = 0.25 if number == 2 else None
    return Round(number, "run", 12, "set", 1200, 0.5, purity, ends, 0.987654, kept, knn)


def rounds(last: list[float] | None, other: list[float] | None, control: bool = True) -> list[Round]:
    """Round 0, two rounds of mining and a control."""
    first = made_round(0, [0.0] * 4 if control else other, 1.0)
    return [
        first,
        made_round(1, last),
        made_round(2, last, 0.875),
        *([made_round("control", other, 1.0)] if control else []),
    ]


BASE = [0.0, 100.0, 0.0, 100.0]
# Differences 3, 4, 4, 5: mean 4, standard deviation sqrt(2 / 3), t quantile of 3 degrees of freedom 3.1824:
# 4 ± 3.1824 x .8165 / 2 = 4 ± 1.30.
BETTER = [3.0, 104.0, 4.0, 105.0]
WORSE = [-3.0, 96.0, -4.0, 95.0]
# Differences 3, -3, 0, 4: mean 1, standard deviation sqrt(10): 1 ± 3.1824 x 3.1623 / 2 = 1 ± 5.03.
MIXED = [3.0, 97.0, 0.0, 104.0]


@pytest.mark.parametrize(
    ("last", "begins", "figures"),
    [
        (BETTER, "Rounds helped: the last one scored above the control", "(+4.0 points of k-NN"),
        (WORSE, "Rounds did harm: the last one scored below the control", "interval over 4 test images [−5.3, −2.7])"),
        (MIXED, "It cannot be told whether rounds helped: the last one against the control", "[−4.0, +6.0])"),
    ],
)
def test_the_verdict_goes_in_either_direction(last, begins, figures):
    text = verdict(rounds(last, BASE))
    assert text.startswith(f"Purity by round of mining: 81.2%, 87.5%. {begins}")
    assert "augmented pairs for the same 12 steps in all" in text
    assert figures in text


def test_without_a_control_it_says_what_else_may_be_the_cause():
    text = verdict(rounds(BETTER, BASE, control=False))
    assert "helped: the last one scored above round 0; without a control, more training alone may be the cause" in text


def test_without_labels_nothing_is_claimed():
    unlabelled = [made_round(0, None, None), made_round(1, None, None), made_round("control", None, None)]
    assert verdict(unlabelled) == "Whether the rounds helped was not measured: name labelled images with --on."


def test_the_table_shows_no_purity_for_an_image_paired_with_itself():
    console = Console(width=120)
    with console.capture() as capture:
        console.print(rounds_table(rounds(BETTER, BASE)))
    lines = [line.split() for line in capture.get().splitlines()]
    assert lines[1] == ["0", "12", "1,200", "50.0%", "0.988", "0.0%"]
    assert lines[3] == ["2", "12", "1,200", "50.0%", "87.5%", "[75.0,", "87.5]", "0.988", "25.0%", "54.0%"]
    assert lines[4] == ["control", "12", "1,200", "50.0%", "0.988", "50.0%"]
