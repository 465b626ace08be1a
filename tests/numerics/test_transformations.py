"""The transformations of the invariance evaluation are torchvision's, at every strength that is measured."""

import pytest
import torch
from torchvision.transforms.v2 import InterpolationMode
from torchvision.transforms.v2 import functional as tv

from sempairs.core.seeds import rng
from sempairs.evaluation.transformed.transformations import TRANSFORMATIONS

HEIGHT, WIDTH = 40, 48
SHORTER = 40


def images(channels=3):
    """Whole levels of 255, as images have that were read from bytes: smooth shapes with some noise on them."""
    random = rng("transformations", channels)
    coarse = torch.from_numpy(random.random((5, channels, 6, 6)))
    smooth = tv.resize(coarse, [HEIGHT, WIDTH], antialias=True)
    noisy = (smooth + 0.1 * torch.from_numpy(random.normal(size=smooth.shape))).clamp(0, 1)
    return (noisy * 255).round().float() / 255


def affine(x, angle=0.0, translate=(0, 0), scale=1.0, shear=(0.0, 0.0)):
    return tv.affine(x, angle, list(translate), scale, list(shear), interpolation=InterpolationMode.BILINEAR)


def moved(x, right, down):
    return affine(x, translate=(round(right * SHORTER), round(down * SHORTER)))


def cropped(x, top, left, share):
    window = [round(top * HEIGHT), round(left * WIDTH), round(share * HEIGHT), round(share * WIDTH)]
    return tv.resized_crop(x, *window, size=[HEIGHT, WIDTH], antialias=True)


def blurred(x, share):
    return tv.gaussian_blur(x, [5, 5], [share * SHORTER] * 2)  # a tenth of 40 pixels, and the one in the middle


ORACLES = {
    "rotation": lambda x, degrees: affine(x, angle=degrees),
    "translation": moved,
    "scale": lambda x, factor: affine(x, scale=factor),
    "shear": lambda x, across, along: affine(x, shear=(across, along)),
    "crop": cropped,
    "horizontal flip": tv.horizontal_flip,
    "vertical flip": tv.vertical_flip,
    "grey": lambda x: tv.rgb_to_grayscale(x, num_output_channels=3),
    "brightness": tv.adjust_brightness,
    "contrast": tv.adjust_contrast,
    "saturation": tv.adjust_saturation,
    "hue": tv.adjust_hue,
    "blur": blurred,
    "sharpness": tv.adjust_sharpness,
    "invert": tv.invert,
    "equalize": lambda x: torch.stack([tv.equalize(image) for image in x]),
    "posterize": tv.posterize,
}
CASES = [(name, strength) for name, t in TRANSFORMATIONS.items() for strength in t.strengths]


def test_each_has_its_oracle():
    assert set(ORACLES) == set(TRANSFORMATIONS)


@pytest.mark.parametrize(("name", "strength"), CASES)
def test_it_is_torchvisions(name, strength):
    x = images()
    before = x.clone()
    ours, theirs = TRANSFORMATIONS[name].apply(x, *strength), ORACLES[name](x, *strength)
    # float32: positions in a grid of 48 pixels are known to some 1e-6 of a pixel there, and hue divides by chroma.
    assert (ours - theirs).abs().max() < 1e-4
    assert torch.equal(x, before)
    assert not torch.equal(ours, x)


@pytest.mark.parametrize(("name", "strength"), CASES)
def test_only_those_of_colour_leave_grey_images_alone(name, strength):
    transformation = TRANSFORMATIONS[name]
    one, three = images(1), images(1).expand(-1, 3, -1, -1)
    if transformation.of_colour:
        assert (
            transformation.apply(three, *strength) - three
        ).abs().max() < 1e-3  # the weights of luma add up to .9999
    else:
        assert not torch.equal(transformation.apply(one, *strength), one)


def test_small_images_are_moved_and_blurred_as_well():
    # A sixteenth of 8 pixels is less than one; a tenth of them is no kernel.
    x = images(1)[:, :, :8, :8]
    assert torch.equal(TRANSFORMATIONS["translation"].apply(x, 1 / 16, -1 / 16)[:, :, :-1, 1:], x[:, :, 1:, :-1])
    assert not torch.equal(TRANSFORMATIONS["blur"].apply(x, 0.06), x)
