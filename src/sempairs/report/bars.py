"""Numbers that describe and do not judge, such as invariances: for each a sign and an interval by arm."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup
from matplotlib.ticker import MaxNLocator

from sempairs.report.marks import Mark
from sempairs.report.names import shown
from sempairs.report.numbers import measured
from sempairs.report.svg import FAINT, INK, colour_of, marker_of, new_figure, to_svg

WIDTH, STEP, GAP = 400, 9, 9  # pixels: of a figure, of an arm, between two names


@dataclass(frozen=True)
class Bar:
    """What one arm has, with the 95% interval over seeds."""

    arm: str
    value: float
    seeds: tuple[float, float] | None


def bars(rows: Mapping[str, Sequence[Bar]], marks: Mapping[str, Mark], unit: str, name: str) -> Markup:
    """A group of bars for each name, in it one for each arm, from zero to the value; a line is the interval."""
    arms = list(dict.fromkeys(bar.arm for own in rows.values() for bar in own))
    high = STEP * len(arms) + GAP
    figure, axes = new_figure(WIDTH, high * len(rows) + 56)
    for group, own in enumerate(rows.values()):
        for bar in own:
            y, colour = group * high + STEP * (arms.index(bar.arm) + 0.5), colour_of(marks[bar.arm])
            axes.barh(y, bar.value, 0.8 * STEP, color=colour, alpha=0.3, linewidth=0)
            if bar.seeds is not None:
                axes.plot(bar.seeds, [y, y], color=colour, linewidth=1.6)
            axes.plot([bar.value], [y], **{**marker_of(marks[bar.arm]), "linestyle": "", "markersize": 5})
    axes.axvline(0, color=INK, linewidth=1)
    axes.set_ylim(high * len(rows), -GAP)
    middles = [group * high + STEP * len(arms) / 2 for group in range(len(rows))]
    axes.set_yticks(middles, [shown(row) for row in rows], parse_math=False)
    axes.grid(axis="x", color=FAINT, linewidth=0.8)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.set_xlabel(unit, color=INK, fontsize=12, parse_math=False)
    said = "; ".join(
        f"{row}: " + ", ".join(f"{bar.arm} {measured(bar.value, unit)}" for bar in own) for row, own in rows.items()
    )
    return to_svg(figure, name, f"Values by arm. {said}.")
