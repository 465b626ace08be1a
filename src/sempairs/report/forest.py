"""Forest plots: a row for each difference with its interval, and a diamond for what several rows are together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from sempairs.report.marks import Mark
from sempairs.report.names import shown
from sempairs.report.numbers import interval_in, measured_difference, points, tick
from sempairs.report.svg import FAINT, INK, colour_of, marker_of, new_figure, to_svg

WIDTH, ROW = 400, 24  # pixels: two panels stand side by side on a desk, and one fills a phone
Ends = tuple[float, float]


@dataclass(frozen=True)
class Row:
    """One row; a heading has a label alone.

    Parameters
    ----------
    mark: of the arm.
    difference: in the unit of the axis; None for what is not known.
    seeds: its 95% interval over seeds, drawn thick.
    items: that over test items, drawn thin below.
    pooled: whether it is a summary of other rows, drawn as a diamond as wide as the interval over seeds.
    """

    label: str
    mark: Mark | None = None
    difference: float | None = None
    seeds: Ends | None = None
    items: Ends | None = None
    pooled: bool = False


def forest(rows: Sequence[Row], limits: Ends, unit: str, name: str) -> Markup:
    """The rows from top to bottom. Panels that are compared by eye are given the same `limits` of the x axis."""
    figure, axes = new_figure(WIDTH, ROW * len(rows) + 56)
    axes.axvline(0, color=INK, linewidth=1)
    for place, row in enumerate(rows):
        if row.mark is not None and row.difference is not None:
            (_diamond if row.pooled and row.seeds else _line)(axes, row, place, row.mark, row.difference)
    axes.set_xlim(limits)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_yticks(range(len(rows)), [shown(row.label) for row in rows], parse_math=False)
    for text, row in zip(axes.get_yticklabels(), rows, strict=True):
        text.set_fontweight("bold" if row.mark is None else "normal")
    axes.grid(axis="x", color=FAINT, linewidth=0.8)
    axes.xaxis.set_major_locator(MaxNLocator(6 if max(map(abs, limits)) >= 0.1 else 4))  # long labels need room
    axes.xaxis.set_major_formatter(lambda value, _: tick(value))
    axes.set_xlabel(f"difference, {points(unit)}", color=INK, fontsize=12, parse_math=False)
    return to_svg(figure, name, f"Differences with 95% intervals over seeds. {'; '.join(_said(rows, unit))}.")


def _line(axes: Axes, row: Row, place: int, mark: Mark, difference: float) -> None:
    colour = colour_of(mark)
    if row.items is not None:
        axes.plot(row.items, [place + 0.24] * 2, color=colour, linewidth=1.2)
    if row.seeds is not None:
        axes.plot(row.seeds, [place] * 2, color=colour, linewidth=3.2, solid_capstyle="round")
    axes.plot([difference], [place], **{**marker_of(mark), "linestyle": ""})


def _diamond(axes: Axes, row: Row, place: int, mark: Mark, difference: float) -> None:
    low, high = row.seeds or (difference, difference)
    corners = [low, difference, high, difference], [place, place - 0.3, place, place + 0.3]
    axes.fill(*corners, color=colour_of(mark), linewidth=1)


def _said(rows: Sequence[Row], unit: str) -> list[str]:
    """The same in words."""
    return [
        f"{row.label}: {measured_difference(row.difference, unit)} {interval_in(row.seeds, unit)}"
        for row in rows
        if row.difference is not None
    ]


def limits_of(rows: Iterable[Row]) -> Ends:
    """An x axis that holds zero, all differences and their intervals.

    An interval over few seeds can be so wide that nothing else would be seen: it is cut off where it is more than
    three times as wide as the differences lie apart.
    """
    known = [row for row in rows if row.difference is not None]
    middles = [0.0, *(row.difference or 0.0 for row in known)]
    ends = [*middles, *(end for row in known for both in (row.seeds, row.items) for end in both or ())]
    apart = max(middles) - min(middles)
    low, high = max(min(ends), min(middles) - 3 * apart), min(max(ends), max(middles) + 3 * apart)
    room = 0.04 * (high - low) or 1.0
    return low - room, high + room
