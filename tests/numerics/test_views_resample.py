"""Crop, resize, flip and blur against torchvision on float images."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torchvision.transforms.v2 import functional as tv

from sempairs.core.seeds import rng
from sempairs.views.blur import gaussian_blur, kernel_side
from sempairs.views.resample import show_windows
from sempairs.views.sampling import Windows

# Both compute weights in float32; a centre of up to 224 pixels is known to 224 x 2^-24 = 1.3e-5 pixels.
TOLERANCE = 2e-5


def random_frames(*shape):
    return torch.from_numpy(rng("frames", *shape).integers(0, 256, shape, dtype=np.uint8))


def random_windows(n, height, width):
    draw = rng("windows", n, height, width)
    heights, widths = draw.integers(1, height + 1, n), draw.integers(1, width + 1, n)
    return Windows(draw.integers(0, height - heights + 1), draw.integers(0, width - widths + 1), heights, widths)


def by_torchvision(frames, windows, flip, size):
    views = []
    for i, frame in enumerate(frames):
        box = [int(v[i]) for v in (windows.top, windows.left, windows.height, windows.width)]
        view = tv.resized_crop(frame.permute(2, 0, 1).float() / 255, *box, size, antialias=True)
        views.append(tv.horizontal_flip(view) if flip[i] else view)
    return torch.stack(views)


@pytest.mark.parametrize(
    ("height", "width", "channels", "size"),
    [
        (28, 28, 1, (28, 28)),  # crops enlarged
        (32, 32, 3, (32, 32)),
        (64, 40, 3, (24, 24)),  # enlarged and shrunk, not square
        (200, 224, 3, (96, 80)),
        (224, 224, 3, (7, 9)),  # shrunk 32-fold
        (9, 11, 1, (50, 60)),  # enlarged only
    ],
)
def test_windows_equal_resized_crop(height, width, channels, size):
    n = 40
    frames, windows = random_frames(n, height, width, channels), random_windows(n, height, width)
    flip = np.arange(n) % 2 == 1
    ours = show_windows(frames, windows, flip, *size)
    torch.testing.assert_close(ours, by_torchvision(frames, windows, flip, size), rtol=0, atol=TOLERANCE)


@settings(deadline=None, max_examples=40)
@given(
    st.integers(1, 20), st.integers(1, 20), st.integers(0, 5), st.integers(0, 5), st.booleans(), st.sampled_from([1, 3])
)
def test_a_window_of_the_views_size_is_copied_exactly(height, width, top, left, flip, channels):
    frames = random_frames(2, height + top, width + left, channels)
    n = (np.full(2, v) for v in (top, left, height, width))
    view = show_windows(frames, Windows(*n), np.array([flip, flip]), height, width)
    pixels = frames[:, top:, left:].permute(0, 3, 1, 2).float() / 255
    assert torch.equal(view, pixels.flip(3) if flip else pixels)


@pytest.mark.parametrize(("height", "width", "channels", "kernel"), [(28, 28, 1, 3), (40, 33, 3, 9), (64, 64, 3, 23)])
def test_blur_equals_torchvisions(height, width, channels, kernel):
    images = random_frames(12, height, width, channels).permute(0, 3, 1, 2).float() / 255
    sigmas = np.linspace(0.1, 2.0, 12)
    theirs = torch.stack(
        [tv.gaussian_blur(i, [kernel] * 2, [s] * 2) for i, s in zip(images, sigmas.tolist(), strict=True)]
    )
    # torchvision sums up to 23^2 float32 products in a row: sqrt(529) x 2^-24 = 1.4e-6 of rounding; twice that.
    torch.testing.assert_close(gaussian_blur(images, sigmas, kernel), theirs, rtol=0, atol=3e-6)


@pytest.mark.parametrize(("side", "kernel"), [(19, 1), (20, 3), (32, 3), (96, 9), (224, 23)])
def test_the_kernel_is_a_tenth_of_the_side_and_odd(side, kernel):
    # The rule of SimCLR's own code: radius (side // 10) // 2, kernel 2 radius + 1.
    assert kernel_side(side) == kernel == 2 * (side // 10 // 2) + 1
