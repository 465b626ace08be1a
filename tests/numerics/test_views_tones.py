"""Solarize, posterize, equalize and erase are torchvision's on float images, to the bit."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torchvision.transforms.v2 import functional as tv

from sempairs.core.seeds import rng, uniforms
from sempairs.views.erase import ERASE_COLUMNS, erase, erase_windows
from sempairs.views.sampling import Windows
from sempairs.views.tones import equalize, posterize, solarize


def images(n, channels, side=19):
    """Random values; some rows are 0, 1 and the borders of levels, some images have few values."""
    pixels = rng("tones", n, channels).random((n, channels, side, side + 3), dtype=np.float32)
    pixels[:, :, :4] = np.float32([0, 1, 0.5, 0.25])[:, None]
    pixels[0, :, 4:] = 0.75
    pixels[1] = np.float32(0.2) + pixels[1] * np.float32(0.1)
    return torch.from_numpy(pixels)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.5, 1.0])
def test_solarize(threshold, channels):
    x = images(6, channels)
    assert torch.equal(solarize(x, threshold), tv.solarize(x, threshold))


@pytest.mark.parametrize("bits", range(1, 9))
def test_posterize(bits):
    x = images(6, 3)
    assert torch.equal(posterize(x, bits), tv.posterize(x, bits))
    assert len(posterize(x, bits).unique()) <= 2**bits


@pytest.mark.parametrize("channels", [1, 3])
def test_equalize(channels):
    x = images(8, channels, side=40)
    assert torch.equal(equalize(x), torch.stack([tv.equalize(image) for image in x]))


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32), st.integers(1, 60), st.integers(1, 40), st.integers(1, 300))
def test_equalize_images_of_few_values(seed, height, width, values):
    # Levels as torchvision writes them, so that its detour over uint8 keeps them.
    x = torch.from_numpy(rng(seed).integers(0, min(256, values), (2, 1, height, width))).float() * (1 / 255)
    assert torch.equal(equalize(x), torch.stack([tv.equalize(image) for image in x]))


def test_what_cannot_be_equalized_is_not_rounded():
    # 12 x 12 pixels are fewer than 255, so that Pillow's step is 0.
    x = torch.from_numpy(rng("few").random((2, 3, 12, 12), dtype=np.float32))
    assert torch.equal(equalize(x), x)
    assert (tv.equalize(x) - x).abs().max() > 1e-3  # torchvision goes over uint8: half a level is .002


def test_equalized_values_are_about_equally_frequent():
    x = torch.from_numpy(rng("skewed").random((1, 1, 64, 64), dtype=np.float32)) ** 3
    counts = torch.histc(equalize(x), bins=8, min=0, max=1)
    # The lowest of 256 levels holds (1/256)^(1/3) = 16% of a cube of uniform numbers and cannot be split: the first
    # of the 8 bins has them all, the other 7 share what is left by about an eighth each.
    assert (counts[1:] / 4096 - 1 / 8).abs().max() < 0.07
    assert torch.histc(x, bins=8, min=0, max=1).max() / 4096 > 0.45  # (1/8)^(1/3) = .5 before


@pytest.mark.parametrize("channels", [1, 3])
def test_erase(channels):
    n = 40
    x, draw = images(n, channels), rng("erase")
    height, width = x.shape[2:]
    heights, widths = draw.integers(0, height, n), draw.integers(0, width, n)
    windows = Windows(draw.integers(0, height - heights), draw.integers(0, width - widths), heights, widths)
    boxes = zip(windows.top, windows.left, windows.height, windows.width, strict=True)
    expected = [tv.erase(image, *map(int, box), torch.tensor(0.25)) for image, box in zip(x, boxes, strict=True)]
    assert torch.equal(erase(x, windows, 0.25), torch.stack(expected))


def slow_erase(numbers, height, width, least, most):
    """Algorithm 1 of the paper with torchvision's rounding, drawing from a row of numbers."""
    for attempt in range(10):
        area = height * width * (least + (most - least) * numbers[attempt])
        ratio = np.exp(np.log(0.3) + (np.log(3.3) - np.log(0.3)) * numbers[10 + attempt])
        h, w = round(np.sqrt(area * ratio)), round(np.sqrt(area / ratio))
        if h < height and w < width:
            return [int(numbers[20] * (height - h + 1)), int(numbers[21] * (width - w + 1)), h, w]
    return None


@settings(deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 40), st.integers(1, 40), st.floats(0.02, 0.9))
def test_rectangles_are_those_of_a_loop_over_attempts(seed, height, width, most):
    numbers = uniforms(seed, np.arange(20), ERASE_COLUMNS)
    windows = erase_windows(numbers, height, width, 0.02, most)
    found = np.stack([windows.top, windows.left, windows.height, windows.width], axis=1)
    for row, box in zip(numbers, found.tolist(), strict=True):
        expected = slow_erase(row, height, width, 0.02, most)
        assert box == expected if expected else box[2:] == [0, 0]
