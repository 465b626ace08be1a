"""What the steps draw has torchvision's distribution: spans of the jitter, its order, angles, rectangles, choices.

Two-sample Kolmogorov-Smirnov tests with fixed seeds; an honest sampler fails one with probability .001, a wrong range,
ratio or rounding fails by many powers of ten at these sizes. Crops and SimCLR's jitter: test_views_distributions.py.
"""

import numpy as np
import pytest
import torch
from scipy.stats import chi2_contingency, ks_2samp
from torchvision.transforms import v2

from sempairs.core.seeds import rng, seed_of, uniforms
from sempairs.views import STEPS
from sempairs.views.appearance import Jitter
from sempairs.views.erase import ERASE_COLUMNS, erase_windows
from sempairs.views.geometry import Crop, Geometry, Rotate, Shear
from sempairs.views.grouping import Grouped
from sempairs.views.sampling import RATIOS, jitter_factors, jitter_order

ALPHA = 0.001
N, THEIRS = 20_000, 3000


def drawn(columns):
    return uniforms(seed_of("steps"), np.arange(N), columns)


def geometry(height=40, width=40):
    return Geometry.whole(N, height, width)


@pytest.mark.parametrize("degrees", [15.0, 180.0])
def test_angles_of_rotation(degrees):
    torch.manual_seed(0)
    rotation = v2.RandomRotation(degrees)
    theirs = [rotation.make_params([])["angle"] for _ in range(THEIRS)]
    assert ks_2samp(Rotate(degrees=degrees)(geometry(), drawn(1)).angles, theirs).pvalue > ALPHA


def test_angles_of_shear():
    torch.manual_seed(0)
    affine, image = v2.RandomAffine(0, shear=20), [torch.zeros(1, 8, 8)]
    theirs = [affine.make_params(image)["shear"] for _ in range(THEIRS)]
    assert {across for _, across in theirs} == {0.0}  # with one number torchvision shears along x alone
    assert ks_2samp(Shear(degrees=20.0)(geometry(), drawn(1)).shears, [along for along, _ in theirs]).pvalue > ALPHA


def test_crops_up_to_a_greatest_area():
    torch.manual_seed(0)
    crop, image = v2.RandomResizedCrop(8, scale=(0.2, 0.6), ratio=RATIOS), [torch.zeros(1, 40, 64)]
    theirs = [crop.make_params(image) for _ in range(THEIRS)]
    step = Crop(min=0.2, max=0.6)
    ours = step(geometry(40, 64), drawn(step.columns)).windows
    for name in ("top", "left", "height", "width"):
        assert ks_2samp(getattr(ours, name), [params[name] for params in theirs]).pvalue > ALPHA, name


@pytest.mark.parametrize("spans", [(0.4, 0.4, 0.2, 0.1), (1.5, 0.3, 0.9, 0.5)])  # BYOL's; a lower bound cut at 0
def test_factors_of_jitter(spans):
    torch.manual_seed(0)
    jitter = v2.ColorJitter(*spans)
    theirs = [jitter.make_params([]) for _ in range(THEIRS)]
    ours = jitter_factors(drawn(4), spans)
    for column, name in enumerate(("brightness", "contrast", "saturation", "hue")):
        assert ks_2samp(ours[:, column], [params[f"{name}_factor"] for params in theirs]).pvalue > ALPHA, name


def test_orders_of_jitter():
    torch.manual_seed(0)
    jitter = v2.ColorJitter(*[0.4] * 4)
    theirs = np.array([jitter.make_params([])["fn_idx"].tolist() for _ in range(6000)])
    ours = jitter_order(drawn(Jitter.columns)[:, 5:])
    powers = 4 ** np.arange(4)  # an order as one number
    counts = [np.unique(orders @ powers, return_counts=True)[1] for orders in (ours, theirs)]
    assert [len(count) for count in counts] == [24, 24]  # 4!
    assert chi2_contingency(counts).pvalue > ALPHA


@pytest.mark.parametrize(("height", "width", "least", "most"), [(32, 32, 0.02, 0.33), (48, 20, 0.1, 0.7)])
def test_erased_rectangles(height, width, least, most):
    torch.manual_seed(0)
    erasing, image = v2.RandomErasing(scale=(least, most)), [torch.zeros(1, height, width)]
    theirs = [erasing.make_params(image) for _ in range(2 * THEIRS)]
    missed = np.mean([params["v"] is None for params in theirs])
    theirs = [params for params in theirs if params["v"] is not None]
    windows = erase_windows(drawn(ERASE_COLUMNS), height, width, least, most)
    found = windows.height > 0
    # Four standard deviations of the difference of two shares.
    assert abs(missed - (~found).mean()) <= 4 * (0.25 / N + 0.25 / (2 * THEIRS)) ** 0.5
    ours = {"i": windows.top, "j": windows.left, "h": windows.height, "w": windows.width}
    for name, values in ours.items():
        assert ks_2samp(values[found], [params[name] for params in theirs]).pvalue > ALPHA, name
    areas, ratios = (windows.height * windows.width)[found], windows.height[found] / windows.width[found]
    assert ks_2samp(areas, [params["h"] * params["w"] for params in theirs]).pvalue > ALPHA
    assert ks_2samp(ratios, [params["h"] / params["w"] for params in theirs]).pvalue > ALPHA


@pytest.mark.parametrize("name", ["jitter", "grey", "blur", "solarize", "posterize", "equalize", "erase"])
def test_samples_are_chosen_as_often_as_said(name):
    # White noise of 20 pixels: each step changes every image it is applied to.
    n, share = 1000, 0.3
    images = torch.from_numpy(rng("noise").random((n, 3, 20, 20), dtype=np.float32))
    step = STEPS[name](p=share)
    changed = step(Grouped(images, np.arange(n)), uniforms(seed_of(name), np.arange(n), step.columns)).in_order()
    count = int((changed != images).flatten(1).any(1).sum())
    assert abs(count - n * share) < 4 * (n * share * (1 - share)) ** 0.5  # four standard deviations of the binomial
