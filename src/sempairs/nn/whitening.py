"""Covariance of a batch of embeddings, and the linear map that makes it the identity."""

import torch
from jaxtyping import Float
from torch import Tensor

from sempairs.core.errors import UserError

LEAST = {torch.float64: 1e-12, torch.float32: 1e-10, torch.float16: 1e-4, torch.bfloat16: 1e-3}
"""Of the variance of a dimension, what must be its own: well above what rounding of the rows puts there."""


def covariance(rows: Float[Tensor, "n e"]) -> Float[Tensor, "e e"]:
    """The covariance of the dimensions over the rows, divided by n - 1."""
    centred = rows - rows.mean(dim=0)
    return centred.T @ centred / (len(rows) - 1)


def whiten(rows: Float[Tensor, "n e"]) -> Float[Tensor, "n e"]:
    """The rows, shifted and mapped linearly so that their mean is 0 and their `covariance` is the identity.

    The map is the inverse of the Cholesky factor of the covariance (Siarohin, Sangineto, Sebe, "Whitening and Coloring
    Batch Transform for GANs", ICLR 2019, arXiv 1806.00420). So rows that were shifted, or mapped by a lower triangular
    matrix with a positive diagonal, are whitened to what they would have been without it.

    Raises
    ------
    UserError: the rows do not span all dimensions, so nothing makes their covariance the identity.
    """
    n, e = rows.shape
    exact = rows.double()  # training drives dimensions together until float32 cannot tell them apart
    between = covariance(exact)
    factor, failed = torch.linalg.cholesky_ex(between)
    # The share of each dimension's variance that those before it do not explain; rounding leaves some where it is 0.
    unexplained = factor.diagonal().square() / between.diagonal()
    if n <= e or failed or unexplained.min() < LEAST[rows.dtype]:
        raise UserError(
            f"embeddings of {e} dimensions cannot be whitened: those of this batch lie in fewer",
            got=f"{n} pairs",
            todo="a batch of at least twice as many pairs as dimensions; if it is, the embeddings have collapsed",
        )
    white: Tensor = torch.linalg.solve_triangular(factor, (exact - exact.mean(dim=0)).T, upper=False).T
    return white.to(rows.dtype)
