"""How numbers are written, everywhere the same: one decimal, a true minus sign, intervals in brackets."""

from collections.abc import Sequence

MINUS = "−"


def decimal(value: float, places: int = 1) -> str:
    """81.25 as "81.2"; a rounded zero has no sign."""
    text = f"{value:,.{places}f}"
    return text.replace("-", "" if float(text.replace(",", "")) == 0 else MINUS)


def signed(value: float, places: int = 1) -> str:
    """A difference with its sign: "+3.6", "−0.4". One that rounds to zero keeps it, "−0.0": below zero is below."""
    text = decimal(abs(value), places)
    return text if value == 0 else (MINUS if value < 0 else "+") + text


def tick(value: float) -> str:
    """A difference on an axis: "0", "+2.5", "−0.002"."""
    return "0" if value == 0 else f"{value:+.4g}".replace("-", MINUS)


def interval(ends: tuple[float, float] | None, places: int = 1) -> str:
    """A signed interval, "[+2.1, +4.0]"; an en dash where there is none."""
    return "–" if ends is None else f"[{signed(ends[0], places)}, {signed(ends[1], places)}]"


def plain_interval(ends: tuple[float, float] | None, places: int = 1) -> str:
    """An interval of values rather than differences: "[85.3, 87.1]"."""
    return "–" if ends is None else f"[{decimal(ends[0], places)}, {decimal(ends[1], places)}]"


def p_value(p: float | None) -> str:
    """Three decimals, and "<0.001" below them."""
    return "–" if p is None else "<0.001" if p < 0.001 else f"{p:.3f}"


def percent(share: float) -> str:
    """A share of one as percent: .8625 as "86.2%"."""
    return decimal(100.0 * share) + "%"


def measured(value: float, unit: str) -> str:
    """A value in percent with its sign, "81.2%"; in any other unit the number alone, with three digits: "0.812"."""
    return decimal(value) + "%" if unit == "%" else decimal(value, _places(value))


def measured_difference(value: float, unit: str) -> str:
    """A difference of two values in this unit, with its sign."""
    return signed(value) if unit == "%" else signed(value, _places(value))


def interval_in(ends: tuple[float, float] | None, unit: str) -> str:
    """The interval of a difference of two values in this unit; an en dash where there is none."""
    return "–" if ends is None else f"[{measured_difference(ends[0], unit)}, {measured_difference(ends[1], unit)}]"


def _places(value: float) -> int:
    """So many decimals that three digits stand, and no more than three."""
    return next((places for places, least in enumerate((100, 10, 1)) if abs(value) >= least), 3)


def points(unit: str) -> str:
    """What a difference of values in `unit` is measured in: percentages differ by points."""
    return "points" if unit == "%" else unit


def counted(n: int, one: str, many: str = "") -> str:
    """A number with its noun: "1 seed", "6,000 pairs"."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def listed(parts: list[str]) -> str:
    """Parts as a phrase: "a", "a and b", "a, b and c"."""
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


def listed_briefly(parts: Sequence[str], most: int = 3) -> str:
    """Parts as a phrase, of many their number and the first one: "12 values, such as 100"."""
    if len(parts) <= most:
        return listed(list(parts)) if parts else "–"
    return f"{len(parts)} values, such as {parts[0]}"


def duration(seconds: float) -> str:
    """Seconds for people: "42 s", "3.5 min", "7.2 h"."""
    if seconds < 60:
        return f"{decimal(seconds, 0)} s"
    return f"{decimal(seconds / 60)} min" if seconds < 3600 else f"{decimal(seconds / 3600)} h"
