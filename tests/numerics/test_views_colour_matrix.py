"""Brightness, contrast and saturation are one matrix of colours only where no value leaves [0, 1] on the way.

Then they are affine maps of a pixel's colour and their product is one; hue is not linear in the colour at all. With a
value that is clamped in between, the product gives something else, so views undergo the adjustments in their order.
"""

import itertools

import numpy as np
import pytest
import torch
from torchvision.transforms.v2 import functional as tv

from sempairs.core.seeds import rng
from sempairs.views.colour import GREY, random_jitter
from sempairs.views.grouping import Grouped

LUMA = np.tile(GREY, (3, 1))


def jittered(image, factors, order):
    """The image after brightness, contrast and saturation in this order, and a hue that is not turned last."""
    rows = np.array([[*order, 3]])
    batch = Grouped(torch.from_numpy(image).float()[None], np.arange(1))
    return random_jitter(batch, np.array([True]), np.array([[*factors, 0.0]]), rows).in_order()[0].double().numpy()


def by_one_matrix(image, factors, order):
    """The image after one affine map of colours: the product of the adjustments' own."""
    matrix, offset = np.eye(3), np.zeros(3)
    for number in order:
        factor = factors[number]
        if number == 1:  # the mean colour goes the way of all colours
            step, shift = factor * np.eye(3), (1 - factor) * (LUMA @ (matrix @ image.mean(axis=(1, 2)) + offset))
        else:
            step = factor * np.eye(3) if number == 0 else factor * np.eye(3) + (1 - factor) * LUMA
            shift = np.zeros(3)
        matrix, offset = step @ matrix, step @ offset + shift
    return np.einsum("dc,chw->dhw", matrix, image) + offset[:, None, None]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_one_matrix_is_exact_where_nothing_is_clamped(order):
    image = 0.4 + 0.2 * rng("matrix", *order).random((3, 9, 9))  # from .4 to .6
    factors = (1.3, 1.2, 1.4)  # 1.3 x (.5 +- .1 x 1.2 x 1.4) stays within (.4, .9)
    # Four float32 adjustments, and hue's way to HSV and back: FOUR_STEPS of test_views_colour.py.
    np.testing.assert_allclose(jittered(image, factors, order), by_one_matrix(image, factors, order), rtol=0, atol=2e-5)


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1)])
def test_where_a_value_is_clamped_the_order_of_torchvision_is_kept_and_one_matrix_is_wrong(order):
    image = rng("clamped", *order).random((3, 9, 9))
    factors = (1.7, 0.4, 1.6)
    theirs = torch.from_numpy(image).float()
    adjust = (tv.adjust_brightness, tv.adjust_contrast, tv.adjust_saturation)
    for number in order:
        theirs = adjust[number](theirs, factors[number])
    ours = jittered(image, factors, order)
    np.testing.assert_allclose(ours, theirs.double().numpy(), rtol=0, atol=2e-5)
    # Brightness alone takes 1 - 1/1.7 = 41% of the values above 1: even clamped at the end, the product is not it.
    assert np.abs(ours - by_one_matrix(image, factors, order).clip(0, 1)).max() > 0.1


def test_hue_is_not_linear_in_the_colour():
    # Linear maps keep the middle of two colours in the middle; a turn of the wheel does not.
    red, blue = torch.tensor([1.0, 0, 0]).view(3, 1, 1), torch.tensor([0, 0, 0.5]).view(3, 1, 1)
    turned = [tv.adjust_hue(colour, 0.1) for colour in (red, blue, (red + blue) / 2)]
    assert ((turned[0] + turned[1]) / 2 - turned[2]).abs().max() > 0.1
