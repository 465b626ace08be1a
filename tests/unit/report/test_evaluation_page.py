"""The page of an evaluation: numbers where they belong, encoders side by side, hostile names as text."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest

from sempairs.core.seeds import rng
from sempairs.evaluation.base import Score
from sempairs.evaluation.pictures import Bars, Boxes, Curves, Gallery, Map, Matrix, Picture, confusion
from sempairs.report.evaluation_figures import MOST_ROWS, Seen, draw
from sempairs.report.evaluation_page import evaluation_page, question
from sempairs.report.marks import marks_of

SAID = {"title": "Title <i>", "about": "what is seen"}
IMAGES = rng("page images").integers(0, 256, (2, 3, 8, 8, 1), dtype=np.uint8)
LINE = np.array([[50.0, 70.0, 60.0]])
CURVES = Curves(
    x=np.array([1.0, 10.0, 100.0]), values=LINE, lows=LINE - 2, highs=LINE + 2, lines=("k-NN",), x_axis="k",
    y_axis="accuracy", logarithmic=True, **SAID,
)  # fmt: skip
BARS = Bars(
    values=np.array([0.25, 0.75]), lows=np.array([0.2, 0.7]), highs=np.array([0.3, 0.8]), names=("blur", "hue"),
    axis="cosine", **SAID,
)  # fmt: skip
GALLERY = Gallery(
    images=IMAGES, captions=(("query", "<b>bag", "coat"),) * 2, marks=np.array([[0, 1, -1], [0, -1, -1]]), **SAID
)
BOXES = Boxes(
    images=IMAGES[0], boxes=np.array([[1.0, 2.0, 5.0, 7.0], [1.0, 2.0, 4.0, 7.5]]), owners=np.array([1, 1]),
    captions=("shirt", "shirt 90%"), marks=np.array([0, 1]), **SAID,
)  # fmt: skip
MAP = Map(points=rng("map").normal(size=(30, 2)), classes=np.arange(30) % 3, names=("a", "b", "empty <x>"), **SAID)
MATRIX = confusion("Title <i>", np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1]), ("coat", "bag"), "the probe")


def score(value: float, pictures: tuple[Picture, ...] = (), **changes: object) -> Score:
    outcomes = np.where(np.arange(200) < 2 * value, 100.0, 0.0)
    interval = (value - 5, value + 5)
    made = Score("knn", value, 200, "test images", interval, "weighted k-NN", outcomes=outcomes, pictures=pictures)
    return replace(made, evaluation="knn", **changes)


def seen(picture: Picture, *names: str) -> list[Seen]:
    marks = marks_of(names)
    return [Seen(name, marks[name], picture) for name in names]


def test_numbers_and_the_paired_difference():
    # 160 and 140 of 200 right, the second's among the first's: 20 items differ by 100, so 10 ± 1.972 * 30.08 / √200.
    page = evaluation_page({"semantic": [score(80.0)], "augmented": [score(70.0)]}, [("tested on", "photos")])
    text = re.sub(r"<[^>]+>|\s+", " ", page[page.index("<main>") :])
    assert "80.0%" in text
    assert "75.0% to 85.0%" in text
    assert re.search(r"\+10\.0 +\[\+5\.8, \+14\.2\] +▲ better", text)


@pytest.mark.parametrize(("direction", "word"), [("lower", "▼ worse"), ("neither", None)])
def test_what_is_better_depends_on_the_direction(direction, word):
    scores = {name: [score(value, direction=direction)] for name, value in (("a", 80.0), ("b", 70.0))}
    page = evaluation_page(scores, [])
    assert ("▲" in page or "▼" in page) == (word is not None)
    assert word is None or word in page


def test_numbers_without_outcomes_have_no_interval_of_their_difference():
    bare = {name: [score(v, outcomes=np.empty(0), unit="nats")] for name, v in (("a", 1.25), ("b", 0.5))}
    page = evaluation_page(bare, [])
    assert "+0.750" in page
    assert "▲" not in page


def test_an_encoder_that_lacks_a_number_leaves_its_place_empty():
    page = evaluation_page({"a": [score(80.0)], "b": []}, [], [("b", "knn", "there are no images <script>")])
    assert 'colspan="2"' in page
    assert "there are no images &lt;script&gt;" in page


def test_every_picture_is_drawn_and_names_are_text():
    pictures = (CURVES, BARS, GALLERY, BOXES, MAP, MATRIX)
    page = evaluation_page({"one <u>": [score(80.0, pictures)], "two": [score(70.0, pictures)]}, [])
    for hostile in ("<i>", "<u>", "<b>bag", "<x>"):
        assert hostile not in page
    # Curves and bars share a figure, the other four kinds have one for each of the two encoders.
    assert page.count('<figure class="plot') == 2 + 2 * 4
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_the_question_of_an_evaluation_is_its_modules_first_sentence():
    assert question("knn").startswith("Weighted k-nearest neighbours in cosine similarity")
    assert question("unknown") == ""


def test_curves_and_bars_of_two_encoders_stand_in_one_figure():
    for picture in (CURVES, BARS):
        (figure,) = draw(seen(picture, "a", "b"), "f")
        assert figure.whose == ""
        assert "var(--arm-0)" in figure.body
        assert "var(--arm-1)" in figure.body
        ET.fromstring(figure.body)


def test_bars_stand_to_scale():
    (figure,) = draw(seen(BARS, "a"), "f")
    spans = []
    for path in ET.fromstring(figure.body).iter("{http://www.w3.org/2000/svg}path"):
        if "stroke-width:2.2" in path.get("style", ""):
            x0, _, x1, _ = map(float, re.findall(r"-?[\d.]+", path.get("d", ""))[:4])
            spans.append((x0, x1))
    (low, high), (second_low, _) = spans
    assert (second_low - low) / (high - low) == pytest.approx(5, rel=1e-3)  # .7 - .2 against .3 - .2


def test_a_matrix_beyond_reading_shows_the_rows_with_most_confusion():
    count = MOST_ROWS + 10
    values = np.diag(np.full(count, 90.0))
    values[3, 5] = values[44, 1] = 10.0
    names = tuple(f"class-{n}-" for n in range(count))
    (figure,) = draw(seen(Matrix(values=values, rows=names, columns=names, **SAID), "a"), "f")
    assert "class-3-" in figure.body
    assert "class-44-" in figure.body
    assert f"class-{count - 1}-" not in figure.body


def test_hits_and_misses_are_told_without_colour():
    (figure,) = draw(seen(GALLERY, "a"), "f")
    assert figure.body.count("✓") == 1
    assert figure.body.count("✗") == 3
    assert "&lt;b&gt;bag" in figure.body


def test_boxes_lie_on_their_image_in_its_own_pixels():
    (figure,) = draw(seen(BOXES, "a"), "f")
    scenes = ET.fromstring(figure.body).findall("svg")
    assert [len(scene.findall("rect")) for scene in scenes] == [0, 2, 0]
    truth, found = scenes[1].findall("rect")
    assert truth.get("class") == "box truth"
    assert found.get("class") == "box right"
    assert [truth.get(k) for k in ("x", "y", "width", "height")] == ["1.0", "2.0", "4.0", "5.0"]


def test_long_names_leave_room_for_the_table():
    # matplotlib warns where names take all the room, and warnings are errors.
    names = ("linear from features", "kernel ridge from features", "kernel ridge from true content")
    values = np.array([[0.5, -0.2, np.nan]])
    picture = Matrix(values=values, rows=("background_scale",), columns=names, unit="R2", high=1.0, **SAID)
    (figure,) = draw(seen(picture, "a"), "f")
    assert "kernel ridge from true content" in figure.body
    assert "0.50" in figure.body
    assert "-0.20" in figure.body
