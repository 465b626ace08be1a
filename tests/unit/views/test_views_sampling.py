"""The crop sampler decides as torchvision's does when it is given the same numbers, and falls back as it does."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torchvision.transforms import v2

from sempairs.core.seeds import uniforms
from sempairs.views.sampling import CROP_COLUMNS, RATIOS, crop_windows, jitter_order, whole_frames


def slow_crop(numbers: np.ndarray, height: int, width: int, area_min: float) -> tuple[int, int, int, int]:
    """torchvision's get_params, line by line, drawing from a row of numbers."""
    for attempt in range(10):
        area = height * width * (area_min + (1 - area_min) * numbers[attempt])
        ratio = np.exp(np.log(3 / 4) + (np.log(4 / 3) - np.log(3 / 4)) * numbers[10 + attempt])
        w, h = round(np.sqrt(area * ratio)), round(np.sqrt(area / ratio))
        if 0 < w <= width and 0 < h <= height:
            return int(numbers[20] * (height - h + 1)), int(numbers[21] * (width - w + 1)), h, w
    in_ratio = width / height
    if in_ratio < 3 / 4:
        w, h = width, round(width / (3 / 4))
    elif in_ratio > 4 / 3:
        h, w = height, round(height * (4 / 3))
    else:
        w, h = width, height
    return (height - h) // 2, (width - w) // 2, h, w


@settings(deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 60), st.integers(1, 60), st.floats(0.01, 1))
def test_crops_are_those_of_a_loop_over_attempts(seed, height, width, area_min):
    numbers = uniforms(seed, np.arange(20), CROP_COLUMNS)
    windows = crop_windows(numbers, height, width, area_min)
    found = np.stack([windows.top, windows.left, windows.height, windows.width], axis=1)
    assert found.tolist() == [list(slow_crop(row, height, width, area_min)) for row in numbers]
    assert (windows.top >= 0).all()
    assert (windows.top + windows.height <= height).all()
    assert (windows.left >= 0).all()
    assert (windows.left + windows.width <= width).all()


@pytest.mark.parametrize(("height", "width"), [(10, 100), (100, 10), (40, 30), (30, 40), (50, 50)])
def test_the_fallback_is_torchvisions(height, width):
    # Area 1 with an extreme ratio never fits but for the exact one: numbers of .99 ask for area ~1 and ratio ~4/3.
    numbers = np.full((1, CROP_COLUMNS), 0.999)
    numbers[:, 10:20] = 0.0 if width > height else 0.999
    window = crop_windows(numbers, height, width, 1.0)
    found = tuple(int(v[0]) for v in (window.top, window.left, window.height, window.width))
    # torchvision falls back when no attempt fits: a scale above 1 makes sure of it.
    crop = v2.RandomResizedCrop(8, scale=(4.0, 4.0), ratio=RATIOS)
    params = crop.make_params([torch.zeros(3, height, width)])
    assert found == (params["top"], params["left"], params["height"], params["width"])


def test_whole_frames_show_everything():
    windows = whole_frames(2, 5, 7)
    assert windows.top.tolist() == windows.left.tolist() == [0, 0]
    assert (windows.height.tolist(), windows.width.tolist()) == ([5, 5], [7, 7])


def test_the_order_is_the_sorting_order():
    assert jitter_order(np.array([[0.9, 0.1, 0.5, 0.3]])).tolist() == [[1, 3, 2, 0]]
