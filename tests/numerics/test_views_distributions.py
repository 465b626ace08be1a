"""Sampled parameters have torchvision's distribution.

Two-sample Kolmogorov-Smirnov tests with fixed seeds; an honest sampler fails one with probability .001, a wrong range,
ratio or rounding fails by many powers of ten at these sizes.
"""

import numpy as np
import pytest
import torch
from scipy.stats import chisquare, ks_2samp
from torchvision.transforms import v2

from sempairs.core.seeds import seed_of, uniforms
from sempairs.views.sampling import CROP_COLUMNS, RATIOS, blur_sigmas, crop_windows, jitter_factors, jitter_order

ALPHA = 0.001


@pytest.mark.parametrize(("height", "width", "area_min"), [(32, 32, 0.08), (48, 20, 0.2), (28, 28, 0.9)])
def test_crops(height, width, area_min):
    torch.manual_seed(0)
    crop = v2.RandomResizedCrop(8, scale=(area_min, 1.0), ratio=RATIOS)
    image = [torch.zeros(1, height, width)]
    theirs = [crop.make_params(image) for _ in range(4000)]
    ours = crop_windows(uniforms(seed_of("test"), np.arange(20_000), CROP_COLUMNS), height, width, area_min)
    for name in ("top", "left", "height", "width"):
        assert ks_2samp(getattr(ours, name), [params[name] for params in theirs]).pvalue > ALPHA, name
    areas = np.array([params["height"] * params["width"] for params in theirs])
    assert ks_2samp(ours.height * ours.width, areas).pvalue > ALPHA
    ratios = np.array([params["width"] / params["height"] for params in theirs])
    assert ks_2samp(ours.width / ours.height, ratios).pvalue > ALPHA


@pytest.mark.parametrize("strength", [0.5, 1.0, 2.5])  # at 2.5 the lower bound of the factors is cut at 0
def test_jitter_factors(strength):
    torch.manual_seed(0)
    jitter = v2.ColorJitter(0.8 * strength, 0.8 * strength, 0.8 * strength, 0.2 * strength)
    theirs = [jitter.make_params([]) for _ in range(3000)]
    spans = (0.8 * strength, 0.8 * strength, 0.8 * strength, 0.2 * strength)
    ours = jitter_factors(uniforms(seed_of("test"), np.arange(20_000), 4), spans)
    for column, name in enumerate(("brightness", "contrast", "saturation", "hue")):
        assert ks_2samp(ours[:, column], [params[f"{name}_factor"] for params in theirs]).pvalue > ALPHA, name


def test_all_24_orders_are_equally_likely():
    orders = jitter_order(uniforms(seed_of("test"), np.arange(24_000), 4))
    _, counts = np.unique(orders, axis=0, return_counts=True)
    assert len(counts) == 24  # 4!
    assert chisquare(counts).pvalue > ALPHA


def test_blur_sigmas():
    torch.manual_seed(0)
    blur = v2.GaussianBlur(3, sigma=(0.1, 2.0))
    theirs = [blur.make_params([])["sigma"][0] for _ in range(3000)]
    assert ks_2samp(blur_sigmas(uniforms(seed_of("test"), np.arange(20_000), 1)[:, 0]), theirs).pvalue > ALPHA
