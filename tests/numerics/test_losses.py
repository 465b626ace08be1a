"""Losses against slow references in float64, value and gradient; closed forms; invariances with the theory's answer."""

import math

import pytest
import references
import torch
from torch import Tensor

from sempairs.core.seeds import seed_of
from sempairs.methods.byol import regression
from sempairs.methods.simclr import nt_xent

LOSSES = {
    "nt_xent 0.5": (lambda a, b: nt_xent(a, b, 0.5), lambda a, b: references.nt_xent(a, b, 0.5)),
    "nt_xent 0.07": (lambda a, b: nt_xent(a, b, 0.07), lambda a, b: references.nt_xent(a, b, 0.07)),
    "byol": (regression, references.byol_regression),
}


def embeddings(n: int = 6, e: int = 5, seed: int = 0) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed_of("losses", seed))
    z = torch.randn(2, n, e, generator=generator, dtype=torch.float64)
    return z[0].requires_grad_(), z[1].requires_grad_()


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("n", [2, 6])
def test_value_and_gradient_equal_the_reference(name, n):
    ours, reference = LOSSES[name]
    a, b = embeddings(n)
    value, expected = ours(a, b), reference(a, b)
    torch.testing.assert_close(value, expected, rtol=1e-9, atol=0)
    for mine, theirs in zip(torch.autograd.grad(value, (a, b)), torch.autograd.grad(expected, (a, b)), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", LOSSES)
def test_gradcheck(name):
    assert torch.autograd.gradcheck(LOSSES[name][0], embeddings(3, 4))


@pytest.mark.parametrize("n", [2, 3, 17])
def test_nt_xent_of_equal_rows_is_log_2n_minus_1(n):
    same = torch.ones(n, 4, dtype=torch.float64)
    assert nt_xent(same, same, 0.1).item() == pytest.approx(math.log(2 * n - 1), rel=1e-12)


def test_nt_xent_of_orthogonal_pairs():
    # Each pair on its own axis: similarity 1 to the partner and 0 to the 2n - 2 others.
    n, temperature = 5, 0.5
    axes = torch.eye(n, dtype=torch.float64)
    expected = -1 / temperature + math.log(math.exp(1 / temperature) + 2 * n - 2)
    assert nt_xent(axes, axes, temperature).item() == pytest.approx(expected, rel=1e-12)


def test_byol_of_parallel_orthogonal_and_opposite_rows():
    x = torch.tensor([[3.0, 0.0]], dtype=torch.float64)
    y = torch.tensor([[0.0, 5.0]], dtype=torch.float64)
    values = [regression(x, other).item() for other in (2 * x, y, -x)]
    assert values == pytest.approx([0, 2, 4], abs=1e-12)


# What each loss must not see, by theory: both look at angles between embeddings only.
ROTATION = torch.linalg.qr(torch.randn(5, 5, generator=torch.Generator().manual_seed(1), dtype=torch.float64)).Q
CHANGES = {
    "scale": (lambda a, b: (3.0 * a, 0.5 * b), {"nt_xent": True, "byol": True}),
    "scale of single rows": (lambda a, b: (a * torch.arange(1.0, 7.0)[:, None], b), {"nt_xent": True, "byol": True}),
    "rotation of both": (lambda a, b: (a @ ROTATION, b @ ROTATION), {"nt_xent": True, "byol": True}),
    "rotation of one": (lambda a, b: (a @ ROTATION, b), {"nt_xent": False, "byol": False}),
    "permutation of the pairs": (lambda a, b: (a.flip(0), b.flip(0)), {"nt_xent": True, "byol": True}),
    "permutation of one side": (lambda a, b: (a.flip(0), b), {"nt_xent": False, "byol": False}),
    "swap of the views": (lambda a, b: (b, a), {"nt_xent": True, "byol": True}),
    "shift": (lambda a, b: (a + 1.0, b + 1.0), {"nt_xent": False, "byol": False}),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("loss", ["nt_xent", "byol"])
def test_invariances_are_those_of_the_theory(change, loss):
    ours = LOSSES["byol" if loss == "byol" else "nt_xent 0.5"][0]
    transform, invariant = CHANGES[change]
    a, b = embeddings()
    same = torch.isclose(ours(*transform(a, b)), ours(a, b), rtol=1e-10, atol=0).item()
    assert same == invariant[loss]
