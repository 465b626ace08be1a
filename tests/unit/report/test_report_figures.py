"""Figures: their marks stand where the numbers say, and their colours are the page's."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from sempairs.report.contents import read_contents
from sempairs.report.figures import curves, forest, forest_limits
from sempairs.report.marks import COLOURS, SHAPES, marks_of
from sempairs.study.compare import Line

SVG = "{http://www.w3.org/2000/svg}"


def lines_of(folder: Path, data: str) -> list[Line]:
    lines = read_contents(folder).comparison.lines
    return [line for line in lines if line.data == data and line.difference is not None]


def horizontal(svg: str, colour: str, width: str) -> list[tuple[float, float]]:
    """Both ends of every horizontal line of a colour and width, from top to bottom."""
    found = []
    for path in ET.fromstring(svg).iter(f"{SVG}path"):
        style = path.get("style", "")
        if f"var(--{colour})" in style and f"stroke-width: {width}" in style:
            x0, y0, x1, y1 = map(float, re.findall(r"-?[\d.]+", path.get("d", ""))[:4])
            assert y0 == y1
            found.append((x0, x1))
    return found


def test_forest_intervals_stand_to_scale(folder: Path) -> None:
    lines = lines_of(folder, "garments")
    marks = marks_of(["augmented", "semantic", "mined", "random"])
    svg = forest(lines, marks, forest_limits(lines), "f")
    seeds, items = horizontal(svg, "arm-1", "3.2"), horizontal(svg, "arm-1", "1.2")
    assert len(seeds) == len(items) == 3, "one line for each metric"
    # Semantic: 4 ± 2.4841 over seeds (t = 4.3027, standard error 1 / sqrt(3)), 4 ± 0.7 over items.
    (low, high), (narrow_low, narrow_high) = seeds[0], items[0]
    scale = (high - low) / (2 * 2.48414)
    assert narrow_high - narrow_low == pytest.approx(1.4 * scale, rel=1e-4)
    # Mined: mean -0.5, so its centre is 4.5 points to the left.
    (mined_low, mined_high), *_ = horizontal(svg, "arm-2", "3.2")
    assert (low + high) / 2 - (mined_low + mined_high) / 2 == pytest.approx(4.5 * scale, rel=1e-4)


def test_limits_hold_every_interval_and_zero(folder: Path) -> None:
    lines = lines_of(folder, "garments")
    low, high = forest_limits(lines)
    assert all(low < end < high for line in lines for end in (*(line.difference_interval or ()), 0.0))
    assert forest_limits([]) == (-1.0, 1.0)


def test_curves_draw_each_seed_and_the_mean(folder: Path) -> None:
    trainings = read_contents(folder).trainings
    svg = curves(trainings, marks_of(["augmented", "semantic", "mined", "random"]), "c")
    styles = [path.get("style", "") for path in ET.fromstring(svg).iter(f"{SVG}path")]
    for arm in range(4):
        own = [style for style in styles if f"stroke: var(--arm-{arm})" in style and "fill: none" in style]
        assert sum("stroke-width: 0.8" in style for style in own) == 3, "three seeds"
        assert sum("stroke-width: 2" in style for style in own) == 1, "one mean"


def test_figures_take_their_colours_from_the_page_and_share_no_id(folder: Path) -> None:
    lines = lines_of(folder, "digits")
    marks = marks_of(["augmented", "semantic", "mined", "random"])
    one, two = (forest(lines, marks, forest_limits(lines), name) for name in ("one", "two"))
    assert set(re.findall(r"#[0-9a-f]{6}\b", one)) <= {"#000000", "#ffffff"}
    ids = [set(re.findall(r'\bid="([^"]+)"', svg)) for svg in (one, two)]
    assert ids[0]
    assert not ids[0] & ids[1]
    used = set(re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', one))
    assert {a or b for a, b in used} <= ids[0], "every reference stays in its figure"


def test_hostile_names_in_a_figure_are_text(folder: Path) -> None:
    name = r"<script>$x_1$&\1"
    lines = [line for line in lines_of(folder, "digits") if line.arm == "mined"]
    lines = [Line(**{**vars(line), "metric": name}) for line in lines]
    svg = forest(lines, marks_of(["augmented", "semantic", "mined"]), (-1.0, 1.0), "f")
    assert "<script" not in svg
    assert any(text.text == name for text in ET.fromstring(svg).iter(f"{SVG}text"))


def test_arms_have_signs_of_their_own_without_their_colour() -> None:
    marks = marks_of([f"arm {number}" for number in range(len(SHAPES))])
    assert len({mark.corners for mark in marks.values()}) == len(SHAPES)
    many = marks_of([str(number) for number in range(COLOURS * len(SHAPES))])
    assert len({(mark.number, mark.corners) for mark in many.values()}) == COLOURS * len(SHAPES)
