"""Recipes of more than two views: which image of a pair each view shows, and how."""

import numpy as np
import torch

from made import made_source
from sempairs.core.seeds import seed_of
from sempairs.core.settings import Spec
from sempairs.pairs.pairset import PairSet
from sempairs.views import VIEWS
from sempairs.views.loader import PairLoader


def batch(name: str, **options: object):
    """The views of 8 pairs (a, b) of different images, the frames of a and of b, and the rows drawn."""
    source = made_source(16)
    pairs = PairSet.make(source, np.arange(8), np.arange(8, 16), Spec(name="test"))
    loader = PairLoader.of(source, pairs, VIEWS[name](**options), 8, 0, torch.device("cpu"))
    rows = loader.order(0)
    a, b = (torch.from_numpy(source.images(loader.positions[rows, side])) for side in (0, 1))
    return loader.batch(0)[0], a, b, rows


def test_leoclr_shows_the_first_image_whole_then_crops_of_the_second_and_the_first():
    views, a, b, rows = batch("leoclr", crop_min=0.2)
    assert torch.equal(views[0], a.permute(0, 3, 1, 2) / 255)
    crop = VIEWS["simclr"](crop_min=0.2)
    for view, frames in ((1, b), (2, a)):
        assert torch.equal(views[view], crop(frames, seed_of("view", 0, 0, view), rows))
    assert len(views) == 3


def test_the_whole_image_has_the_size_of_the_crops():
    views, *_ = batch("leoclr", size=10)
    assert [view.shape[2:] for view in views] == [(10, 10)] * 3


def test_simclr_twice_begins_as_simclr_and_shows_both_images_again_in_other_views():
    views, a, b, rows = batch("simclr-twice")
    first, *_ = batch("simclr")
    assert all(torch.equal(mine, theirs) for mine, theirs in zip(views, first, strict=False))
    for view, frames in ((2, a), (3, b)):
        assert torch.equal(views[view], VIEWS["simclr"]()(frames, seed_of("view", 0, 0, view), rows))
        assert not torch.equal(views[view], views[view - 2])
    assert len(views) == 4
