"""One row of a table of comparisons as text: the same in the page and in LaTeX."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sempairs.report.gains import label
from sempairs.report.numbers import decimal, interval_in, measured, measured_difference, p_value, signed
from sempairs.study.compare import Line
from sempairs.study.pooling import Pooled

VERDICTS = {"higher": "▲ higher", "lower": "▼ lower"}


@dataclass(frozen=True)
class TableRow:
    """A row of the page's tables.

    Parameters
    ----------
    cells: mean, standard deviation, gain, its three intervals, relative gain, both p, what could be seen, what it is no
        more than.
    judged: the verdict as a class of the style sheet.
    refused: why there is no comparison, else "".
    """

    arm: str
    name: str
    cells: tuple[str, ...]
    verdict: str
    judged: str
    refused: str = ""


def row_of(line: Line | Pooled, baseline: str) -> TableRow:
    """The row of one arm, by one method or by several together; of the baseline there is only how well it does."""
    mean = _level(line) if isinstance(line, Line) else ("", "")
    if not line.against:
        return TableRow(line.arm, line.arm, (*mean, *[""] * 9), "baseline", "undecided")
    cells = (*mean, *_difference(line))
    refused = line.refused if isinstance(line, Line) else ""
    return TableRow(
        line.arm, label(line, baseline), cells, VERDICTS.get(line.verdict, line.verdict), line.verdict, refused
    )


def _level(line: Line) -> tuple[str, str]:
    """Mean and sample standard deviation over seeds."""
    spread = float(np.std(line.values, ddof=1)) if len(line.values) > 1 else None
    return measured(line.mean, line.unit), _size(spread, line.unit)


def _difference(gain: Line | Pooled) -> Sequence[str]:
    unit, relative = gain.unit, gain.relative
    items = gain.items_interval if isinstance(gain, Line) else None
    return (
        "–" if gain.difference is None else measured_difference(gain.difference, unit),
        interval_in(gain.difference_interval, unit),
        interval_in(gain.bootstrap_interval, unit),
        interval_in(items, unit),
        "–" if relative is None else f"{signed(relative)}%",
        p_value(gain.p_holm),
        p_value(gain.p_permutation),
        _size(gain.detectable, unit),
        _size(gain.equivalent_within, unit),
    )


def _size(value: float | None, unit: str) -> str:
    """A standard deviation or a least difference, in the unit of differences."""
    if value is None or not math.isfinite(value):
        return "–"
    return decimal(value) if unit == "%" else decimal(value, 3)
