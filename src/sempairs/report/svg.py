"""From a matplotlib figure to SVG that lives in the page: text is text, colours are the page's, light or dark."""

import io
import re
from typing import Any

import matplotlib
import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sempairs.report.marks import COLOURS, Mark

# matplotlib wants real colours. These stand for the style sheet's variables and are replaced in the SVG text.
INK, FAINT = "#010101", "#020202"
_VARIABLES = {INK: "ink", FAINT: "rule"} | {f"#0300{number:02x}": f"arm-{number}" for number in range(COLOURS)}


def colour_of(mark: Mark) -> str:
    """What to draw an arm with."""
    return f"#0300{mark.number:02x}"


def marker_of(mark: Mark) -> dict[str, Any]:
    """How to draw an arm's sign. matplotlib stretches a polygon to its box, which is undone here."""
    stretch = max(abs(number) for corner in mark.corners for number in corner)
    return {
        "marker": np.array([*mark.corners, mark.corners[0]]),
        "markersize": 10 * stretch,
        "markeredgewidth": 0,
        "color": colour_of(mark),
    }


def new_figure(width: int, height: int) -> tuple[Figure, Axes]:
    """A figure with one bare pair of axes, in the page's colours.

    Parameters
    ----------
    width, height: in pixels of the page, at 72 to the inch.
    """
    figure = Figure(figsize=(width / 72, height / 72), layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(FAINT)
    axes.tick_params(colors=INK, labelsize=12, length=0)
    axes.set_axisbelow(True)
    return figure, axes


def to_svg(figure: Figure, name: str, title: str) -> Markup:
    """The figure as an `<svg>` element.

    Parameters
    ----------
    name: put before all ids in the figure, so that two figures in one page have none in common.
    title: what a person who does not see the figure is told.
    """
    buffer = io.StringIO()
    # The salt makes ids, and with them the bytes, the same every time; text stays text and takes the page's font.
    with matplotlib.rc_context({"svg.hashsalt": name, "svg.fonttype": "none"}):
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(buffer, format="svg", transparent=True, metadata=nothing)
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", text)
    for colour, variable in _VARIABLES.items():
        text = text.replace(colour, f"var(--{variable})")
    # A first child <title> and role="img" are how SVG carries an alternative text.
    opening = text.index(">") + 1
    head, body = text[len("<svg") : opening], text[opening:]
    return Markup('<svg role="img"{}<title>{}</title>{}').format(Markup(head), title, Markup(body))
