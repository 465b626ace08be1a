"""Figures of trainings and pairs: loss curves, and the similarities of mined pairs."""

from collections.abc import Mapping, Sequence

import numpy as np
from markupsafe import Markup
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from sempairs.report.marks import Mark
from sempairs.report.svg import FAINT, INK, colour_of, marker_of, new_figure, to_svg
from sempairs.study.records import RunRecord

WIDTH = 400  # two panels stand side by side on a desk, and one fills a phone
SMALL, POINTS = 280, 30  # of a panel of curves: its width in pixels, and how many points of each curve it draws


def curves(runs: Sequence[RunRecord], marks: Mapping[str, Mark], name: str, seeds: bool = True) -> Markup:
    """The loss of runs under one condition against the pairs seen: for each arm the mean over its seeds.

    Parameters
    ----------
    seeds: whether each seed has a thin line of its own.
    """
    figure, axes = new_figure(SMALL, 220)
    for arm in dict.fromkeys(run.cell.arm for run in runs):
        own = [dict(run.curve) for run in runs if run.cell.arm == arm]
        colour, mark = colour_of(marks[arm]), marks[arm]
        seen = _thinned(sorted(set.intersection(*(set(curve) for curve in own))))
        for curve in own if seeds else ():
            axes.plot(seen, [curve[place] for place in seen], color=colour, linewidth=0.6, alpha=0.5)
        mean = [float(np.mean([curve[place] for curve in own])) for place in seen]
        style = {"linewidth": 1.8, "linestyle": (0, mark.dash) if mark.dash else "-", "markersize": 6}
        axes.plot(seen, mean, markevery=max(1, len(seen) // 5), **{**marker_of(mark), **style})
    axes.grid(axis="y", color=FAINT, linewidth=0.8)
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.xaxis.set_major_locator(MaxNLocator(3, integer=True))
    axes.set_xlabel("pairs seen", color=INK, fontsize=11)
    axes.set_ylabel("loss", color=INK, fontsize=11)
    last = "; ".join(f"{run.cell.arm} seed {run.cell.seed}: {run.curve[-1][1]:.2f}" for run in runs if run.curve)
    return to_svg(figure, name, f"Training loss against pairs seen. The last values are: {last}.")


def _thinned(places: Sequence[int]) -> list[int]:
    """At most so many places, the first and the last among them."""
    chosen = np.unique(np.linspace(0, len(places) - 1, min(len(places), POINTS)).round().astype(int)) if places else ()
    return [places[index] for index in chosen]


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
