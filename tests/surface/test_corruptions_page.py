"""The page of corruptions says what the code says."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sempairs.evaluation.corruptions import CORRUPTIONS

ROOT = Path(__file__).parents[2]


@pytest.fixture
def maker(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    import make_corruptions_page

    return make_corruptions_page


def test_the_page_is_the_one_that_is_made(maker):
    assert maker.PAGE.read_text(encoding="utf-8") == maker.page(), "run `make corruptions-page`"


def test_the_picture_has_a_row_for_each_corruption_and_is_small(maker):
    with Image.open(maker.PICTURE) as picture:
        assert picture.height == (len(CORRUPTIONS) + 1) // 2 * (maker.TILE + maker.GAP) - maker.GAP
    assert maker.PICTURE.stat().st_size < 300_000


def test_the_picture_is_made_of_what_the_code_does(maker):
    rows = maker.rows()
    assert list(rows) == list(CORRUPTIONS)
    assert all(len(row) == 6 for row in rows.values())
    # Its palette has 256 colours: a tile in the picture is its tile in the code to within a few steps on average.
    with Image.open(maker.PICTURE) as picture:
        left, top = maker.LEFT + 3 * (maker.TILE + maker.GAP), maker.TILE + maker.GAP  # shot noise, severity 3
        shown = picture.convert("RGB").crop((left, top, left + maker.TILE, top + maker.TILE))
    difference = abs(np.asarray(shown).astype(int) - rows["shot noise"][3].astype(int))
    assert difference.mean() < 20
