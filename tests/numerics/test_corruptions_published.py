"""Each corruption equals its published definition, image by image, at every severity; noises have their laws."""

import io

import numpy as np
import pytest
import references_corruptions as slow
import torch
from PIL import Image
from scipy import stats

from sempairs.core.seeds import rng
from sempairs.evaluation.corruptions import CORRUPTIONS
from sempairs.evaluation.corruptions.blur import disk
from sempairs.evaluation.corruptions.chance import Chance
from sempairs.evaluation.corruptions.noise import poisson
from sempairs.evaluation.corruptions.severities import SIDES, TABLE

SEVERITIES = [(which, level) for which in range(len(SIDES)) for level in range(5)]
NUMBERS = np.array([3, 0, 71])


def photos(n=2, size=32, channels=3, name="photos"):
    """Smooth coloured pictures with a few edges; values are bytes."""
    noise = torch.from_numpy(rng(name).random((n, channels, 7, 7)))
    smooth = torch.nn.functional.interpolate(noise, (size, size), mode="bicubic", align_corners=True)
    smooth[:, :, 5:20, 9:17] = noise[:, :, :1, :1]
    return (smooth.clamp(0, 1) * 255).round().float() / 255


def compare(name, numbers, reference, tolerance, images=None):
    """`reference(image, i, chance)` for each image of a batch."""
    images = photos() if images is None else images
    chance = Chance(name, 5, NUMBERS[: len(images)])
    fast = CORRUPTIONS[name](images, chance, *numbers).permute(0, 2, 3, 1).numpy()
    for i, image in enumerate(images.permute(0, 2, 3, 1).double().numpy()):
        assert np.abs(fast[i] - reference(image, i, chance)).max() < tolerance, i


# 1e-5 and below are the rounding of float32 sums of numbers up to 1.


@pytest.mark.parametrize(("which", "level"), SEVERITIES)
def test_defocus_blur(which, level):
    numbers = TABLE["defocus blur"][which][level]
    compare("defocus blur", numbers, lambda image, i, chance: slow.defocus_blur(image, *numbers), 1e-5)


def test_a_disk_by_hand():
    # Radius 1: the centre and its four neighbours, a fifth each; a softness of .01 blurs nothing.
    kernel = disk(1.0, 0.01)
    assert kernel.shape == (5, 5)
    assert np.allclose(kernel[1:4, 1:4], np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]]) / 5)


@pytest.mark.parametrize(("which", "level"), SEVERITIES)
def test_glass_blur(which, level):
    sigma, reach, times = TABLE["glass blur"][which][level]

    def reference(image, i, chance):
        h, w, _ = image.shape
        drawn = [chance.uniform(f"offsets {time}", 2, h, w)[i] for time in range(times)]
        offsets = [np.floor(u * 2 * reach).astype(int) - reach for u in drawn]
        return slow.glass_blur(image, sigma, reach, offsets)

    compare("glass blur", (sigma, reach, times), reference, 1e-5)


@pytest.mark.parametrize(("which", "level"), [(0, 0), (0, 4), (1, 4), (2, 2), (2, 4)])
def test_motion_blur(which, level):
    numbers = TABLE["motion blur"][which][level]

    def reference(image, i, chance):
        return slow.motion_blur(image, 90 * chance.uniform("angle")[i] - 45, *numbers)

    compare("motion blur", numbers, reference, 1e-5, photos(2, 20))


@pytest.mark.parametrize("size", [28, 64])
@pytest.mark.parametrize(("which", "level"), [(0, level) for level in range(5)] + [(2, level) for level in range(5)])
def test_zoom_blur(which, level, size):
    numbers = TABLE["zoom blur"][which][level]
    compare("zoom blur", numbers, lambda image, i, chance: slow.zoom_blur(image, *numbers), 1e-5, photos(1, size))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("which", "level"), [(0, 2), (1, 3), (2, 0), (2, 4)])
def test_snow(which, level, channels):
    numbers = TABLE["snow"][which][level]

    def reference(image, i, chance):
        noise = chance.normal("flakes", 1, *image.shape[:2])[i, 0]
        return slow.snow(image, noise, 90 * chance.uniform("angle")[i] - 135, *numbers)

    compare("snow", numbers, reference, 2e-5, photos(2, 20, channels))


@pytest.mark.parametrize("size", [28, 32])  # the map has 32 for both
@pytest.mark.parametrize(("which", "level"), [(0, 0), (0, 4), (1, 2), (2, 1), (2, 4)])
def test_fog(which, level, size):
    numbers = TABLE["fog"][which][level]

    def reference(image, i, chance):
        return slow.fog(image, 2 * chance.uniform("fog", 32, 32)[i] - 1, *numbers)

    compare("fog", numbers, reference, 1e-5, photos(1, size))


