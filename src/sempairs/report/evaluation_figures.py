"""An evaluation's pictures drawn: those of several encoders in one figure if they can share it, else side by side."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator, NullLocator

from sempairs.evaluation.pictures import Bars, Boxes, Curves, Gallery, Map, Matrix, Picture
from sempairs.report.evaluation_images import boxes, gallery
from sempairs.report.marks import Mark, marks_of
from sempairs.report.names import shown
from sempairs.report.svg import FAINT, INK, colour_of, marker_of, new_figure, to_svg

WIDTH, ROW, LETTER, LEGEND = 400, 22, 7, 19  # pixels of the page
MOST_ROWS = 40  # of a matrix: beyond, names cannot be read and the page grows by megabytes
WRITTEN = 12  # up to so many columns a matrix has its numbers in it
STYLES = ("-", (0, (4, 1.5)), (0, (1.2, 1.2)), (0, (7, 1.5, 1.2, 1.5)))


@dataclass(frozen=True)
class Seen:
    """One encoder's picture, with the name and the sign of the encoder."""

    encoder: str
    mark: Mark
    picture: Picture


@dataclass(frozen=True)
class Drawn:
    """One figure of the page.

    Parameters
    ----------
    whose: the encoder, where the figure shows one alone; else "".
    wide: whether it wants the width of the page.
    """

    title: str
    about: str
    whose: str
    body: Markup
    wide: bool = False


def draw(group: Sequence[Seen], name: str) -> list[Drawn]:
    """The figures of pictures that have one title and kind.

    Parameters
    ----------
    name: put before all ids in the figures, so that two figures in one page have none in common.
    """
    first = group[0].picture
    title = first.title
    if title[1:2].isalpha():  # "k-NN" stays
        title = title[:1].upper() + title[1:]
    if isinstance(first, Curves | Bars):
        together = _curves if isinstance(first, Curves) else _bars
        return [Drawn(title, first.about, "", together(group, name))]
    alone = ALONE[type(first)]
    several, wide = len(group) > 1, isinstance(first, Gallery | Boxes)
    return [
        Drawn(title, one.picture.about, one.encoder if several else "", alone(one, f"{name}-{place}"), wide)
        for place, one in enumerate(group)
    ]


def _curves(group: Sequence[Seen], name: str) -> Markup:
    """A colour for each encoder, a way of dashing for each line of a picture."""
    lines = sum(len(one.picture.lines) for one in group if isinstance(one.picture, Curves))
    figure, axes = new_figure(WIDTH, 270 + (LEGEND * lines if lines > 1 else 0))
    said = []
    for one in group:
        assert isinstance(one.picture, Curves)
        for place, line in enumerate(one.picture.lines):
            values, x = one.picture.values[place], one.picture.x
            colour = colour_of(one.mark)
            axes.fill_between(
                x, one.picture.lows[place], one.picture.highs[place], color=colour, alpha=0.16, linewidth=0
            )
            style = {**marker_of(one.mark), "markersize": 5, "linewidth": 1.8, "linestyle": STYLES[place % len(STYLES)]}
            label = shown(line if len(group) == 1 else f"{one.encoder}: {line}")
            axes.plot(x, values, **style, label=label)
            said.append(f"{label}: {values[0]:.4g} to {values[-1]:.4g}")
    first = group[0].picture
    assert isinstance(first, Curves)
    if first.logarithmic:
        axes.set_xscale("log")
        axes.xaxis.set_minor_locator(NullLocator())
        if len(first.x) <= 8:
            axes.set_xticks(first.x, [f"{x:g}" for x in first.x])
    axes.grid(axis="y", color=FAINT, linewidth=0.8)
    _labels(axes, first.x_axis, first.y_axis)
    if lines > 1:
        figure.legend(loc="outside lower left", frameon=False, fontsize=11, labelcolor=INK)
    return to_svg(figure, name, f"{first.y_axis} against {first.x_axis}. {'; '.join(said)}.")


def _bars(group: Sequence[Seen], name: str) -> Markup:
    """A row for each name, in it a dot with its interval for each encoder."""
    first = group[0].picture
    assert isinstance(first, Bars)
    rows = list(dict.fromkeys(row for one in group if isinstance(one.picture, Bars) for row in one.picture.names))
    figure, axes = new_figure(WIDTH, int(ROW * len(rows) * (1 + 0.35 * (len(group) - 1))) + 64)
    said = []
    for place, one in enumerate(group):
        assert isinstance(one.picture, Bars)
        y = np.array([rows.index(row) for row in one.picture.names]) + 0.3 * (place - (len(group) - 1) / 2)
        axes.hlines(y, one.picture.lows, one.picture.highs, color=colour_of(one.mark), linewidth=2.2)
        axes.plot(one.picture.values, y, linestyle="", **{**marker_of(one.mark), "markersize": 7})
        said += [f"{one.encoder}, {n}: {v:.4g}" for n, v in zip(one.picture.names, one.picture.values, strict=True)]
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_yticks(range(len(rows)), [shown(row) for row in rows], parse_math=False)
    axes.grid(axis="x", color=FAINT, linewidth=0.8)
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.set_xlabel(first.axis, color=INK, fontsize=12, parse_math=False)
    return to_svg(figure, name, f"{first.axis}. {'; '.join(said)}.")


