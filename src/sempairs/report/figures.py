"""The figures of a report: training curves, differences with their intervals, similarities of mined pairs."""

from collections.abc import Mapping, Sequence

import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from sempairs.report.contents import Training
from sempairs.report.marks import Mark
from sempairs.report.numbers import interval, points, signed
from sempairs.report.svg import FAINT, INK, colour_of, marker_of, new_figure, to_svg
from sempairs.study.compare import Line

WIDTH = 400  # two panels stand side by side on a desk, and one fills a phone
ROW = 25  # pixels for each line of the forest plot


def forest(lines: Sequence[Line], marks: Mapping[str, Mark], limits: tuple[float, float], name: str) -> Markup:
    """Differences from the baseline on one data set: a point, its thick interval over seeds, its thin one over items.

    Parameters
    ----------
    lines: of one method and data set, without the baseline's.
    limits: ends of the x axis, the same for the figures that are compared by eye.
    """
    figure, axes = new_figure(WIDTH, ROW * (len(lines) + len({line.metric for line in lines})) + 64)
    labels, place, metric = {}, 0, None
    for line in lines:
        if line.metric != metric:
            labels[place], metric = line.metric, line.metric
            place += 1
        _forest_row(axes, line, place, marks[line.arm])
        labels[place] = line.arm
        place += 1
    axes.axvline(0, color=INK, linewidth=1)
    axes.set_xlim(limits)
    axes.set_ylim(place - 0.4, -0.6)
    axes.set_yticks(list(labels), list(labels.values()), parse_math=False)
    metrics = {line.metric for line in lines}
    for tick, heading in zip(axes.get_yticklabels(), labels.values(), strict=True):
        tick.set_fontweight("bold" if heading in metrics else "normal")
    axes.grid(axis="x", color=FAINT, linewidth=0.8)
    _signed_axis(axes)
    axes.set_xlabel(f"difference, {points(lines[0].unit)}", color=INK, fontsize=12, parse_math=False)
    said = "; ".join(
        f"{line.metric}, {line.arm}: {signed(line.difference or 0.0)} {interval(line.difference_interval)}"
        for line in lines
    )
    return to_svg(figure, name, f"Differences from the baseline with intervals over seeds. {said}.")


def _forest_row(axes: Axes, line: Line, place: int, mark: Mark) -> None:
    """One difference: the thin interval over items lies a little under the thick one over seeds."""
    colour = colour_of(mark)
    if line.items_interval is not None:
        axes.plot(line.items_interval, [place + 0.22] * 2, color=colour, linewidth=1.2)
    if line.difference_interval is not None:
        axes.plot(line.difference_interval, [place] * 2, color=colour, linewidth=3.2, solid_capstyle="round")
    axes.plot([line.difference or 0.0], [place], **marker_of(mark))


def forest_limits(lines: Sequence[Line]) -> tuple[float, float]:
    """An x axis that holds zero, all differences and all their intervals."""
    ends = [0.0]
    for line in lines:
        ends += [line.difference or 0.0, *(line.difference_interval or ()), *(line.items_interval or ())]
    room = 0.04 * (max(ends) - min(ends)) or 1.0
    return min(ends) - room, max(ends) + room


def _signed_axis(axes: Axes) -> None:
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.xaxis.set_major_formatter(lambda value, _: signed(value, 0 if float(value).is_integer() else 1))


def curves(trainings: Sequence[Training], marks: Mapping[str, Mark], name: str) -> Markup:
    """The loss against the pairs seen: a thick line for the mean of each arm, a thin one for each seed."""
    figure, axes = new_figure(WIDTH + 40, 300)
    for arm in dict.fromkeys(run.arm for run in trainings):
        own = [run for run in trainings if run.arm == arm]
        colour, mark = colour_of(marks[arm]), marks[arm]
        for run in own:
            axes.plot(run.pairs_seen, run.losses, color=colour, linewidth=0.8, alpha=0.55)
        seen = sorted(set.intersection(*(set(run.pairs_seen) for run in own)))
        at = [dict(zip(run.pairs_seen, run.losses, strict=True)) for run in own]
        mean = [float(np.mean([losses[place] for losses in at])) for place in seen]
        every = max(1, len(seen) // 8)
        style = (0, mark.dash) if mark.dash else "-"
        axes.plot(seen, mean, color=colour, linewidth=2, linestyle=style)
        axes.plot(seen[::-every], mean[::-every], linestyle="", **marker_of(mark))
    axes.grid(axis="y", color=FAINT, linewidth=0.8)
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.set_xlabel("pairs seen", color=INK, fontsize=12)
    axes.set_ylabel("loss", color=INK, fontsize=12)
    last = "; ".join(f"{run.arm} seed {run.seed}: {run.losses[-1]:.2f}" for run in trainings if run.losses)
    return to_svg(figure, name, f"Training loss against pairs seen. The last values are: {last}.")


def histogram(edges: Sequence[float], layers: Sequence[tuple[Mark, Sequence[float | int]]], name: str) -> Markup:
    """How similar the two images of the pairs are, by the score they were chosen by.

    Parameters
    ----------
    layers: kinds of pairs with the counts of each, stacked from the axis upwards.
    """
    figure, axes = new_figure(WIDTH, 200)
    total = np.zeros(len(edges) - 1)
    for mark, counts in layers:
        axes.stairs(total + counts, edges, baseline=total, fill=True, color=colour_of(mark))
        total = total + counts
    axes.grid(axis="y", color=FAINT, linewidth=0.8)
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.set_xlabel("similarity", color=INK, fontsize=12)
    axes.set_ylabel("pairs", color=INK, fontsize=12)
    commonest = int(np.argmax(total))
    said = f"most pairs, {total[commonest]:,.0f}, between {edges[commonest]:.2f} and {edges[commonest + 1]:.2f}"
    title = f"Histogram of similarity from {edges[0]:.2f} to {edges[-1]:.2f}; {said}."
    return to_svg(figure, name, title)
