"""docs/forest.png: the gain of each method on transfer by both protocols, contrastive methods apart from the others.

Below them all methods together on each data set: a mean over data sets hides gains and losses that cancel.
"""

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from sempairs.report.numbers import counted, interval, signed, tick
from sempairs.study.claims import Effect, Evidence
from sempairs.study.claims.gains import ARM
from sempairs.study.claims.scores import PROTOCOLS, TRANSFER, TRANSFER_DATA

INK, FAINT, PAPER = "#1f2328", "#d8dee4", "white"
COLOURS = {"contrastive": "#0067a8", "non-contrastive": "#b34b00", "": "#1f2328"}
"""Blue and orange, which people who see no red or no green tell apart; the marks differ as well."""
MARKS = {"contrastive": "o", "non-contrastive": "s"}
WIDTH, ROW, DPI = 9.0, 0.3, 150  # inches at 100 to the page's 900 pixels
SEEN, BY_DATA = "garments", "by data set"
NAMES = {"new-garments": "other garments", SEEN: "garments of the training"}
TITLES = {"linear": "linear probe", "5-shot": "few-shot, 5 shots"}

Rows = list[tuple[str, Effect | None, bool]]
"""Label, gain (None for a heading), and whether it is of several methods."""


def rows_of(main: Evidence, protocol: str) -> Rows:
    """The methods of each family below its heading, with the family together, then all methods, also by data set."""
    effects = main.by_method(ARM, TRANSFER, protocol)
    rows: Rows = []
    for family in MARKS:
        own = [(effect.of, effect, False) for effect in effects if effect.family == family]
        together = main.pooled(ARM, TRANSFER, protocol, pool=family)
        rows += [(family, None, False), *own] if own else []
        rows += [("together", together, True)] if len(own) > 1 and together else []
    every = main.pooled(ARM, TRANSFER, protocol)
    rows += [(every.of, every, True)] if every and len(effects) > 1 else []
    by_data = [(data, main.pooled(ARM, data, protocol), True) for data in (*TRANSFER_DATA, SEEN)]
    return [*rows, (BY_DATA, None, False), *by_data] if rows else rows


def draw(main: Evidence, path: Path) -> None:
    """Both protocols side by side, on one scale."""
    panels = {protocol: rows_of(main, protocol) for protocol in PROTOCOLS}
    height = ROW * max(map(len, panels.values())) + 1.05
    figure = Figure(figsize=(WIDTH, height), facecolor=PAPER, layout="constrained")
    figure.suptitle("Semantic minus augmented pairs: mean gain on three data sets that no training has seen",
                    fontsize=11.5, color=INK, x=0.01, ha="left")  # fmt: skip
    for place, (protocol, rows) in enumerate(panels.items()):
        axes = figure.add_subplot(1, len(panels), place + 1)
        _panel(axes, rows, TITLES[protocol], names=place == 0)
    ends = [end for rows in panels.values() for _, effect, _ in rows if effect for end in _ends(effect)]
    low, high = min([0.0, *ends]), max([0.0, *ends])
    room = 0.05 * (high - low) or 1.0
    for axes in figure.axes:
        axes.set_xlim(low - room, high + room)
    figure.savefig(path, dpi=DPI, metadata={"Software": None})


def _panel(axes: Axes, rows: Rows, title: str, names: bool) -> None:
    axes.set_facecolor(PAPER)
    axes.axvline(0, color=INK, linewidth=1)
    family = ""
    for y, (label, effect, several) in enumerate(rows):
        family = label if label in MARKS and effect is None else "" if label != "together" and several else family
        if effect is None or effect.difference is None:
            continue
        (low, high), colour = _ends(effect), COLOURS[family]
        if several:
            axes.fill([low, effect.difference, high, effect.difference], [y, y - 0.32, y, y + 0.32], color=colour)
        else:
            axes.plot([low, high], [y, y], color=colour, linewidth=2.4, solid_capstyle="round")
            axes.plot([effect.difference], [y], MARKS[family], color=colour, markersize=6.5)
        text = f"{signed(effect.difference)} {interval(effect.interval)}"
        axes.annotate(text, (1.02, y), xycoords=("axes fraction", "data"), fontsize=8.5, va="center", color=INK,
                      fontweight="bold" if several else "normal")  # fmt: skip
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_yticks(range(len(rows)), [NAMES.get(label, label) for label, *_ in rows] if names else [""] * len(rows))
    for row, one in zip(rows, axes.get_yticklabels(), strict=True):
        one.set_fontweight("bold" if row[1] is None or row[2] else "normal")
    axes.tick_params(length=0, labelsize=10, colors=INK)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(FAINT)
    axes.grid(axis="x", color=FAINT, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.xaxis.set_major_formatter(lambda value, _: tick(value))
    seeds = max((effect.n for _, effect, _ in rows if effect), default=0)
    axes.set_xlabel(f"points, 95% interval over {counted(seeds, 'seed')}", fontsize=9.5, color=INK)
    axes.set_title(title, fontsize=10.5, color=INK, loc="left", fontweight="bold")


def _ends(effect: Effect) -> tuple[float, float]:
    middle = effect.difference or 0.0
    return effect.interval or (middle, middle)