def _matrix(one: Seen, name: str) -> Markup:
    """A table of shades; large ones show the rows and columns in which most is."""
    picture = one.picture
    assert isinstance(picture, Matrix)
    values, rows, columns = _largest(picture)
    cell = max(14, min(34, 520 // max(len(columns), 1)))
    below, left = (60 + LETTER * min(max(map(len, names)), 32) for names in (columns, rows))
    figure, axes = new_figure(left + cell * len(columns), below + cell * len(rows))
    scale = max(picture.high - picture.low, 1e-12)
    for y, x in zip(*np.nonzero(np.isfinite(values)), strict=True):
        strength = float(np.clip((values[y, x] - picture.low) / scale, 0, 1))
        if strength > 0.004:
            alpha = 0.08 + 0.82 * strength
            square = Rectangle((x - 0.5, y - 0.5), 1, 1, facecolor=colour_of(one.mark), alpha=alpha, linewidth=0)
            axes.add_patch(square)
        if len(columns) <= WRITTEN and (strength > 0.004 or picture.unit != "%"):  # an empty cell is 0%
            text = f"{values[y, x]:.0f}" if picture.unit == "%" else f"{values[y, x]:.2f}"
            axes.text(x, y, text, ha="center", va="center", color=INK, fontsize=9)
    axes.set_xlim(-0.5, len(columns) - 0.5)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xticks(range(len(columns)), [shown(c, 32) for c in columns], rotation=90, parse_math=False)
    axes.set_yticks(range(len(rows)), [shown(r, 32) for r in rows], parse_math=False)
    axes.tick_params(labelsize=10)
    _labels(axes, picture.column_axis, picture.row_axis)
    best = [
        f"{r}: most in {columns[int(np.nanargmax(v))]}"
        for r, v in zip(rows, values, strict=True)
        if np.isfinite(v).any()
    ]
    return to_svg(figure, name, f"{picture.title}. {'; '.join(best[:WRITTEN])}.")


def _largest(picture: Matrix) -> tuple[Float[np.ndarray, "r c"], list[str], list[str]]:
    """The matrix, or of a large one the rows whose off-diagonal part is the largest, and the same columns."""
    values, rows, columns = picture.values, list(picture.rows), list(picture.columns)
    if len(rows) <= MOST_ROWS:
        return values, rows, columns
    off = np.nan_to_num(values).sum(axis=1) - (np.nan_to_num(np.diag(values)) if rows == columns else 0)
    kept = np.sort(np.argsort(-off, kind="stable")[:MOST_ROWS])
    if rows != columns:
        return values[kept], [rows[row] for row in kept], columns
    return values[np.ix_(kept, kept)], [rows[row] for row in kept], [columns[row] for row in kept]


def _map(one: Seen, name: str) -> Markup:
    """Points with the colour and sign of their class, and its name at their median: colours come again after eight."""
    picture = one.picture
    assert isinstance(picture, Map)
    figure, axes = new_figure(WIDTH, 380)
    marks = marks_of(map(str, range(len(picture.names))))
    for number, class_name in enumerate(picture.names):
        own = picture.points[picture.classes == number]
        if len(own):
            style = {**marker_of(marks[str(number)]), "markersize": 2.6, "alpha": 0.55}
            axes.plot(own[:, 0], own[:, 1], linestyle="", **style)
            x, y = np.median(own, axis=0)
            style = {"ha": "center", "va": "center", "fontsize": 10, "fontweight": "bold", "color": INK}
            # Out of the layout, which would make room for the longest name on both sides of the map.
            axes.text(x, y, shown(class_name, 18), **style, parse_math=False).set_in_layout(False)
    axes.set_axis_off()
    return to_svg(figure, name, f"{picture.title}: {len(picture.points):,} images of {len(picture.names)} classes.")


def _gallery(one: Seen, name: str) -> Markup:
    assert isinstance(one.picture, Gallery)
    return gallery(one.picture)


def _boxes(one: Seen, name: str) -> Markup:
    assert isinstance(one.picture, Boxes)
    return boxes(one.picture)


def _labels(axes: Axes, x: str, y: str) -> None:
    axes.set_xlabel(x, color=INK, fontsize=12, parse_math=False)
    axes.set_ylabel(y, color=INK, fontsize=12, parse_math=False)


ALONE: dict[type[Picture], Callable[[Seen, str], Markup]] = {
    Matrix: _matrix, Map: _map, Gallery: _gallery, Boxes: _boxes,
}  # fmt: skip
