"""Figures: their marks stand where the numbers say, and their colours are the page's."""

import re
import xml.etree.ElementTree as ET

import pytest

from made_known import known_contents, known_records
from sempairs.report import ablation
from sempairs.report.bars import Bar, bars
from sempairs.report.contents import Contents
from sempairs.report.critical import critical_difference
from sempairs.report.figures import POINTS, curves
from sempairs.report.forest import Row, forest, limits_of
from sempairs.report.gain_figures import by_method, overviews
from sempairs.report.marks import COLOURS, SHAPES, marks_of

SVG = "{http://www.w3.org/2000/svg}"
MARKS = marks_of(["augmented", "semantic", "mined", "random"])


def paths(svg: str, colour: str, width: str = "") -> list[list[tuple[float, float]]]:
    """The corners of every path in a colour, and of a width if one is given, from top to bottom of the file."""
    found = []
    for path in ET.fromstring(svg).iter(f"{SVG}path"):
        style = path.get("style", "")
        if f"var(--{colour})" in style and (not width or f"stroke-width:{width}" in style):
            numbers = list(map(float, re.findall(r"-?[\d.]+", path.get("d", ""))))
            found.append(list(zip(numbers[::2], numbers[1::2], strict=True)))
    return found


def ends(corners: list[tuple[float, float]]) -> tuple[float, float]:
    """How far a path reaches on the x axis."""
    return min(x for x, _ in corners), max(x for x, _ in corners)


def test_forest_intervals_stand_to_scale(contents: Contents) -> None:
    (block,) = overviews(contents.gains, MARKS)
    svg = block.figures[0].body
    seeds, items = paths(svg, "arm-1", "3.2"), paths(svg, "arm-1", "1.2")
    assert len(seeds) == len(items) == 2, "one line for each of two metrics"
    # Semantic on garments: 4 ± 2.48414 over seeds (t = 4.3027, standard error 1 / sqrt(3)), 4 ± 0.7 over items.
    (low, high), (narrow_low, narrow_high) = ends(seeds[0]), ends(items[0])
    scale = (high - low) / (2 * 2.48414)
    assert narrow_high - narrow_low == pytest.approx(1.4 * scale, rel=2e-3)
    # Mined: mean -0.5, so its centre is 4.5 points to the left.
    mined_low, mined_high = ends(paths(svg, "arm-2", "3.2")[0])
    assert (low + high) / 2 - (mined_low + mined_high) / 2 == pytest.approx(4.5 * scale, rel=1e-3)


def test_a_pooled_gain_is_a_diamond_as_wide_as_its_interval() -> None:
    rows = [Row("one", MARKS["semantic"], 1.0, (0.0, 2.0)), Row("all", MARKS["semantic"], 1.0, (0.0, 2.0), pooled=True)]
    svg = forest(rows, (-1.0, 3.0), "%", "d")
    (line,) = paths(svg, "arm-1", "3.2")
    (diamond,) = [path for path in paths(svg, "arm-1") if len(path) == 4]
    assert ends(diamond) == pytest.approx(ends(line), abs=0.02)


def test_methods_stand_in_their_family_and_families_have_their_summary() -> None:
    contents = known_contents(
        known_records(("knn",), methods=("byol", "simclr", "moco-v2", "simsiam"), data=("garments",))
    )
    (block,) = by_method(contents.gains, MARKS)
    assert [figure.title for figure in block.figures] == ["semantic", "mined", "random"]
    labels = [text.text for text in ET.fromstring(block.figures[0].body).iter(f"{SVG}text")]
    first = labels.index("contrastive")
    assert labels[first : first + 9] == [
        "contrastive", "simclr", "moco-v2", "2 methods together",
        "non-contrastive", "byol", "simsiam", "2 methods together", "all 4 methods",
    ]  # fmt: skip


def test_limits_hold_zero_and_cut_intervals_that_would_hide_the_rest() -> None:
    rows = [Row("a", MARKS["semantic"], 1.0, (0.5, 1.5)), Row("b", MARKS["mined"], 2.0, (-40.0, 44.0)), Row("heading")]
    low, high = limits_of(rows)
    assert low < 0 < 2 < high
    assert (low, high) == pytest.approx((-6.56, 8.56))  # 3 x 2 to either side of 0 and 2, and 4% of 14
    assert limits_of([]) == (-1.0, 1.0)


