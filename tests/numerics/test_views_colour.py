"""Colour adjustments against torchvision on float images, with the clamping between them."""

import numpy as np
import pytest
import torch
from torchvision.transforms.v2 import functional as tv

from sempairs.core.seeds import rng
from sempairs.views.colour import (
    adjust_brightness,
    adjust_contrast,
    adjust_hue,
    adjust_saturation,
    greyscale,
    random_jitter,
)
from sempairs.views.grouping import Grouped

# One adjustment: a few float32 roundings of numbers up to 2. Hue divides by 6C and multiplies by C again.
ONE_STEP, HUE = 1e-6, 3e-6
# Four adjustments with factors up to 1.8: an error grows by at most 1.8^3 = 5.8.
FOUR_STEPS = 6 * HUE

BY_TORCHVISION = (tv.adjust_brightness, tv.adjust_contrast, tv.adjust_saturation, tv.adjust_hue)


def images(n, channels, side=17):
    """Random colours, and rows of greys, blacks, whites, primaries and ties between channels."""
    pixels = rng("colours", n, channels).random((n, channels, side, side), dtype=np.float32)
    edge = rng("edges", n).choice(np.float32([0, 0, 0.25, 0.5, 1, 1]), (n, channels, side // 2, side))
    pixels[:, :, : side // 2] = edge
    pixels[:, :, 0] = pixels[:, :1, 0]
    return torch.from_numpy(pixels)


def factors_of(values):
    return torch.tensor(values, dtype=torch.float32).view(-1, 1, 1, 1)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(
    ("ours", "theirs"), [(adjust_brightness, tv.adjust_brightness), (adjust_contrast, tv.adjust_contrast)]
)
def test_brightness_and_contrast(ours, theirs, channels):
    values = [0.0, 0.2, 0.7, 1.0, 1.3, 1.8, 3.0]  # up to 1 + .8 x 2.5
    x = images(len(values), channels)
    expected = torch.stack([theirs(image, value) for image, value in zip(x, values, strict=True)])
    torch.testing.assert_close(ours(x, factors_of(values)), expected, rtol=0, atol=ONE_STEP)


def test_saturation():
    values = [0.0, 0.2, 0.7, 1.0, 1.3, 1.8, 3.0]
    x = images(len(values), 3)
    expected = torch.stack([tv.adjust_saturation(image, value) for image, value in zip(x, values, strict=True)])
    torch.testing.assert_close(adjust_saturation(x, factors_of(values)), expected, rtol=0, atol=ONE_STEP)


def test_hue():
    values = [-0.5, -0.31, -0.2, -1 / 6, -0.01, 0.0, 0.05, 1 / 6, 0.2, 1 / 3, 0.5]
    x = images(len(values), 3, side=64)
    expected = torch.stack([tv.adjust_hue(image, value) for image, value in zip(x, values, strict=True)])
    turned = adjust_hue(x, factors_of(values))
    torch.testing.assert_close(turned, expected, rtol=0, atol=HUE)
    assert turned.min() >= 0
    assert turned.max() <= 1


def test_a_third_of_a_turn_makes_red_green_and_greys_stay():
    x = torch.tensor([[1.0, 0.4], [0.0, 0.4], [0.0, 0.4]]).view(1, 3, 1, 2)
    turned = adjust_hue(x, factors_of([1 / 3]))
    expected = torch.tensor([[0.0, 0.4], [1.0, 0.4], [0.0, 0.4]]).view(1, 3, 1, 2)  # the definition of HSV
    torch.testing.assert_close(turned, expected, rtol=0, atol=HUE)


def test_greyscale():
    x = images(3, 3)
    torch.testing.assert_close(greyscale(x), tv.rgb_to_grayscale(x), rtol=0, atol=ONE_STEP)
    assert torch.equal(greyscale(x[:, :1]), x[:, :1])


@pytest.mark.parametrize("channels", [1, 3])
def test_jitter_equals_torchvision_in_each_samples_own_order(channels):
    n = 48
    draw = rng("jitter")
    x = images(n, channels)
    order = np.argsort(draw.random((n, 4)), axis=1)
    factors = np.concatenate([draw.uniform(0.2, 1.8, (n, 3)), draw.uniform(-0.2, 0.2, (n, 1))], axis=1)
    chosen = draw.random(n) < 0.8

    expected = []
    for i, image in enumerate(x):
        for number in order[i] if chosen[i] else ():
            image = BY_TORCHVISION[number](image, float(factors[i, number]))
        expected.append(image)
    batch = random_jitter(Grouped(x, np.arange(n)), chosen, factors, order)
    torch.testing.assert_close(batch.in_order(), torch.stack(expected), rtol=0, atol=FOUR_STEPS)


def test_clamping_happens_between_the_steps():
    # .8 brightened twofold is clamped to 1, so darkening by half in the blend towards grey gives .5 + .5 mean.
    x = torch.full((1, 1, 2, 2), 0.8)
    x[..., 0] = 0.2
    factors = np.array([[2.0, 0.5, 1.0, 0.0]])
    batch = random_jitter(Grouped(x, np.arange(1)), np.array([True]), factors, np.array([[0, 1, 2, 3]]))
    # Brightness: .4 and min(1.6, 1) = 1, mean .7. Contrast .5: .2 + .35 = .55 and .5 + .35 = .85.
    expected = torch.tensor([[0.55, 0.85], [0.55, 0.85]]).view(1, 1, 2, 2)
    torch.testing.assert_close(batch.in_order(), expected, rtol=0, atol=ONE_STEP)