@pytest.mark.parametrize("more", [0.05, 0.3, 0.5])
def test_brightness(more):
    images = photos(2, 24)
    images[0, :, :4] = 0  # black has no hue
    images[0, :, 4:8] = images[0, :1, 4:8]  # nor has grey
    compare("brightness", (more,), lambda image, i, chance: slow.brightness(image, more), 1e-6, images)


@pytest.mark.parametrize("factor", [0.75, 0.05])
def test_contrast(factor):
    compare("contrast", (factor,), lambda image, i, chance: slow.contrast(image, factor), 1e-6)


@pytest.mark.parametrize(("which", "level"), SEVERITIES)
def test_elastic_transform(which, level):
    numbers = TABLE["elastic transform"][which][level]
    # The affine map of three points that are moved apart by chance can enlarge a rounding error by its own factor.
    size, tolerance = (40, 2e-4) if which < 2 else (224, 2e-3)

    def reference(image, i, chance):
        h, w, _ = image.shape
        jitter, field = (
            2 * chance.uniform(what, *shape)[i] - 1 for what, shape in (("affine", (3, 2)), ("field", (2, h, w)))
        )
        return slow.elastic_transform(image, jitter, field, *numbers)

    compare("elastic transform", numbers, reference, tolerance, photos(2, size))


@pytest.mark.parametrize("size", [28, 32, 40])
@pytest.mark.parametrize("share", [0.95, 0.85, 0.65, 0.5, 0.25])
def test_pixelate(share, size):
    compare("pixelate", (share,), lambda image, i, chance: slow.pixelate(image, share), 1e-6, photos(2, size))


def test_pixelate_is_pillows_on_bytes_to_a_step():
    # On bytes Pillow rounds after each of four passes, by up to half a step each.
    images = photos(1, 32)
    frame = Image.fromarray((images[0].permute(1, 2, 0) * 255).round().to(torch.uint8).numpy())
    pillow = np.asarray(frame.resize((20, 20), Image.Resampling.BOX).resize((32, 32), Image.Resampling.BOX))
    ours = CORRUPTIONS["pixelate"](images, Chance("pixelate", 0, NUMBERS[:1]), 0.65)[0].permute(1, 2, 0).numpy()
    assert np.abs(255 * ours - pillow).max() <= 2 + 1e-3


@pytest.mark.parametrize("channels", [1, 3])
def test_jpeg_is_pillows(channels):
    images = photos(3, 33, channels)
    ours = CORRUPTIONS["jpeg"](images, Chance("jpeg", 0, NUMBERS), 25).permute(0, 2, 3, 1).numpy()
    for image, mine in zip((images * 255).round().to(torch.uint8).permute(0, 2, 3, 1).numpy(), ours, strict=True):
        file = io.BytesIO()
        Image.fromarray(image.squeeze()).save(file, "JPEG", quality=25)
        assert np.array_equal(np.asarray(Image.open(file)).reshape(image.shape), np.round(255 * mine))


def noisy(name, value, *numbers, n=40, size=50):
    """100,000 values that were all `value`."""
    images = torch.full((n, 1, size, size), value)
    return CORRUPTIONS[name](images, Chance(name, 1, np.arange(n)), *numbers).double().flatten().numpy()


def test_gaussian_noise_is_gaussian():
    values = noisy("gaussian noise", 0.5, 0.18)
    assert stats.kstest((values - 0.5) / 0.18, "norm").pvalue > 0.001


def test_shot_noise_is_poisson():
    # x = 51 / 255 = .2 exactly: counts of mean 12 x = 2.4, by a chi-squared test of 0, 1, ..., 8 and more.
    counts = np.round(12 * noisy("shot noise", 0.2, 12.0)).astype(int)
    expected = np.append(stats.poisson.pmf(range(9), 2.4), stats.poisson.sf(8, 2.4))
    observed = np.bincount(np.minimum(counts, 9), minlength=10)
    assert stats.chisquare(observed, expected * len(counts)).pvalue > 0.001


@pytest.mark.parametrize("photons", [3.0, 60.0, 500.0])
def test_shot_noise_inverts_the_distribution_function(photons):
    levels, uniform = np.arange(256, dtype=np.uint8).repeat(50), rng("uniform").random(256 * 50)
    expected = stats.poisson.ppf(uniform, photons / 255 * levels.astype(float))
    assert np.array_equal(poisson(levels, photons / 255, uniform), expected)


def test_impulse_noise_is_salt_and_pepper():
    # Of 100,000 values 13.5% become 0, as many 1: within four standard deviations of a binomial number, 432.
    values = noisy("impulse noise", 0.3, 0.27)
    assert abs((values == 0).sum() - 13_500) < 432
    assert abs((values == 1).sum() - 13_500) < 432
    assert set(np.unique(values).round(4)) == {0.0, 0.3, 1.0}
