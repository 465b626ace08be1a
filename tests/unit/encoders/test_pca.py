"""What PCA refuses, and how images of another size get in."""

import numpy as np
import pytest
import torch

from sempairs.core.errors import UserError
from sempairs.core.seeds import rng
from sempairs.encoders.pca import PCAEncoder
from sempairs.encoders.projected import principal_components


def frames(n, side=6, channels=1):
    return rng("frames", n).integers(0, 256, (n, side, side, channels), dtype=np.uint8)


def test_it_must_be_fitted_first():
    with pytest.raises(UserError, match="not been fitted"):
        PCAEncoder(1)(torch.rand(2, 1, 28, 28))


@pytest.mark.parametrize(("n", "dim"), [(8, 8), (100, 37)])  # a mean takes one image away; 6 x 6 pixels have 36 axes
def test_more_components_than_images_or_pixels_are_refused(n, dim):
    with pytest.raises(UserError, match=f"{n} images of 36 values"):
        PCAEncoder(1, dim=dim, side=6).fit(frames(n))


def test_a_line_is_found_with_its_sign():
    # Points on a line have one axis with variance: its direction, largest entry positive.
    rows = np.array([3.0, 4.0]) + np.outer(np.linspace(-1, 1, 11), [0.6, -0.8])
    average, components = principal_components(rows, 1)
    np.testing.assert_allclose(average, [3.0, 4.0])
    np.testing.assert_allclose(components, [[-0.6, 0.8]], atol=1e-12)


def test_the_order_of_the_images_does_not_matter():
    images, (one, two) = frames(60), (PCAEncoder(1, dim=5, side=6) for _ in range(2))
    one.fit(images)
    two.fit(images[rng("order").permutation(60)])
    torch.testing.assert_close(one.components, two.components, rtol=0, atol=1e-6)


def test_images_of_another_size_are_averaged_down():
    encoder = PCAEncoder(3, dim=4, side=6)
    encoder.fit(frames(40, channels=3))
    small = torch.rand(2, 3, 6, 6)
    flat = small.mean(dim=(2, 3), keepdim=True)  # a picture of one colour is the same at every size
    torch.testing.assert_close(encoder(flat.expand(-1, -1, 24, 17)), encoder(flat.expand_as(small)))
