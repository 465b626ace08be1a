"""The figures of an audit: purity against similarity, partners of the images, components of the graph."""

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup
from matplotlib.ticker import FuncFormatter, MaxNLocator, StrMethodFormatter

from sempairs.pairs.audit import SimilarityBin
from sempairs.report.figures import WIDTH
from sempairs.report.marks import marks_of
from sempairs.report.numbers import counted, percent
from sempairs.report.svg import FAINT, INK, colour_of, marker_of, new_figure, to_svg

MARKS = marks_of(("all", "right", "false"))
"""The signs of the page: all pairs (or images), right pairs, false ones."""
MOST_PARTNERS = 12
_PERCENT = FuncFormatter(lambda value, _: f"{value:g}%")


def purity_curve(bins: Sequence[SimilarityBin], mean: float, crossing: float | None, name: str) -> Markup:
    """Purity against similarity: a sign for each bin, lines for its reach in similarity and its interval."""
    figure, axes = new_figure(WIDTH, 200)
    colour = colour_of(MARKS["right"])
    for one in bins:
        share, middle = 100 * one.purity.share, (one.low + one.high) / 2
        axes.plot([one.low, one.high], [share] * 2, color=colour, linewidth=1.2)
        axes.plot([middle] * 2, [100 * end for end in one.purity.robust], color=colour, linewidth=2.6)
        axes.plot([middle], [share], **{**marker_of(MARKS["right"]), "markersize": 6})
    axes.axhline(100 * mean, color=INK, linewidth=1, linestyle=(0, (4, 3)))
    if crossing is not None:
        axes.axvline(crossing, color=INK, linewidth=1, linestyle=(0, (1, 2)))
    axes.grid(axis="y", color=FAINT, linewidth=0.8)
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_formatter(_PERCENT)
    axes.set_xlabel("similarity", color=INK, fontsize=12)
    axes.set_ylabel("purity", color=INK, fontsize=12)
    said = "; ".join(f"{one.low:.2f} to {one.high:.2f}: {percent(one.purity.share)}" for one in bins)
    return to_svg(figure, name, f"Purity by similarity with 95% intervals. {said}. All: {percent(mean)}.")


def partner_bars(partners: Sequence[int], name: str) -> Markup:
    """How many images have no partner, one, two, ...; the last bar gathers all that have more."""
    counts = list(partners[:MOST_PARTNERS])
    labels = [str(number) for number in range(len(counts))]
    if len(partners) > MOST_PARTNERS:
        counts.append(sum(partners[MOST_PARTNERS:]))
        labels.append(f"{MOST_PARTNERS}+")
    figure, axes = new_figure(WIDTH, 200)
    axes.bar(range(len(counts)), counts, width=0.78, color=colour_of(MARKS["all"]))
    axes.set_xticks(range(len(counts)), labels)
    axes.grid(axis="y", color=FAINT, linewidth=0.8)
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.set_xlabel("partners", color=INK, fontsize=12)
    axes.set_ylabel("images", color=INK, fontsize=12)
    said = "; ".join(f"{label}: {count:,}" for label, count in zip(labels, counts, strict=True))
    return to_svg(figure, name, f"Images by their number of partners. {said}.")


def component_bars(sizes: Sequence[tuple[int, int]], name: str) -> Markup:
    """Where the paired images are: in small components or in a few large ones. A bar is a doubling of sizes."""
    size, count = np.array(sizes).T
    number = np.ceil(np.log2(size)).astype(np.int64)  # 1, 2, 3-4, 5-8, 9-16, ...
    shown = np.unique(number)
    images = np.bincount(number, size * count)[shown]
    components = np.bincount(number, count)[shown].astype(np.int64).tolist()
    ends = [(int(own.min()), int(own.max())) for own in (size[number == place] for place in shown)]
    labels = [counted(low, "image") if low == high else f"{low:,}–{high:,} images" for low, high in ends]
    figure, axes = new_figure(WIDTH, 22 * len(shown) + 56)
    axes.barh(range(len(shown)), 100 * images / images.sum(), height=0.72, color=colour_of(MARKS["all"]))
    axes.set_yticks(range(len(shown)), labels)
    axes.set_ylim(len(shown) - 0.4, -0.6)
    axes.set_xlim(0, 118)
    axes.set_xticks(range(0, 101, 25))
    for row, (share, n) in enumerate(zip(images / images.sum(), components, strict=True)):
        axes.text(100 * share + 1.5, row, f"{n:,}", color=INK, fontsize=12, va="center")
    axes.grid(axis="x", color=FAINT, linewidth=0.8)
    axes.xaxis.set_major_formatter(_PERCENT)
    axes.set_xlabel("share of the paired images", color=INK, fontsize=12)
    said = "; ".join(
        f"{label}: {counted(n, 'component')} with {percent(share)} of the paired images"
        for label, n, share in zip(labels, components, images / images.sum(), strict=True)
    )
    return to_svg(figure, name, f"Connected components by size. {said}.")
