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
    for ground in (figure.patch, axes.patch):
        ground.set_visible(False)
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
    text = _slim(buffer.getvalue(), name)
    # A first child <title> and role="img" are how SVG carries an alternative text.
    opening = text.index(">") + 1
    head, body = text[len("<svg") : opening], text[opening:]
    return Markup('<svg role="img"{}<title>{}</title>{}').format(Markup(head), title, Markup(body))


def _slim(text: str, name: str) -> str:
    """The picture in the page's colours and a third of the bytes, for a page may hold a hundred; its text as it is."""
    text = re.sub(r"<!--.*?-->", "", text[text.index("<svg") :], flags=re.DOTALL)
    used = dict.fromkeys(re.findall(r"(?:href=\"#|url\(#)([^\")]+)", text))
    ids = {old: f"{name}-{number}" for number, old in enumerate(used)}
    text = re.sub(r"<[^>]+>", lambda tag: _slim_tag(tag[0], ids), text)
    return _without_bare_groups(re.sub(r"(?<=>)\s*\n\s*(?=<)", "", text))


def _slim_tag(tag: str, ids: dict[str, str]) -> str:
    """Without fonts (the page has its own), turns by nothing, ids that nothing refers to and hundredths of a pixel."""
    tag = re.sub(r" font-family: [^;\"]*;| transform=\"rotate\(-?0 [^)]*\)\"", "", tag)
    tag = re.sub(r" id=\"([^\"]+)\"", lambda found: f' id="{ids[found[1]]}"' if found[1] in ids else "", tag)
    tag = re.sub(r"(href=\"#|url\(#)([^\")]+)", lambda found: found[1] + ids[found[2]], tag)
    for colour, variable in _VARIABLES.items():
        tag = tag.replace(colour, f"var(--{variable})")
    tag = re.sub(r"(?<=[:;]) ", "", tag.replace(" \n", "").replace("\n", ""))
    return re.sub(r"(\.\d\d)\d+", r"\1", tag)


def _without_bare_groups(text: str) -> str:
    """Without the groups that say nothing."""
    kept: list[str] = []
    says: list[bool] = []
    for part in re.split(r"(<g\b[^>]*/>|<g\b[^>]*>|</g>)", text):
        if part == "</g>":
            if says.pop():
                kept.append(part)
        elif part.startswith("<g") and part[2:3] in " >/":
            if part.endswith("/>"):
                continue
            says.append(part != "<g>")
            if says[-1]:
                kept.append(part)
        else:
            kept.append(part)
    return "".join(kept)
