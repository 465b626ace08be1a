import numpy as np
import pytest
import torch

from sempairs.core.errors import UserError
from sempairs.nn.whitening import covariance, whiten


def rows(n: int, e: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    mixing = torch.randn(e, e, generator=generator, dtype=torch.float64)
    return torch.randn(n, e, generator=generator, dtype=torch.float64) @ mixing + 5.0


@pytest.mark.parametrize(("n", "e"), [(2, 1), (6, 3), (40, 8)])
def test_the_covariance_is_numpys(n, e):
    z = rows(n, e)
    torch.testing.assert_close(covariance(z).numpy(), np.atleast_2d(np.cov(z.numpy(), rowvar=False)))


@pytest.mark.parametrize(("n", "e"), [(2, 1), (4, 3), (40, 8)])
def test_whitened_rows_have_mean_0_and_the_identity_as_covariance(n, e):
    white = whiten(rows(n, e))
    torch.testing.assert_close(white.mean(dim=0), torch.zeros(e, dtype=torch.float64), rtol=0, atol=1e-9)
    torch.testing.assert_close(covariance(white), torch.eye(e, dtype=torch.float64), rtol=0, atol=1e-9)


def test_the_first_dimension_is_only_standardised():
    # The factor is lower triangular, so dimension i is made of the dimensions up to i.
    z = rows(6, 3)
    torch.testing.assert_close(whiten(z)[:, 0], (z[:, 0] - z[:, 0].mean()) / z[:, 0].std())


@pytest.mark.parametrize("n", [2, 3])  # n points span n - 1 dimensions
def test_too_few_rows_are_refused(n):
    with pytest.raises(UserError, match=r"cannot be whitened[\s\S]*got: . pairs"):
        whiten(rows(n, 3))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("seed", range(5))
def test_rows_on_a_plane_are_refused_although_rounding_lifts_them_off_it(seed, dtype):
    onto = torch.randn(2, 3, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    with pytest.raises(UserError, match="collapsed"):
        whiten((rows(20, 2) @ onto).to(dtype))
