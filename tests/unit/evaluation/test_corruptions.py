"""The corruptions as a family: what each image is given, which severities, and what comes out for any size."""

import numpy as np
import pytest
import torch

from sempairs.core.errors import UserError
from sempairs.core.seeds import rng
from sempairs.evaluation.corruptions import CORRUPTIONS, corrupt
from sempairs.evaluation.corruptions.chance import Chance
from sempairs.evaluation.corruptions.severities import LEVELS, SIDES, TABLE, severities, table_side
from sempairs.evaluation.corruptions.weather import TINTS, frost

NAMES = pytest.mark.parametrize("name", list(CORRUPTIONS))
DRAWN = {
    "gaussian noise", "shot noise", "impulse noise", "glass blur", "motion blur", "snow", "frost", "fog",
    "elastic transform",
}  # fmt: skip


def images(n=4, channels=3, height=28, width=28):
    """Smooth ones: a picture with a slope everywhere shows any move and any blur of its edges."""
    noise = torch.from_numpy(rng("corrupted", channels).random((n, channels, 6, 6))).float()
    return torch.nn.functional.interpolate(noise, (height, width), mode="bilinear")


def test_there_are_fifteen_at_five_severities_for_each_size():
    assert len(CORRUPTIONS) == 15
    assert set(TABLE) == set(CORRUPTIONS)
    assert all(len(table) == len(SIDES) and all(len(row) == LEVELS for row in table) for table in TABLE.values())


@pytest.mark.parametrize(
    ("size", "side"), [((28, 28), 32), ((48, 90), 32), ((64, 64), 64), ((128, 300), 64), ((129, 129), 224)]
)
def test_severities_are_those_of_the_nearest_published_size(size, side):
    assert table_side(size) == side
    assert severities("gaussian noise", size)[0] == {32: (0.04,), 64: (0.04,), 224: (0.08,)}[side]


def test_tiny_images_are_refused():
    with pytest.raises(UserError, match="11 pixels"):
        table_side((11, 40))


@NAMES
@pytest.mark.parametrize(("channels", "height", "width"), [(1, 12, 12), (1, 28, 28), (3, 64, 50), (3, 131, 129)])
def test_values_stay_values(name, channels, height, width):
    clean = images(2, channels, height, width)
    before = clean.clone()
    for severity in (1, 5):
        made = corrupt(clean, name, severity, 0, np.arange(2))
        assert made.shape == clean.shape
        assert made.dtype == torch.float32
        assert torch.isfinite(made).all()
        assert made.min() >= 0
        assert made.max() <= 1
        assert not torch.equal(made, clean)
    assert torch.equal(clean, before)


@NAMES
def test_what_is_drawn_depends_on_the_image_and_the_seed_alone(name):
    clean = images(1).expand(4, -1, -1, -1).contiguous()
    numbers = np.array([9, 2, 5, 9])
    batch = corrupt(clean, name, 4, 0, numbers)
    assert torch.allclose(batch[0], batch[3], atol=1e-5)  # float32 sums in other orders
    assert torch.allclose(corrupt(clean[:1], name, 4, 0, numbers[1:2])[0], batch[1], atol=1e-5)
    moved = (batch[0] - batch[1]).abs().max() > 1e-3, (corrupt(clean, name, 4, 1, numbers) - batch).abs().max() > 1e-3
    assert moved == ((True, True) if name in DRAWN else (False, False))


def test_corruptions_of_an_image_draw_other_numbers():
    one, other = (Chance(name, 0, np.arange(3)).uniform("noise", 4) for name in ("gaussian noise", "shot noise"))
    assert not np.array_equal(one, other)


def test_noise_of_all_severities_is_the_same_field():
    grey = torch.full((1, 1, 28, 28), 0.5)
    weak, strong = (corrupt(grey, "gaussian noise", severity, 0, np.arange(1)) - 0.5 for severity in (1, 5))
    assert torch.allclose(weak * 0.10 / 0.04, strong, atol=1e-5)


@pytest.mark.parametrize(
    "name", ["defocus blur", "glass blur", "motion blur", "zoom blur", "elastic transform", "contrast", "pixelate"]
)
def test_what_only_moves_and_mixes_pixels_leaves_one_colour_alone(name):
    plain = torch.tensor([0.2, 0.5, 0.9])[None, :, None, None].expand(2, 3, 40, 40).contiguous()
    for severity in range(1, 6):
        assert torch.allclose(corrupt(plain, name, severity, 0, np.arange(2)), plain, atol=1e-5)


@pytest.mark.parametrize("name", ["contrast", "fog", "brightness", "snow"])
def test_a_grey_image_is_a_colour_image_without_colour(name):
    grey = images(3, 1)
    one = corrupt(grey, name, 3, 0, np.arange(3))
    three = corrupt(grey.expand(-1, 3, -1, -1).contiguous(), name, 3, 0, np.arange(3))
    assert torch.allclose(one.expand(-1, 3, -1, -1), three, atol=2e-4)  # the weights of luma add up to .9999


def test_frost_has_the_colours_and_the_spread_of_the_authors_photographs():
    # Alone (keep 0, share 1) and for many images: means are those of the five photographs, which are drawn equally
    # often, within four standard errors; the spread within an image is .11, less what is cut off at 0 and 1.
    black = torch.zeros(400, 3, 64, 64)
    ice = frost(black, Chance("frost", 0, np.arange(400)), 0.0, 1.0)
    means = ice.mean(dim=(2, 3))
    error = 4 * TINTS.std(dim=0) / 400**0.5
    assert ((means.mean(dim=0) - TINTS.mean(dim=0)).abs() < error + 0.01).all()
    assert 0.09 < ice.std(dim=(2, 3)).mean() < 0.112
