"""The page of views says what the code says, and its lists are the recipes."""

import re
import tomllib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from sempairs.core.seeds import rng
from sempairs.core.settings import build, resolve
from sempairs.views import STEPS, VIEWS

ROOT = Path(__file__).parents[2]


@pytest.fixture
def maker(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    import make_views_page

    return make_views_page


def test_the_page_is_the_one_that_is_made(maker):
    assert maker.PAGE.read_text(encoding="utf-8") == maker.page(), "run `make views-page`"


def test_the_pictures_have_a_row_for_each_step_and_each_recipe_and_are_small(maker):
    pictures = {maker.STEPS_PICTURE: STEPS, maker.RECIPES_PICTURE: VIEWS}
    for path, names in pictures.items():
        with Image.open(path) as picture:
            assert picture.height == len(list(names)) * (maker.TILE + maker.GAP) - maker.GAP, "run `make views-page`"
    assert sum(path.stat().st_size for path in pictures) < 300_000


def test_the_settings_on_the_page_are_valid(maker):
    shown = [tomllib.loads(block)["views"] for block in re.findall(r"```toml\n(.*?)```", maker.HEAD, re.DOTALL)]
    assert [resolve(VIEWS, views).name for views in shown] == ["byol", "custom"]


@pytest.mark.parametrize("name", ["moco-v2", "byol", "vicreg", "dino"])
def test_the_lists_on_the_page_are_the_recipe(name, maker):
    section = maker.PAGE.read_text(encoding="utf-8").partition(f"\n### {name}\n")[2].partition("\n### ")[0]
    blocks = re.findall(r"```toml\n(.*?)```", section, re.DOTALL)
    frames = torch.from_numpy(rng("page").integers(0, 256, (20, 42, 42, 3), dtype=np.uint8))
    recipe = VIEWS[name]()
    for view, block in enumerate(blocks):
        shown = recipe(frames, 0, np.arange(20), view)
        listed = build(VIEWS, {"name": "custom", "size": shown.shape[2], **tomllib.loads(block)})
        assert torch.equal(listed(frames, 0, np.arange(20)), shown), f"view {view}"
    assert len(blocks) == {"moco-v2": 1, "byol": 2, "vicreg": 1, "dino": 3}[name]
