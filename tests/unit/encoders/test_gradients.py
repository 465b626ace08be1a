import math

import numpy as np
import pytest
import torch

from made import made_source
from sempairs.core.errors import UserError
from sempairs.encoders.gradients import GradientEncoder


def slow_histogram(image: np.ndarray, cell: int, orientations: int) -> np.ndarray:
    """Counted pixel by pixel: central differences, shared between the two nearest of the unsigned directions."""
    side = len(image)
    counts = np.zeros((orientations, side // cell, side // cell))
    for y in range(side):
        for x in range(side):
            dx = image[y, x + 1] - image[y, x - 1] if 0 < x < side - 1 else 0.0
            dy = image[y + 1, x] - image[y - 1, x] if 0 < y < side - 1 else 0.0
            place = (math.atan2(dy, dx) % math.pi) / math.pi * orientations
            low = math.floor(place)
            for direction, share in ((low, 1 - (place - low)), (low + 1, place - low)):
                counts[direction % orientations, y // cell, x // cell] += share * math.hypot(dx, dy) / cell**2
    flat = np.sqrt(counts).ravel()
    return flat / np.linalg.norm(flat)


@pytest.mark.parametrize(("channels", "cell", "orientations"), [(1, 4, 9), (3, 3, 6), (1, 12, 2)])
def test_a_description_is_counted_pixel_by_pixel(channels, cell, orientations):
    frames = made_source(6, channels=channels).frames
    encoder = GradientEncoder(channels, dim=2, side=12, cell=cell, orientations=orientations)
    found = encoder.describe(torch.from_numpy(frames).permute(0, 3, 1, 2) / 255)
    for row, frame in zip(found, frames, strict=True):
        expected = slow_histogram(frame.mean(axis=2) / 255, cell, orientations)
        np.testing.assert_allclose(row.numpy(), expected, atol=2e-6)  # float32 sums of up to 144 terms


def test_what_it_does_not_see():
    """Brightness, contrast and the sign of an edge leave the description as it is."""
    images = torch.from_numpy(made_source(4).frames).permute(0, 3, 1, 2) / 255
    encoder = GradientEncoder(1, dim=2, side=12)
    plain = encoder.describe(images)
    for changed in (images + 0.2, 0.3 * images, 1 - images):
        torch.testing.assert_close(encoder.describe(changed), plain, atol=1e-5, rtol=0)
    assert not torch.allclose(encoder.describe(images.rot90(1, (2, 3))), plain, atol=0.05)


def test_a_plain_image_has_no_direction():
    assert not GradientEncoder(1, dim=2, side=12).describe(torch.full((1, 1, 12, 12), 0.5)).any()


@pytest.mark.parametrize("options", [{"cell": 5}, {"cell": 0}, {"orientations": 1}])
def test_cells_that_do_not_fill_the_image_are_refused(options):
    with pytest.raises(UserError, match="cells that fill the image"):
        GradientEncoder(1, **options)
