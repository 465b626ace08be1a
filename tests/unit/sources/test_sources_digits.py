"""scikit-learn's digits, enlarged."""

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from sempairs.core.errors import UserError
from sempairs.sources.digits import digits


def test_the_original_size_is_the_original() -> None:
    source = digits(size=8)
    data = load_digits()
    np.testing.assert_array_equal(source.frames[..., 0], np.round(data.images / 16 * 255))
    assert source.labels is not None
    assert source.labels.tolist() == data.target.tolist()
    assert source.label_names == tuple("0123456789")
    assert source.ids[[0, 1796]].tolist() == ["digit/0000", "digit/1796"]


def test_enlarging_is_bilinear() -> None:
    """Against torch's bilinear interpolation of the same bytes; both round, so one step may differ."""
    small = torch.from_numpy(digits(size=8).frames[..., 0][:, None]).float()
    expected = torch.nn.functional.interpolate(small, size=(28, 28), mode="bilinear", align_corners=False)
    difference = np.abs(digits().frames[..., 0].astype(float) - expected[:, 0].numpy())
    assert difference.max() <= 1.01


@pytest.mark.parametrize("size", [0, 7, 513, -1])
def test_a_size_out_of_range(size: int) -> None:
    with pytest.raises(UserError, match="choose 8 to 512"):
        digits(size=size)
