"""Rotation and shear with crop and flip as one resample: against torchvision, and against loops over the definition."""

import math

import numpy as np
import pytest
import torch
from torchvision.transforms.v2 import InterpolationMode
from torchvision.transforms.v2 import functional as tv

from sempairs.core.seeds import rng
from sempairs.views.affine import show_turned, turns
from sempairs.views.resample import show_windows
from sempairs.views.sampling import Windows, crop_windows, whole_frames


def random_frames(*shape):
    return torch.from_numpy(rng("frames", *shape).integers(0, 256, shape, dtype=np.uint8))


def by_affine(image, angle, shear):
    """Without `fill`, for with `fill=0` torchvision multiplies by how much of a pixel is in the image twice."""
    return tv.affine(image, float(angle), [0, 0], 1.0, [float(shear), 0.0], interpolation=InterpolationMode.BILINEAR)


@pytest.mark.parametrize(("height", "width", "channels"), [(28, 28, 1), (33, 40, 3), (224, 224, 3)])
def test_a_whole_frame_in_its_own_size_is_torchvisions_affine(height, width, channels):
    n = 12
    frames, draw = random_frames(n, height, width, channels), rng("turn", height)
    angles, shears = draw.uniform(-180, 180, n), draw.uniform(-60, 60, n)
    angles[:4], shears[2:6], flip = [0, 90, 15, -30], 0, np.arange(n) % 2 == 1
    expected = []
    for i, frame in enumerate(frames):
        image = frame.permute(2, 0, 1).float() / 255
        expected.append(by_affine(tv.horizontal_flip(image) if flip[i] else image, angles[i], shears[i]))
    ours = show_turned(frames, whole_frames(n, height, width), flip, turns(angles, shears), height, width)
    # torchvision's positions are float32 shares of the image: 224 x 2^-24 x a few roundings = 1e-4 pixels at most.
    torch.testing.assert_close(ours, torch.stack(expected), rtol=0, atol=1e-4)


def test_turned_the_way_torchvisions_rotate_does_not():
    frames = random_frames(1, 21, 21, 3)
    ours = show_turned(frames, whole_frames(1, 21, 21), np.array([False]), turns(np.array([30.0]), np.zeros(1)), 21, 21)
    theirs = tv.rotate(frames[0].permute(2, 0, 1) / 255, -30.0, interpolation=InterpolationMode.BILINEAR)
    torch.testing.assert_close(ours[0], theirs, rtol=0, atol=1e-4)


def slow_pixel(frame, window, flip, angle, shear, height, width, i, j):
    """Pixel (i, j) of a view by the definition: torchvision's three maps backwards, then the crop's triangle filter."""
    top, left, rows, columns = window
    right, down = j + 0.5 - width / 2, i + 0.5 - height / 2
    cos, sin, slope = math.cos(math.radians(angle)), math.sin(math.radians(angle)), math.tan(math.radians(shear))
    right, down = cos * right + sin * down, cos * down - sin * right  # turned back
    right += slope * down  # sheared back
    if flip:
        right = -right
    value, part = np.zeros(frame.shape[2]), 1.0
    weights = []
    for position, start, pixels, size, total in (
        (down + height / 2, top, rows, height, frame.shape[0]),
        (right + width / 2, left, columns, width, frame.shape[1]),
    ):
        scale = pixels / size
        centre, reach = start + position * scale, max(1.0, scale)
        line = np.array([max(0.0, 1 - abs(k + 0.5 - centre) / reach) for k in range(total)])
        weights.append(line / (line.sum() or 1.0))
        part *= min(1.0, max(0.0, min(centre, total - centre) / scale + 0.5))
    for row, column in zip(*np.nonzero(np.outer(*weights)), strict=True):
        value += weights[0][row] * weights[1][column] * frame[row, column]
    return part * value / 255


@pytest.mark.parametrize(
    ("height", "width", "channels", "size"),
    [(12, 12, 1, (12, 12)), (15, 11, 3, (20, 9)), (24, 20, 3, (6, 7))],  # enlarged, both, shrunk
)
def test_any_window_is_its_definition(height, width, channels, size):
    n = 6
    draw, frames = rng("loops", *size), random_frames(n, height, width, channels)
    windows = crop_windows(draw.random((n, 22)), height, width, 0.2)
    angles, shears, flip = draw.uniform(-90, 90, n), draw.uniform(-40, 40, n), draw.random(n) < 0.5
    ours = show_turned(frames, windows, flip, turns(angles, shears), *size)
    for i in range(n):
        window = [int(v[i]) for v in (windows.top, windows.left, windows.height, windows.width)]
        slow = [
            [slow_pixel(frames[i].numpy(), window, flip[i], angles[i], shears[i], *size, a, b) for b in range(size[1])]
            for a in range(size[0])
        ]
        expected = torch.from_numpy(np.array(slow)).permute(2, 0, 1).float()
        # Positions of up to 24 pixels are known to 24 x 2^-24 x a few roundings; weights change by as much.
        torch.testing.assert_close(ours[i], expected, rtol=0, atol=2e-5)


