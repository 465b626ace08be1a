"""MoCo v2, BYOL, VICReg and DINO against torchvision, image by image, with the parameters that the recipe drew."""

import numpy as np
import pytest
import torch
from torchvision.transforms.v2 import functional as tv

from sempairs.core.seeds import rng, seed_of, uniforms
from sempairs.views import VIEWS
from sempairs.views.sampling import blur_sigmas, crop_windows, jitter_factors, jitter_order

ADJUST = (tv.adjust_brightness, tv.adjust_contrast, tv.adjust_saturation, tv.adjust_hue)
MOCO, BYOL = (0.4, 0.4, 0.4, 0.1), (0.4, 0.4, 0.2, 0.1)

# Recipe, view; areas of crops, spans of the jitter, how probable blur and solarization are; the side of the view.
TABLE = [
    ("moco-v2", 0, (0.2, 1.0), MOCO, 0.5, 0.0, 42),  # main_moco.py, --aug-plus
    ("moco-v2", 1, (0.2, 1.0), MOCO, 0.5, 0.0, 42),
    ("byol", 0, (0.08, 1.0), BYOL, 1.0, 0.0, 42),  # arXiv 2006.07733, table 6: T
    ("byol", 1, (0.08, 1.0), BYOL, 0.1, 0.2, 42),  # T'
    ("vicreg", 0, (0.08, 1.0), BYOL, 0.5, 0.1, 42),  # arXiv 2105.04906, appendix C.1
    ("vicreg", 1, (0.08, 1.0), BYOL, 0.5, 0.1, 42),
    ("dino", 0, (0.4, 1.0), BYOL, 1.0, 0.0, 42),  # main_dino.py: DataAugmentationDINO and its arguments
    ("dino", 1, (0.4, 1.0), BYOL, 0.1, 0.2, 42),
    ("dino", 2, (0.05, 0.4), BYOL, 0.5, 0.0, 18),  # 3/7 of 42
    ("dino", 9, (0.05, 0.4), BYOL, 0.5, 0.0, 18),
]


@pytest.mark.parametrize(("name", "view", "areas", "spans", "blur", "solarize", "side"), TABLE)
def test_views_equal_torchvisions_per_image(name, view, areas, spans, blur, solarize, side):
    n, seed, counters = 40, seed_of(name), np.arange(100, 140)
    frames = torch.from_numpy(rng("frames").integers(0, 256, (n, 42, 42, 3), dtype=np.uint8))
    drawn = uniforms(seed, counters, 36)
    windows, order = crop_windows(drawn[:, :22], 42, 42, *areas), jitter_order(drawn[:, 28:32])
    factors, sigmas = jitter_factors(drawn[:, 24:28], spans), blur_sigmas(drawn[:, 34])
    kernel = 2 * (side // 10 // 2) + 1

    expected = []
    for i in range(n):
        box = [int(v[i]) for v in (windows.top, windows.left, windows.height, windows.width)]
        image = tv.resized_crop(frames[i].permute(2, 0, 1).float() / 255, *box, [side, side], antialias=True)
        if drawn[i, 22] < 0.5:
            image = tv.horizontal_flip(image)
        for number in order[i] if drawn[i, 23] < 0.8 else ():
            image = ADJUST[number](image, float(factors[i, number]))
        if drawn[i, 32] < 0.2:
            image = tv.rgb_to_grayscale(image, 3)
        if drawn[i, 33] < blur:
            image = tv.gaussian_blur(image, [kernel] * 2, [float(sigmas[i])] * 2)
        if solarize and drawn[i, 35] < solarize:
            image = tv.solarize(image, 0.5)
        expected.append(image)

    # As test_views_simclr.py; solarizing is continuous at .5, so that it makes no error larger.
    torch.testing.assert_close(VIEWS[name]()(frames, seed, counters, view), torch.stack(expected), rtol=0, atol=2e-5)


def test_vicreg_has_the_same_views_on_both_sides_and_byol_has_not():
    frames = torch.from_numpy(rng("frames").integers(0, 256, (20, 42, 42, 3), dtype=np.uint8))
    for name, same in (("moco-v2", True), ("vicreg", True), ("byol", False), ("dino", False)):
        first, second = (VIEWS[name]()(frames, 1, np.arange(20), view) for view in (0, 1))
        assert torch.equal(first, second) == same, name