def test_ablation_points_stand_at_their_levels() -> None:
    points = tuple(ablation.Point(place, gain, (gain - 1, gain + 1)) for place, gain in ((0.0, 1.0), (0.5, 3.0)))
    lines = [ablation.Line("semantic", MARKS["semantic"], points)]
    svg = ablation.panel(lines, [(0.0, "0%"), (0.2, "20%"), (0.5, "50%")], ablation.limits_of(lines), "%", "a")
    uprights = [path for path in paths(svg, "arm-1", "1.6") if len(path) == 2 and path[0][0] == path[1][0]]
    assert len(uprights) == 2
    (line,) = [path for path in paths(svg, "arm-1", "1.6") if path not in uprights]
    lengths = [abs(path[1][1] - path[0][1]) for path in uprights]
    assert lengths[0] == pytest.approx(lengths[1], abs=0.03), "both intervals are 2 points long"
    assert line[0][1] - line[1][1] == pytest.approx(lengths[0], abs=0.03), "3 is 2 points above 1"
    assert "50%: +3.0 [+2.0, +4.0]" in svg


def test_bars_begin_at_zero_and_end_at_the_value() -> None:
    rows = {"rotation": [Bar("semantic", 0.8, (0.7, 0.9)), Bar("mined", 0.4, None)]}
    svg = bars(rows, MARKS, "cosine", "b")
    (bar,) = [path for path in paths(svg, "arm-1") if len(path) >= 4]
    (shorter,) = [path for path in paths(svg, "arm-2") if len(path) >= 4]
    (zero, end), (interval_low, interval_high) = ends(bar), ends(paths(svg, "arm-1", "1.6")[0])
    assert ends(shorter)[1] - zero == pytest.approx((end - zero) / 2, abs=0.03)
    assert (interval_high - interval_low) == pytest.approx((end - zero) / 4, abs=0.03)


def test_the_diagram_of_ranks_has_a_bar_for_each_clique_and_a_ruler_of_the_critical_difference() -> None:
    names = ["semantic", "mined", "augmented", "random"]
    svg = critical_difference(names, [1.0, 2.5, 3.0, 3.5], 1.5, [names[:2], names[1:]], MARKS, "c")
    one, two = (ends(path) for path in paths(svg, "ink", "4"))
    (ruler,) = [path for path in paths(svg, "ink", "1.2") if path[0][1] < 20]
    unit = (ends(ruler)[1] - ends(ruler)[0]) / 1.5
    assert one[1] - one[0] == pytest.approx(1.5 * unit + 8, abs=0.1)  # from rank 1 to 2.5, four pixels to either side
    assert two[1] - two[0] == pytest.approx(1.0 * unit + 8, abs=0.1)
    assert "Not told apart: semantic and mined; mined and augmented and random." in svg


def test_curves_draw_each_seed_and_the_mean_at_few_points(contents: Contents) -> None:
    svg = curves(contents.records.runs, MARKS, "c")
    for arm in range(4):
        assert len(paths(svg, f"arm-{arm}", "0.6")) == 3, "three seeds"
        (mean,) = paths(svg, f"arm-{arm}", "1.8")
        assert len(mean) <= POINTS
    assert not paths(curves(contents.records.runs, MARKS, "c", seeds=False), "arm-0", "0.6")


def test_figures_take_their_colours_from_the_page_and_share_no_id(contents: Contents) -> None:
    rows = [Row("a", MARKS["semantic"], 1.0, (0.5, 1.5))]
    one, two = (forest(rows, (-1.0, 2.0), "%", name) for name in ("one", "two"))
    assert set(re.findall(r"#[0-9a-f]{6}\b", one)) <= {"#000000", "#ffffff"}
    ids = [set(re.findall(r'\bid="([^"]+)"', svg)) for svg in (one, two)]
    assert ids[0]
    assert not ids[0] & ids[1]
    used = set(re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', one))
    assert {a or b for a, b in used} <= ids[0], "every reference stays in its figure"


@pytest.mark.parametrize("name", [r"<script>$x_1$&\1", "1.23456", "font-family: x;", 'id="i0"'])
def test_text_in_a_figure_stays_as_it_is(name: str) -> None:
    svg = forest([Row(name, MARKS["mined"], 1.0)], (-1.0, 2.0), "%", "f")
    assert "<script" not in svg
    assert any(text.text == name for text in ET.fromstring(svg).iter(f"{SVG}text"))


def test_arms_have_signs_of_their_own_without_their_colour() -> None:
    marks = marks_of([f"arm {number}" for number in range(len(SHAPES))])
    assert len({mark.corners for mark in marks.values()}) == len(SHAPES)
    many = marks_of([str(number) for number in range(COLOURS * len(SHAPES))])
    assert len({(mark.number, mark.corners) for mark in many.values()}) == COLOURS * len(SHAPES)
