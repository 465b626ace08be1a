"""Recipes: row i is a function of frame i, the seed and counter i; options; what each recipe leaves alone."""

import functools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torchvision.transforms.v2 import functional as tv

from made_recipes import made_recipe
from sempairs.core.errors import UserError
from sempairs.core.seeds import rng, seed_of
from sempairs.core.settings import build, check
from sempairs.views import VIEWS, blocks

SEED = seed_of("test of views")


def random_frames(*shape):
    return torch.from_numpy(rng("frames", *shape).integers(0, 256, shape, dtype=np.uint8))


# Grey and coloured, one tap and many, blurred (20 pixels or more) and not, not square; the last number is the view.
CASES = [
    ("simclr", 28, 28, 1, None, 0),
    ("simclr", 32, 32, 3, None, 0),
    ("simclr", 50, 37, 3, 24, 0),
    ("crop-only", 32, 40, 3, 16, 0),
    ("moco-v2", 24, 24, 3, None, 1),
    ("byol", 28, 28, 3, None, 1),
    ("vicreg", 21, 30, 1, None, 0),
    ("dino", 28, 28, 3, None, 2),
    ("custom", 28, 28, 1, None, 0),
    ("custom", 40, 33, 3, 24, 0),
]


@pytest.fixture(scope="module")
def whole_batches():
    """For each case its recipe of one view, 256 frames, their counters and the views of all of them at once."""
    made = []
    for name, height, width, channels, size, view in CASES:
        frames = random_frames(256, height, width, channels)
        counters = rng("counters").permutation(10_000)[:256]
        recipe = functools.partial(made_recipe(name, size=size), view=view)
        made.append((recipe, frames, counters, recipe(frames, SEED, counters)))
    return made


@pytest.mark.parametrize("case", range(len(CASES)))
@pytest.mark.parametrize("n", [1, 7, 64, 256])
def test_a_row_has_the_same_bits_in_every_batch(whole_batches, case, n):
    recipe, frames, counters, views = whole_batches[case]
    rows = rng("rows", n, case).permutation(256)[:n]
    assert torch.equal(recipe(frames[rows], SEED, counters[rows]), views[rows])


@given(st.data())
@settings(deadline=None, max_examples=30)
def test_any_rows_in_any_order_have_the_same_bits(whole_batches, data):
    recipe, frames, counters, views = data.draw(st.sampled_from(whole_batches))
    rows = data.draw(st.lists(st.integers(0, 255), min_size=1, max_size=20))
    assert torch.equal(recipe(frames[rows], SEED, counters[rows]), views[rows])


@pytest.mark.parametrize("case", range(len(CASES)))
def test_blocks_and_threads_change_no_bit(whole_batches, case, monkeypatch):
    recipe, frames, counters, views = whole_batches[case]
    monkeypatch.setattr(blocks, "ON_CPU", 20_000)
    threads = torch.get_num_threads()
    try:
        for count in (1, 2):
            torch.set_num_threads(count)
            assert torch.equal(recipe(frames[:64], SEED, counters[:64]), views[:64])
    finally:
        torch.set_num_threads(threads)


def test_large_images_have_the_same_bits_alone():
    # 224 x 224 is above 32,768 values, from which on torch splits a sum over one image among threads.
    frames, counters = random_frames(5, 224, 224, 3), np.arange(5)
    recipe = VIEWS["simclr"](jitter_p=1.0, blur_p=1.0)
    alone = torch.cat([recipe(frames[i : i + 1], SEED, counters[i : i + 1]) for i in range(5)])
    assert torch.equal(alone, recipe(frames, SEED, counters))


@pytest.mark.parametrize("name", list(VIEWS))
@pytest.mark.parametrize(("channels", "size", "shape"), [(1, None, (20, 26)), (3, 23, (23, 23))])
def test_views_are_images(name, channels, size, shape):
    frames, counters = random_frames(64, 20, 26, channels), np.arange(64)
    views = made_recipe(name, size=size)(frames, SEED, counters)
    assert views.shape == (64, channels, *shape)
    assert views.dtype == torch.float32
    assert views.is_contiguous()
    assert views.min() >= 0
    assert views.max() <= 1


@pytest.mark.parametrize("name", list(VIEWS))
def test_white_is_never_above_one(name):
    # Without clamping, rounded weights gave 1 + 2.4e-7 on these frames.
    views = made_recipe(name, size=24)(torch.full((512, 32, 32, 3), 255, dtype=torch.uint8), SEED, np.arange(512))
    assert views.max() <= 1


@pytest.mark.parametrize("name", ["simclr", "crop-only", "moco-v2", "byol", "vicreg", "dino"])
def test_other_seeds_and_counters_give_other_views(name):
    frames = random_frames(1, 200, 200, 1).expand(64, -1, -1, -1)
    counters = np.arange(64)
    recipe = VIEWS[name](size=8)
    views = recipe(frames, SEED, counters)
    assert len({view.numpy().tobytes() for view in views}) == 64
    assert not (views == recipe(frames, SEED + 1, counters)).flatten(1).all(1).any()


