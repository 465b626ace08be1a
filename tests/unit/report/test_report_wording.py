"""Sentences against comparisons whose reading is known."""

from dataclasses import replace
from typing import Any

from sempairs.report.wording import Findings, findings, merged
from sempairs.study.compare import Comparison, Line

BASE = Line(
    arm="augmented", method="simclr", data="garments", metric="knn", unit="%", protocol="", n=100, over="test images",
    seeds=(0, 1, 2), values=(80.0, 81.0, 82.0), mean=81.0, interval=(78.5, 83.5),
)  # fmt: skip


def against_baseline(difference: float, reach: float, p_holm: float, arm: str = "semantic", **other: Any) -> Line:
    """A line that is `difference` above the baseline, with an interval of ± `reach`."""
    low, high = difference - reach, difference + reach
    verdict = "higher" if low > 0 else "lower" if high < 0 else "undecided"
    return replace(
        BASE, arm=arm, difference=difference, difference_interval=(low, high), p=p_holm, p_holm=p_holm,
        relative=difference / 0.81, items_interval=(difference - 0.5, difference + 0.5), verdict=verdict, **other,
    )  # fmt: skip


def read(*lines: Line) -> Findings:
    return findings(Comparison("augmented", (BASE, *lines)), frozenset({"random"}))


def test_gains_losses_and_open_questions_are_counted_apart() -> None:
    found = read(
        against_baseline(3.6, 1.4, 0.01),
        against_baseline(0.4, 1.0, 0.9, metric="linear"),
        against_baseline(-1.2, 0.8, 0.04, data="digits"),
        against_baseline(-0.3, 0.9, 1.0, data="digits", metric="linear"),
    )
    assert found.supported == (
        "Semantic pairs scored higher than augmented pairs in 2 of 4 comparisons (95% interval over seeds above zero "
        "in 1, below zero in 1). Above zero: on garments knn +3.6 [+2.2, +5.0] points.",
    )
    assert found.against == (
        "Semantic pairs scored lower than augmented pairs in 2 of 4, with an interval below zero in 1: on digits knn "
        "−1.2 [−2.0, −0.4], linear −0.3 [−1.2, +0.6] points.",
    )
    assert found.undecided == (
        "Semantic pairs: the interval over seeds includes zero in 2 of 4, which shows neither a gain nor a loss: "
        "linear on garments; linear on digits.",
        "After Holm's correction for all 4 comparisons of the study, 2 differences keep p < 0.05: semantic (knn on "
        "garments; knn on digits).",
    )


def test_a_loss_everywhere_is_not_a_gain_anywhere() -> None:
    found = read(against_baseline(-3.0, 1.0, 0.01))
    assert found.supported == ()
    assert found.against == (
        "Semantic pairs scored lower than augmented pairs in 1 of 1, with an interval below zero in 1: on garments knn "
        "−3.0 [−4.0, −2.0] points.",
    )
    assert found.summary[0].startswith("Semantic pairs scored higher than augmented pairs in 0 of 1 comparison (")
    assert "below zero in 1)" in found.summary[0]


def test_a_control_that_does_not_help_supports_and_one_that_helps_is_a_warning() -> None:
    calm = read(against_baseline(-2.0, 1.0, 0.1, arm="random"))
    assert calm.supported == (
        "The negative control, random pairs, never scored higher than augmented pairs with an interval above zero, as "
        "it must be (below zero in 1 of 1).",
    )
    assert calm.against == ("No arm but the negative control scored below augmented pairs in any comparison.",)
    helped = read(against_baseline(2.0, 1.0, 0.1, arm="random"))
    assert helped.supported == ()
    assert helped.against[0].startswith("A warning: the negative control, random pairs, scored higher than augmented")
    assert "on garments knn +2.0 [+1.0, +3.0] points" in helped.against[0]
    assert helped.summary[-1].startswith(helped.against[0].split(" Chance, or")[0]), (
        "a control that helps is said at the head of the page"
    )


def test_when_no_difference_survives_the_correction_the_smallest_p_is_given() -> None:
    found = read(against_baseline(3.6, 1.4, 0.051), against_baseline(3.6, 1.4, 0.4, data="digits"))
    assert found.undecided[-1] == (
        "After Holm's correction for all 2 comparisons of the study, no difference keeps p < 0.05 (the smallest "
        "corrected p is 0.051)."
    )


def test_items_that_decide_where_seeds_do_not_are_named_as_such() -> None:
    # ± 2 over seeds includes zero, ± 0.5 over items does not.
    assert (
        "In 1 of these the interval over test items excludes zero" in read(against_baseline(1.0, 2.0, 0.3)).undecided[0]
    )


def test_one_seed_says_nothing_over_seeds() -> None:
    single = [
        replace(line, seeds=(0,), difference_interval=None, p=None, p_holm=None, verdict="undecided")
        for line in (against_baseline(3.0, 1.0, 0.1), against_baseline(-2.0, 1.0, 0.1, arm="random"))
    ]
    found = read(*single)
    assert found.supported == ()
    assert found.summary == (
        "Semantic pairs scored higher than augmented pairs in 1 of 1 comparison.",
        "The negative control, random pairs, scored higher than augmented pairs in 0 of 1 comparison; one seed cannot "
        "judge that. With one seed there are no p-values to correct.",
    )
    assert found.undecided[0] == (
        "One seed says nothing about other seeds: for semantic pairs there is no interval over seeds and no p. For "
        "these very encoders the interval over test items is above zero in 1 of 1, below zero in 0."
    )


def test_the_method_is_named_where_there_are_two() -> None:
    found = read(against_baseline(3.0, 1.0, 0.01), against_baseline(2.0, 1.0, 0.01, method="byol"))
    assert "on garments by simclr knn +3.0 [+2.0, +4.0] points; on garments by byol knn +2.0" in found.supported[0]


def test_protocols_that_differ_in_single_words_become_one() -> None:
    assert merged(["k = 20, λ = 0.1 of 8", "k = 20, λ = 0.3 of 8", "other words"]) == [
        "k = 20, λ = 0.1 or 0.3 of 8",
        "other words",
    ]


def test_a_number_that_should_be_low_is_read_as_a_gain_when_it_falls_and_one_that_describes_not_at_all() -> None:
    found = read(
        against_baseline(-2.0, 0.5, 0.01, metric="corruption error", direction="lower"),
        against_baseline(0.25, 0.01, 0.01, metric="rankme", unit="dimensions", direction="neither"),
        against_baseline(-0.125, 0.025, 0.01, metric="content R2", unit="R2"),
    )
    assert found.supported == (
        "Semantic pairs scored higher than augmented pairs in 1 of 2 comparisons (95% interval over seeds above zero "
        "in 1, below zero in 1). Above zero: on garments less corruption error +2.0 [+1.5, +2.5] points.",
    )
    assert found.against == (
        "Semantic pairs scored lower than augmented pairs in 1 of 2, with an interval below zero in 1: on garments "
        "content R2 −0.125 [−0.150, −0.100] R2.",
    )