@pytest.mark.parametrize("size", [(64, 64), (20, 24), (7, 9), (90, 70)])
def test_a_frame_that_is_not_turned_is_torchvisions_antialiased_resize(size):
    frames, still, upright = random_frames(3, 40, 48, 3), np.zeros(3), np.zeros(3, dtype=bool)
    ours = show_turned(frames, whole_frames(3, 40, 48), upright, turns(still, still), *size)
    theirs = tv.resize(frames.permute(0, 3, 1, 2).float() / 255, list(size), antialias=True)
    torch.testing.assert_close(ours, theirs, rtol=0, atol=2e-5)  # as test_views_resample.py


@pytest.mark.parametrize(("sides", "size"), [((12, 30), (24, 24)), ((36, 30), (12, 10))])
def test_a_crop_that_is_not_turned_differs_only_where_the_filter_reaches_beyond_the_window(sides, size):
    frames, still, upright = random_frames(3, 60, 60, 3), np.zeros(3), np.zeros(3, dtype=bool)
    start = np.full(3, 11)
    windows = Windows(start, start, np.full(3, sides[0]), np.full(3, sides[1]))
    turned = show_turned(frames, windows, upright, turns(still, still), *size)
    exact = show_windows(frames, windows, upright, *size)
    # The triangle reaches a pixel of the frame or of the view, whichever is larger: so many pixels of the view.
    rows, columns = (math.ceil(max(1, out / side)) for side, out in zip(sides, size, strict=True))
    inner = slice(rows, -rows), slice(columns, -columns)
    torch.testing.assert_close(turned[:, :, *inner], exact[:, :, *inner], rtol=0, atol=2e-5)
    assert (turned - exact).abs().max() > 0.01


def test_of_a_smooth_image_it_is_what_resampling_three_times_gives_and_shows_the_frame_in_the_corners():
    side, window, out, turn = 64, 24, 48, 25.0
    y, x = np.mgrid[:side, :side] + 0.5
    wave = 2 * np.pi / 32
    image = 0.25 * (2 + np.sin(wave * x) + np.sin(wave * y))
    frames = torch.from_numpy(np.rint(255 * image).astype(np.uint8))[None, :, :, None]
    at = np.array([20])
    windows = Windows(at, at, np.array([window]), np.array([window]))
    ours = show_turned(frames, windows, np.array([True]), turns(np.array([turn]), np.zeros(1)), out, out)[0]
    cropped = tv.resized_crop(frames[0].permute(2, 0, 1) / 255, 20, 20, window, window, [out, out], antialias=True)
    theirs = by_affine(tv.horizontal_flip(cropped), turn, 0.0)
    seen = by_affine(torch.ones(1, out, out), turn, 0.0)
    # Linear interpolation is wrong by up to .25 wave^2 / 8 = .0012 along each axis; they do it twice, once in
    # half the wave, and show the window's border pixels where we show what lies beyond: four pixels are left out.
    middle = torch.nn.functional.max_pool2d(1 - seen, 9, stride=1, padding=4) < 1e-3
    assert middle.float().mean() > 0.5
    assert (ours - theirs)[middle].abs().max() < 2 * (1 + 1 + 1 / 4) * 0.0012
    assert theirs[:, 0, 0] == 0
    assert ours.min() > 0  # the frame goes on beyond the window


def test_beyond_the_frame_is_black():
    white, still = torch.full((1, 20, 20, 3), 255, dtype=torch.uint8), np.zeros(1)
    turned = show_turned(white, whole_frames(1, 20, 20), np.array([False]), turns(still + 45, still), 20, 20)
    assert turned[..., 0, 0].max() == 0
    assert turned[..., 8:12, 8:12].min() > 1 - 1e-6
    assert turned.max() <= 1
    # A square turned by 45 degrees is cut to an octagon: 2 (sqrt 2 - 1) of its area.
    assert abs(turned.mean() - 2 * (2**0.5 - 1)) < 0.01
