"""The page: its values, its structure as HTML, its bytes, and hostile names."""

import base64
import io
import itertools
import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from made_known import known_contents, known_records
from made_records import made_records, made_study, write_made_study
from read_page import Outline, text_of
from sempairs.report.cells import row_of
from sempairs.report.page import render, write_report
from sempairs.report.pictures import LARGEST, png

LARGE = {
    "arms": ("augmented", "augmented-pool", "semantic", "random"),
    "methods": ("simclr", "byol"),
    "views": ("full", "none"),
    "noise": (0.0, 0.2),
    "contrasts": [["semantic", "augmented-pool"]],
}


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the known study with its report, written once."""
    folder = tmp_path_factory.mktemp("known")
    write_made_study(folder, known_records())
    write_report(folder)
    return folder


@pytest.fixture(scope="module")
def page(known: Path) -> str:
    """Its page."""
    return (known / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def large() -> str:
    """The page of a study with several methods, views, shares of false neighbours and a contrast."""
    return render(known_contents(known_records(("knn", "corruption error", "invariance rotation"), **LARGE)))


def test_the_numbers_of_the_study_are_on_the_page(page: str) -> None:
    text = text_of(page)
    # Over seeds 4 ± 4.3027 / sqrt(3); the bootstrap of three values is their range; over items ± 0.7; 100 x 4 / 81
    # percent. p is .020204 by its closed form, the second smallest of three (random has .0020), so Holm doubles it.
    # Eight sign vectors, of which two are as far from zero: .25. "No more than": the end of the 90% interval,
    # 4 + 2.920 / sqrt(3) = 5.69. "Could be seen": 2.2 in the row below is tested with `statistics.detectable`.
    assert "semantic 85.0% 2.0 +4.0 [+1.5, +6.5] [+3.0, +5.0] [+3.3, +4.7] +4.9% 0.040 0.250" in text
    assert "5.7 ▲ higher" in text
    assert "random 68.0% 2.0 −13.0 [−15.5, −10.5] [−14.0, −12.0] [−13.7, −12.3] −16.0% 0.006 0.250" in text
    assert "augmented 6,000 100.0% semantic 12,000 100.0% mined 6,000 86.2% random 6,000 33.3%" in text
    assert "mined 6,000 5,678 94.6% 0 86.2%" in text
    assert "Dress Coat 421 7.0%" in text  # 421 of 6,000
    assert "knn k-NN, k = 20" in text
    assert "optimizer steps 230 ✓ 3 of 3 pairs seen 29,440 ✓ 3 of 3" in text  # 5 passes of 46 batches of 128
    assert "simclr 12 26.0 26.0 26.0 26.0 5.2 min 1.4 min" in text  # 25, 26 and 27 seconds; 12 x 2 x 3.5


@pytest.mark.parametrize("which", ["known", "large"])
def test_every_row_of_the_tables_is_a_line_of_the_comparison(which: str, page: str, large: str) -> None:
    records = known_records() if which == "known" else known_records(("knn", "corruption error"), **LARGE)
    contents, text = known_contents(records), text_of(page if which == "known" else large)
    gains = contents.gains
    for line in (*gains.lines, *gains.pooled):
        row = row_of(line, contents.study.baseline)
        cells = " ".join(cell for cell in (row.name, *row.cells, row.verdict) if cell)
        assert re.sub(r"\s+", " ", cells) in text


def test_parts_come_in_the_order_of_a_reader(page: str, large: str) -> None:
    first = ["abstract", "compared", "matched", "results"]
    last = ["against", "tables", "training", "pairs", "limits", "reproduce"]
    assert re.findall(r'<h2 id="(\w+)">', page) == [*first, *last]
    assert re.findall(r'<h2 id="(\w+)">', large) == [*first, "described", *last]
    for one in (page, large):
        levels = [int(level) for level in re.findall(r"<h(\d)[ >]", one)]
        assert levels[0] == 1
        assert all(after <= before + 1 for before, after in itertools.pairwise(levels)), "no level is skipped"


def test_the_page_carries_everything_in_it(page: str) -> None:
    outline = Outline(page)
    assert not outline.all("script", "link", "iframe", "object", "base", "form")
    sources = [attrs.get("src") or "" for attrs in outline.all("img")]
    assert len(sources) == 4 * 12 * 2  # arms x pairs x images
    assert all(source.startswith("data:image/png;base64,") for source in sources)
    links = [value for _, attrs in outline.tags for name, value in attrs.items() if name.endswith("href")]
    assert all(link and link.startswith("#") for link in links)
    assert not re.search(r"url\((?!#)|@import", page)


@pytest.mark.parametrize("which", ["page", "large"])
def test_the_page_is_well_formed_and_every_reference_is_in_it(which: str, request: pytest.FixtureRequest) -> None:
    text = request.getfixturevalue(which)
    outline = Outline(text)
    ids = [attrs["id"] for _, attrs in outline.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert {a or b for a, b in re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', text)} <= set(ids)
    assert outline.all("html")[0]["lang"] == "en"
    assert text.count('<svg role="img"') == text.count("<title>") - 1, "each figure says what it shows"


def test_a_study_of_many_factors_shows_each_of_them(large: str) -> None:
    text = text_of(large)
    assert "Gains over “augmented”: views full" in text
    assert "views: garments, held out, knn" in text
    assert "share of false neighbours: garments, held out, knn" in text
    assert "Gains of contrastive and of non-contrastive methods" in text
    assert "corruption error 500 test images; differences in points; lower is better, a gain is a fall" in text
    assert "semantic against augmented-pool" in text
    assert "What the encoders keep" in text


def test_pairs_of_different_classes_are_marked_by_shape_and_word(page: str) -> None:
    # Two of the mined and seven of the random examples.
    assert page.count('class="pair differs"') == page.count("≠</span></li>") + 9 == 9
    assert page.count("different classes:</span>") == 9


def test_the_same_folder_gives_the_same_bytes_and_needs_no_runs(known: Path) -> None:
    names = ("report.html", "results.csv", "results.json", "results.tex")
    first = [(known / name).read_bytes() for name in names]
    assert not (known / "runs").exists()
    write_report(known)
    assert first == [(known / name).read_bytes() for name in names]
    assert not list(known.glob(".*.tmp"))


def test_hostile_names_are_text(make_folder: Callable[..., Path]) -> None:
    bad = '<script>alert("1")</script>'
    records = known_records(title=f"</title>{bad}", about=bad)
    folder = make_folder(records, classes=(bad, "\"' onerror=alert(1) x='", "{{ 7 * 7 }}"))
    page = write_report(folder).read_text(encoding="utf-8")
    outline = Outline(page)
    assert not outline.all("script")
    assert not [attrs for _, attrs in outline.tags if any(name.startswith("on") for name in attrs)]
    assert bad in text_of(page)
    assert "{{ 7 * 7 }}" in text_of(page)


def test_one_seed_shows_no_interval_over_seeds() -> None:
    text = text_of(render(known_contents(known_records(seeds=(0,)))))
    assert "semantic 83.0% – +3.0 – – [+2.3, +3.7] +3.8% – – – – undecided" in text  # 100 x 3 / 80
    assert "Each comparison has one seed: nothing can be said about other seeds." in text


def test_a_study_that_is_not_finished_shows_what_there_is(make_folder: Callable[..., Path]) -> None:
    study = made_study(methods=("simclr",))
    folder = make_folder(
        made_records(study, made=lambda cell: (cell.arm, cell.seed) not in {("mined", 2), ("random", 0)})
    )
    text = text_of(write_report(folder).read_text(encoding="utf-8"))
    assert "This study is not finished : 2 runs of 12 are missing" in text
    assert "simclr on random pairs, seed 0; simclr on mined pairs, seed 2." in text
    assert "mined against augmented, simclr : seed 2 of mined is missing." in text
    assert "2 comparisons were refused." in text
    assert text.count("not compared: seed 2 of mined is missing") == 4  # two data sets, two metrics


def test_arms_without_a_run_have_no_numbers(make_folder: Callable[..., Path]) -> None:
    folder = make_folder(made_records(made_study(methods=("simclr",)), made=lambda cell: cell.arm == "augmented"))
    text = text_of(write_report(folder).read_text(encoding="utf-8"))
    assert "simclr 3 26.0 – – –" in text
    assert json.loads((folder / "results.json").read_text())["comparisons"][0]["arm"] == "augmented"


def test_pictures_keep_every_pixel_of_small_images_and_shrink_large_ones() -> None:
    small = np.arange(28 * 28 * 3, dtype=np.uint8).reshape(28, 28, 3)
    decoded = Image.open(io.BytesIO(base64.b64decode(png(small).split(",")[1])))
    assert np.array_equal(np.asarray(decoded), small)
    large = Image.open(io.BytesIO(base64.b64decode(png(np.zeros((300, 600, 1), np.uint8)).split(",")[1])))
    assert large.size == (LARGEST, LARGEST // 2)


def luminance(colour: str) -> float:
    """Relative luminance by WCAG 2.2."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_colours_have_the_contrast_that_wcag_aa_asks_for(page: str) -> None:
    blocks = re.findall(r":root \{(.*?)\}", page, flags=re.S)[:2]
    assert len(blocks) == 2, "light and dark"
    for block in blocks:
        colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block))
        assert len(colours) == 7 + 8, "eight arms have colours"
        for name, colour in colours.items():
            if name in ("page", "card", "rule"):
                continue
            least = 3.0 if name.startswith("arm") else 4.5  # graphics 3:1, text 4.5:1
            for ground in ("page", "card"):
                light, dark = sorted((luminance(colour), luminance(colours[ground])), reverse=True)
                assert (light + 0.05) / (dark + 0.05) >= least, f"{name} on {ground}"
