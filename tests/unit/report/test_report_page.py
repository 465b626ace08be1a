"""The page: its values, its structure as HTML, its bytes, and hostile names."""

import base64
import io
import itertools
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from read_page import Outline, text_of
from sempairs.report.page import write_report
from sempairs.report.pictures import LARGEST, png


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory, write_study: Callable[..., None]) -> str:
    """The page of the known study, written once."""
    folder = tmp_path_factory.mktemp("known")
    write_study(folder)
    return write_report(folder).read_text(encoding="utf-8")


def test_the_numbers_of_the_study_are_on_the_page(page: str) -> None:
    text = text_of(page)
    # Over seeds 4 ± 4.3027 / sqrt(3); over items ± 0.7; 100 x 4 / 81 percent; p from the closed form, .020204. It
    # is the seventh smallest of 18 (three differences have 34.6 standard errors, three 22.5), so Holm multiplies it by
    # 12; that of −13, .001966, is the fourth, times 15.
    assert "semantic 85.0% +4.0 [+1.5, +6.5] [+3.3, +4.7] +4.9% 0.020 0.242 ▲ higher" in text
    assert "random 68.0% −13.0 [−15.5, −10.5] [−13.7, −12.3] −16.0% 0.002 0.029 ▼ lower" in text
    assert "purity (same class) 86.2% [85.3, 87.1]" in text  # .8625, .8533 and .8711
    assert "distinct images 5,678" in text
    assert "semantic 83.00 85.00 87.00" in text
    assert "knn knn, k = 20 or 5" in text
    assert "mined 6,000 5,678 94.6% 0 86.2%" in text
    assert "Dress Coat 421 7.0%" in text  # 421 of 6,000


def test_parts_come_in_the_order_of_a_reader(page: str) -> None:
    headings = re.findall(r'<h2 id="(\w+)">', page)
    assert headings == ["compared", "equal", "result", "curves", "pairs", "limits", "reproduce"]
    levels = [int(level) for level in re.findall(r"<h(\d)[ >]", page)]
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


def test_the_page_is_well_formed_and_says_what_pictures_show(page: str) -> None:
    outline = Outline(page)
    ids = [attrs["id"] for _, attrs in outline.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert outline.all("html")[0]["lang"] == "en"
    assert {attrs["alt"] for attrs in outline.all("img")} == {"Dress", "Coat", "Ankle boot"}
    assert page.count('role="img"') == 2 + 1 + 1  # two forests, one set of curves, one histogram
    assert all(f"<title>{start}" in page for start in ("Differences from", "Training loss", "Histogram of similarity"))


def test_pairs_of_different_classes_are_marked_by_shape_and_word(page: str) -> None:
    # Two of the mined and seven of the random examples.
    assert page.count('class="pair differs"') == page.count("≠</span></li>") + 9 == 9
    assert page.count("different classes:</span>") == 9
    assert "of different classes here 2 of 12" in text_of(page)


def test_the_same_folder_gives_the_same_bytes(folder: Path) -> None:
    names = ("report.html", "results.csv", "results.json")
    first = write_report(folder) and [(folder / name).read_bytes() for name in names]
    second = write_report(folder) and [(folder / name).read_bytes() for name in names]
    assert first == second
    assert not list(folder.glob(".*.tmp"))


def test_hostile_names_are_text(make_folder: Callable[..., Path]) -> None:
    bad = '<script>alert("1")</script>'
    folder = make_folder(classes=(bad, "\"' onerror=alert(1) x='", "{{ 7 * 7 }}"), title=f"</title>{bad}")
    page = write_report(folder).read_text(encoding="utf-8")
    outline = Outline(page)
    assert not outline.all("script")
    assert not [attrs for _, attrs in outline.tags if any(name.startswith("on") for name in attrs)]
    assert bad in text_of(page)
    assert "{{ 7 * 7 }}" in text_of(page)


def test_one_seed_shows_no_interval_over_seeds(make_folder: Callable[..., Path]) -> None:
    text = text_of(write_report(make_folder(seeds=(0,))).read_text(encoding="utf-8"))
    assert "semantic 83.0% +3.0 – [+2.3, +3.7] +3.8% – – undecided" in text  # 100 x 3 / 80
    assert "One seed says nothing about other seeds" in text


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
        for name, colour in colours.items():
            if name in ("page", "card", "rule"):
                continue
            least = 3.0 if name.startswith("arm") else 4.5  # graphics 3:1, text 4.5:1
            for ground in ("page", "card"):
                light, dark = sorted((luminance(colour), luminance(colours[ground])), reverse=True)
                assert (light + 0.05) / (dark + 0.05) >= least, f"{name} on {ground}"