def test_simclr_without_colour_and_blur_is_crop_only():
    frames, counters = random_frames(64, 24, 24, 3), np.arange(64)
    geometry = dict(size=20, crop_min=0.3, flip=0.7)
    simclr = VIEWS["simclr"](**geometry, jitter=0.0, grey_p=0.0, blur_p=0.0)
    assert torch.equal(simclr(frames, SEED, counters), VIEWS["crop-only"](**geometry)(frames, SEED, counters))


def test_one_channel_gets_brightness_and_contrast_only():
    # A grey image with three equal channels: saturation, hue and greyscale leave it as it is, up to rounding
    # (the grey weights sum to .9999, so that contrast's mean and saturation's blend are off by up to 1e-4 x 1.8 each).
    grey = random_frames(64, 24, 24, 1)
    coloured = grey.expand(-1, -1, -1, 3)
    recipe, counters = VIEWS["simclr"](), np.arange(64)
    views = recipe(grey, SEED, counters).expand(-1, 3, -1, -1)
    torch.testing.assert_close(recipe(coloured, SEED, counters), views, rtol=0, atol=5e-4)


def test_none_is_the_frame_itself():
    frames = random_frames(3, 9, 12, 3)
    pixels = frames.permute(0, 3, 1, 2).float() / 255
    assert torch.equal(VIEWS["none"]()(frames, SEED, np.arange(3)), pixels)
    square = VIEWS["none"](size=7)(frames, SEED, np.arange(3))
    torch.testing.assert_close(square, tv.resize(pixels, [7, 7], antialias=True), rtol=0, atol=1e-6)


@pytest.mark.parametrize(("flip", "mirrored"), [(0.0, False), (1.0, True)])
def test_flip_is_a_probability(flip, mirrored):
    frames = random_frames(8, 6, 6, 1)
    # Area 1 admits no crop but the whole frame: the views are the frames, mirrored or not.
    views = VIEWS["crop-only"](crop_min=1.0, flip=flip)(frames, SEED, np.arange(8))
    pixels = frames.permute(0, 3, 1, 2).float() / 255
    assert torch.equal(views, pixels.flip(3) if mirrored else pixels)


@pytest.mark.parametrize(("option", "share"), [("jitter_p", 0.8), ("grey_p", 0.2), ("blur_p", 0.5)])
def test_samples_are_chosen_as_often_as_said(option, share):
    # White noise of 20 pixels: jitter, greyscale and blur each change every image they are applied to.
    n = 1000
    frames = random_frames(n, 20, 20, 3)
    off = dict(jitter_p=0.0, grey_p=0.0, blur_p=0.0, crop_min=1.0, flip=0.0)
    plain = VIEWS["simclr"](**off)(frames, SEED, np.arange(n))
    changed = VIEWS["simclr"](**{**off, option: share})(frames, SEED, np.arange(n))
    count = int((changed != plain).flatten(1).any(1).sum())
    assert abs(count - n * share) < 4 * (n * share * (1 - share)) ** 0.5  # four standard deviations of the binomial


@pytest.mark.parametrize(
    ("name", "options", "word"),
    [
        ("simclr", {"size": 0}, "size"),
        ("simclr", {"crop_min": 0.0}, "crop_min"),
        ("simclr", {"crop_min": 1.1}, "crop_min"),
        ("simclr", {"flip": -0.1}, "flip"),
        ("simclr", {"jitter": 2.6}, "jitter"),
        ("simclr", {"jitter_p": 2.0}, "jitter_p"),
        ("simclr", {"grey_p": -1.0}, "grey_p"),
        ("simclr", {"blur_p": float("nan")}, "blur_p"),
        ("crop-only", {"flip": 1.5}, "flip"),
        ("none", {"size": -3}, "size"),
        ("moco-v2", {"crop_min": 0.0}, "crop_min"),
        ("byol", {"flip": 1.5}, "flip"),
        ("vicreg", {"size": 0}, "size"),
        ("dino", {"crops": -1}, "crops"),
        ("dino", {"small_min": 0.5}, "small_min"),
        ("dino", {"crop_size": 0}, "size"),
    ],
)
def test_options_out_of_range_are_refused(name, options, word):
    with pytest.raises(UserError, match=word):
        VIEWS[name](**options)


def test_options_are_settings():
    assert check(VIEWS["simclr"], {"size": 24}, "views") == {
        "size": 24, "crop_min": 0.08, "flip": 0.5, "jitter": 1.0, "jitter_p": 0.8, "grey_p": 0.2, "blur_p": 0.5,
    }  # fmt: skip
    assert build(VIEWS, {"name": "crop-only", "crop_min": 0.2}) == VIEWS["crop-only"](crop_min=0.2)
