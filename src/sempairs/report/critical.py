"""The critical-difference diagram: average ranks over data sets, and bars over arms that cannot be told apart.

**Source**: Demsar, Statistical comparisons of classifiers over multiple data sets, JMLR 7, 2006, figure 1.
"""

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from sempairs.report.marks import Mark
from sempairs.report.names import shown
from sempairs.report.numbers import decimal
from sempairs.report.svg import INK, colour_of, marker_of, new_figure, to_svg

WIDTH, LINE, ASIDE = 560, 26, 150  # pixels: of the diagram, of a name, of the names on either side


def critical_difference(
    names: Sequence[str], ranks: Sequence[float], least: float, cliques: Sequence[Sequence[str]],
    marks: Mapping[str, Mark], name: str,
) -> Markup:  # fmt: skip
    """The diagram; the best arm, with the lowest rank, stands left.

    Parameters
    ----------
    ranks: the average rank of each name.
    least: the critical difference: ranks closer than this are not told apart.
    cliques: sets of names that are not told apart.
    """
    order = sorted(zip(ranks, names, strict=True))
    half = -(-len(order) // 2)
    first_name = 62 + 10 * len(cliques)
    height = first_name + LINE * half
    figure, axes = new_figure(WIDTH, height)
    axes.set_axis_off()
    axes.set_xlim(0, WIDTH)
    axes.set_ylim(height, 0)
    scale = (WIDTH - 2 * ASIDE) / max(len(order) - 1, 1)

    def x(rank: float) -> float:
        return ASIDE + (rank - 1) * scale

    axes.plot([x(1.0), x(float(len(order)))], [44, 44], color=INK, linewidth=1.2)
    for tick in range(1, len(order) + 1):
        axes.plot([x(float(tick))] * 2, [40, 44], color=INK, linewidth=1.2)
        axes.text(x(float(tick)), 36, str(tick), ha="center", va="bottom", color=INK, fontsize=11)
    ruler = [x(1.0), min(x(1.0) + least * scale, WIDTH - 4)]
    axes.plot(ruler, [12, 12], color=INK, linewidth=1.2, marker="|", markersize=6)
    axes.text(ruler[-1] + 6, 12, f"critical difference {decimal(least, 2)}", va="center", color=INK, fontsize=11)
    for place, (rank, arm) in enumerate(order):
        is_left = place < half
        y = first_name + LINE * (place if is_left else len(order) - 1 - place)
        edge = ASIDE - 12 if is_left else WIDTH - ASIDE + 12
        axes.plot([x(rank), x(rank), edge], [44, y, y], color=colour_of(marks[arm]), linewidth=1.2)
        axes.plot([x(rank)], [44], **{**marker_of(marks[arm]), "markersize": 7, "linestyle": ""})
        text = f"{shown(arm, 20)}  {decimal(rank, 2)}" if is_left else f"{decimal(rank, 2)}  {shown(arm, 20)}"
        side = "right" if is_left else "left"
        at = edge - 4 if is_left else edge + 4
        axes.text(at, y, text, ha=side, va="center", color=INK, fontsize=12, parse_math=False)
    of = {arm: rank for rank, arm in order}
    for level, clique in enumerate(cliques):
        ends = [of[arm] for arm in clique]
        axes.plot(
            [x(min(ends)) - 4, x(max(ends)) + 4], [53 + 9 * level] * 2, color=INK, linewidth=4, solid_capstyle="round"
        )
    said = ", ".join(f"{arm} {decimal(rank, 2)}" for rank, arm in order)
    alike = "; ".join(" and ".join(clique) for clique in cliques)
    told = f"Not told apart: {alike}." if cliques else "All are told apart."
    return to_svg(figure, name, f"Average ranks: {said}. Critical difference {decimal(least, 2)}. {told}")
