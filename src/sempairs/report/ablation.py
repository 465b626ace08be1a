"""How a gain changes with a factor of the study: one small panel for each method, all to one scale."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup
from matplotlib.ticker import MaxNLocator

from sempairs.report.marks import Mark
from sempairs.report.names import shown
from sempairs.report.numbers import interval_in, measured_difference, points, tick
from sempairs.report.svg import FAINT, INK, colour_of, marker_of, new_figure, to_svg

WIDTH, HEIGHT, ROOM = 280, 220, 13  # a panel in pixels, and how many letters of a level's name stand side by side
Ends = tuple[float, float]


@dataclass(frozen=True)
class Point:
    """The gain of an arm at one level.

    Parameters
    ----------
    place: of the level on the x axis.
    """

    place: float
    difference: float
    seeds: Ends | None


@dataclass(frozen=True)
class Line:
    """One arm over the levels of a factor, in the order of the levels."""

    arm: str
    mark: Mark
    points: tuple[Point, ...]


def panel(lines: Sequence[Line], levels: Sequence[tuple[float, str]], limits: Ends, unit: str, name: str) -> Markup:
    """Gains with intervals over seeds against the levels of a factor.

    Parameters
    ----------
    levels: the place of each on the x axis, and its name.
    limits: of the y axis, the same for the panels that are compared by eye.
    """
    figure, axes = new_figure(WIDTH, HEIGHT)
    axes.axhline(0, color=INK, linewidth=1)
    step = min((after - before for (before, _), (after, _) in itertools.pairwise(levels)), default=1.0)
    for number, line in enumerate(lines):
        aside = 0.09 * step * (number - (len(lines) - 1) / 2)  # so that intervals do not hide one another
        x, colour = [point.place + aside for point in line.points], colour_of(line.mark)
        for at, point in zip(x, line.points, strict=True):
            if point.seeds is not None:
                axes.plot([at] * 2, point.seeds, color=colour, linewidth=1.6)
        style = {"linewidth": 1.6, "linestyle": (0, line.mark.dash) if line.mark.dash else "-"}
        axes.plot(x, [point.difference for point in line.points], **{**marker_of(line.mark), **style, "markersize": 7})
    axes.set_ylim(limits)
    axes.set_xlim(levels[0][0] - 0.4 * step, levels[-1][0] + 0.4 * step)
    axes.set_xticks([place for place, _ in levels], _side_by_side([text for _, text in levels]), parse_math=False)
    axes.tick_params(axis="x", labelsize=10)
    axes.grid(axis="y", color=FAINT, linewidth=0.8)
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_formatter(lambda value, _: tick(value))
    axes.set_ylabel(points(unit), color=INK, fontsize=11, parse_math=False)
    names = dict(levels)
    said = "; ".join(
        f"{line.arm}, {names[point.place]}: {measured_difference(point.difference, unit)} "
        f"{interval_in(point.seeds, unit)}"
        for line in lines
        for point in line.points
    )
    return to_svg(figure, name, f"Gains by level with 95% intervals over seeds. {said}.")


def _side_by_side(names: Sequence[str]) -> list[str]:
    """Names that would run into one another stand on two lines in turn."""
    whole = [shown(name, 2 * ROOM) for name in names]
    if max(map(len, whole)) * len(whole) <= 3 * ROOM:
        return whole
    return [f"\n{name}" if place % 2 else name for place, name in enumerate(whole)]


def limits_of(lines: Iterable[Line]) -> Ends:
    """A y axis that holds zero, the points, and of their intervals as much as leaves the points apart."""
    all_points = [point for line in lines for point in line.points]
    middles = [0.0, *(point.difference for point in all_points)]
    ends = [*middles, *(end for point in all_points for end in point.seeds or ())]
    apart = max(middles) - min(middles) or max(ends) - min(ends)
    low, high = max(min(ends), min(middles) - apart), min(max(ends), max(middles) + apart)
    room = 0.06 * (high - low) or 1.0
    return low - room, high + room
