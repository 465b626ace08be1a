"""The whole recipe against torchvision, image by image, with the parameters that the recipe drew."""

import numpy as np
import pytest
import torch
from torchvision.transforms.v2 import functional as tv

from sempairs.core.seeds import rng, seed_of, uniforms
from sempairs.views import VIEWS
from sempairs.views.sampling import blur_sigmas, crop_windows, jitter_factors, jitter_order

ADJUST = (tv.adjust_brightness, tv.adjust_contrast, tv.adjust_saturation, tv.adjust_hue)


@pytest.mark.parametrize(("side", "channels", "size"), [(28, 1, None), (48, 3, 40), (40, 3, 96)])
def test_simclr_equals_torchvision_per_image(side, channels, size):
    n, seed, counters = 40, seed_of("simclr"), np.arange(100, 140)
    frames = torch.from_numpy(rng("frames").integers(0, 256, (n, side, side, channels), dtype=np.uint8))
    drawn = uniforms(seed, counters, 35)
    windows, order = crop_windows(drawn[:, :22], side, side, 0.08), jitter_order(drawn[:, 28:32])
    factors, sigmas = jitter_factors(drawn[:, 24:28], (0.8, 0.8, 0.8, 0.2)), blur_sigmas(drawn[:, 34])
    out = size or side
    kernel = 2 * (out // 10 // 2) + 1

    expected = []
    for i in range(n):
        box = [int(v[i]) for v in (windows.top, windows.left, windows.height, windows.width)]
        image = tv.resized_crop(frames[i].permute(2, 0, 1).float() / 255, *box, [out, out], antialias=True)
        if drawn[i, 22] < 0.5:
            image = tv.horizontal_flip(image)
        for number in order[i] if drawn[i, 23] < 0.8 else ():
            image = ADJUST[number](image, float(factors[i, number]))
        if drawn[i, 32] < 0.2:
            image = tv.rgb_to_grayscale(image, channels)
        if drawn[i, 33] < 0.5:
            image = tv.gaussian_blur(image, [kernel] * 2, [float(sigmas[i])] * 2)
        expected.append(image)

    views = VIEWS["simclr"](size=size)(frames, seed, counters)
    # The crop is known to 1e-6 at these sides, and four adjustments by up to 1.8 make it at most 6 times as much.
    torch.testing.assert_close(views, torch.stack(expected), rtol=0, atol=2e-5)
