"""Multi-crop: how many views of which size, what each shows, and from how much of the frame."""

import dataclasses

import numpy as np
import pytest
import torch
from scipy.stats import ks_2samp
from torchvision.transforms import v2

from made import made_source
from sempairs.core.errors import UserError
from sempairs.core.seeds import rng, seed_of, uniforms
from sempairs.core.settings import build
from sempairs.views import VIEWS, blocks
from sempairs.views.base import Recipe
from sempairs.views.loader import PairLoader
from sempairs.views.sampling import CROP_COLUMNS, RATIOS, crop_windows

SEED = seed_of("test of multi-crop")
PLAIN = dict(jitter=0.0, grey_p=0.0, blur_p=0.0)


def multi_crop(**options: object) -> Recipe:
    recipe: Recipe = build(VIEWS, {"name": "multi-crop", **options})
    return recipe


def frames(n: int, height: int = 28, width: int = 28, channels: int = 3) -> torch.Tensor:
    return torch.from_numpy(rng("frames").integers(0, 256, (n, height, width, channels), dtype=np.uint8))


@pytest.mark.parametrize(
    ("options", "shape", "sides"),
    [
        ({}, (28, 28), [(28, 28)] * 2 + [(12, 12)] * 6),  # 3/7 of 28
        ({"size": 224, "crops": 3}, (30, 30), [(224, 224)] * 2 + [(96, 96)] * 3),  # the paper's
        ({"size": 20, "crop_size": 9, "crops": 1}, (28, 28), [(20, 20)] * 2 + [(9, 9)]),
        ({"crops": 2}, (21, 40), [(21, 40)] * 2 + [(9, 9)] * 2),  # 3/7 of the shorter side
        ({"crops": 0}, (28, 28), [(28, 28)] * 2),
    ],
)
def test_number_and_sizes(options, shape, sides):
    recipe = multi_crop(**options)
    views = [recipe(frames(3, *shape), SEED, np.arange(3), view) for view in range(recipe.views)]
    assert [tuple(view.shape) for view in views] == [(3, 3, *side) for side in sides]


def test_even_views_show_the_first_image_of_a_pair_and_odd_ones_the_second():
    # Images of one value each keep it under crop, resize and flip.
    grey = np.arange(6, dtype=np.uint8)[:, None, None, None] * 40
    source = dataclasses.replace(made_source(6), frames=grey + np.zeros((6, 12, 12, 1), dtype=np.uint8))
    positions, unknown = np.arange(6).reshape(3, 2), np.full((3, 2), -1)
    loader = PairLoader(source, positions, unknown, multi_crop(crops=4, **PLAIN), 3, 0, torch.device("cpu"))
    views, _ = loader.batch(0)
    for number, view in enumerate(views):
        shown = (view.flatten(1).mean(dim=1) * 255).round().numpy()
        assert shown.tolist() == (40 * positions[loader.order(0), number % 2]).tolist()


@pytest.mark.parametrize("view", [0, 1, 2, 5])
def test_a_row_has_the_same_bits_in_every_batch(view, monkeypatch):
    images, counters, recipe = frames(64), rng("counters").permutation(1000)[:64], multi_crop()
    whole = recipe(images, SEED, counters, view)
    rows = rng("rows", view).permutation(64)[:7]
    assert torch.equal(recipe(images[rows], SEED, counters[rows], view), whole[rows])
    monkeypatch.setattr(blocks, "ON_CPU", 20_000)
    assert torch.equal(recipe(images, SEED, counters, view), whole)


def test_large_views_are_those_of_simclr_with_the_same_least_area():
    images, counters = frames(40), np.arange(40)
    simclr = VIEWS["simclr"](crop_min=0.14)
    assert torch.equal(multi_crop()(images, SEED, counters, 1), simclr(images, SEED, counters, 1))


def test_small_views_are_augmented_as_simclrs_of_their_size():
    # From the same area, a small view is the view that simclr makes of that size: colours and blur included.
    images, counters = frames(40, 60, 60), np.arange(40)
    small = multi_crop(crop_size=24, small_min=0.3, small_max=1.0)
    assert torch.equal(small(images, SEED, counters, 2), VIEWS["simclr"](size=24, crop_min=0.3)(images, SEED, counters))


def test_areas_of_crops_have_torchvisions_distribution():
    torch.manual_seed(0)
    crop = v2.RandomResizedCrop(8, scale=(0.05, 0.14), ratio=RATIOS)
    image = [torch.zeros(1, 96, 96)]
    theirs = [crop.make_params(image) for _ in range(3000)]
    ours = crop_windows(uniforms(SEED, np.arange(20_000), CROP_COLUMNS), 96, 96, 0.05, 0.14)
    areas = np.array([params["height"] * params["width"] for params in theirs])
    # Two-sample Kolmogorov-Smirnov: an honest sampler fails with probability .001.
    assert ks_2samp(ours.height * ours.width, areas).pvalue > 0.001
    assert ks_2samp(ours.top, [params["top"] for params in theirs]).pvalue > 0.001


def test_small_views_show_as_little_as_said():
    # On a ramp of one value for each column a view's span of values is the share of the width that it shows, but for
    # half a pixel at both of its ends. The width is sqrt(area x ratio), in whole pixels of 256.
    ramp = torch.arange(256, dtype=torch.uint8)[:, None].expand(200, 256, 256, 1)
    recipe = multi_crop(size=28, **PLAIN)
    for view, least, most in ((0, 0.14, 1.0), (3, 0.05, 0.14)):
        views = recipe(ramp, SEED, np.arange(200), view)
        side = views.shape[3]
        width = (views.amax((1, 2, 3)) - views.amin((1, 2, 3))) * side / (side - 1)
        expected_least, expected_most = (least * 3 / 4) ** 0.5, min(1.0, (most * 4 / 3) ** 0.5)
        assert width.min() > expected_least - 0.01  # rounded by up to half a pixel, and flat half a pixel at the ends
        assert width.max() < expected_most + 0.01
        assert width.max() - width.min() > 0.8 * (expected_most - expected_least)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"crops": -1}, "crops"),
        ({"crop_size": 0}, "size"),
        ({"small_min": 0.0}, "small_min"),
        ({"small_max": 1.5}, "small_max"),
        ({"small_min": 0.3, "small_max": 0.2}, "small_min"),
        ({"small_max": float("nan")}, "small_max"),
        ({"crop_min": 0.0}, "crop_min"),
        ({"jitter": 3.0}, "jitter"),
        ({"blur_p": 2.0}, "blur_p"),
    ],
)
def test_options_out_of_range_are_refused(options, word):
    with pytest.raises(UserError, match=word):
        VIEWS["multi-crop"](**options)
