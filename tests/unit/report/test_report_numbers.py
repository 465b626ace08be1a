"""Numbers as text: the house style, written out by hand."""

import pytest

from sempairs.report.numbers import counted, decimal, interval, listed, p_value, percent, plain_interval, signed


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3.55, "+3.5"),
        (3.56, "+3.6"),
        (-0.44, "−0.4"),
        (0.0, "0.0"),
        (-0.04, "−0.0"),
        (0.04, "+0.0"),
        (-1234.5, "−1,234.5"),
    ],
)
def test_a_difference_has_a_sign_unless_it_is_zero(value: float, text: str) -> None:
    # 3.55 is stored as 3.54999..., hence +3.5.
    assert signed(value) == text


def test_intervals_are_in_brackets_and_absent_ones_are_a_dash() -> None:
    assert interval((2.1, 4.0)) == "[+2.1, +4.0]"
    assert interval((-2.16, 0.0)) == "[−2.2, 0.0]"
    assert interval((-0.01, 0.01)) == "[−0.0, +0.0]", "whether it holds zero must be seen"
    assert plain_interval((85.31, 87.14)) == "[85.3, 87.1]"
    assert interval(None) == plain_interval(None) == p_value(None) == "–"


def test_small_p_values_are_not_written_as_zero() -> None:
    assert [p_value(p) for p in (0.0, 0.00099, 0.001, 0.0204, 1.0)] == ["<0.001", "<0.001", "0.001", "0.020", "1.000"]


def test_percent_decimals_counts_and_lists() -> None:
    assert percent(0.8625) == "86.2%"  # .8625 * 100 is 86.25 exactly, which rounds to even
    assert decimal(1234.56, 2) == "1,234.56"
    assert decimal(-0.04) == "0.0"
    assert [counted(1, "seed"), counted(6000, "pair"), counted(2, "class", "classes")] == [
        "1 seed",
        "6,000 pairs",
        "2 classes",
    ]
    assert [listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"])] == ["a", "a and b", "a, b and c"]
