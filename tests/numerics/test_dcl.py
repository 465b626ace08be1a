"""DCL and DCLW against a slow reference, lightly and closed forms; invariances with the theory's answer."""

import math

import lightly.loss as oracles
import pytest
import references_neighbours as references
import torch
from torch import Tensor

from sempairs.core.seeds import seed_of
from sempairs.methods.dcl import dcl, mises_fisher_weights


def embeddings(n: int = 6, e: int = 5, seed: int = 0) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed_of("dcl", seed))
    z = torch.randn(2, n, e, generator=generator, dtype=torch.float64)
    return z[0].requires_grad_(), z[1].requires_grad_()


def mask(n: int, seed: int) -> Tensor:
    """Who may repel whom; the first pair has nobody."""
    repels = torch.rand(n, n, generator=torch.Generator().manual_seed(seed)) < 0.6
    repels[0] = False
    return repels


def assert_same(ours: Tensor, theirs: Tensor, leaves: tuple[Tensor, ...]) -> None:
    torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=0)
    for mine, other in zip(torch.autograd.grad(ours, leaves), torch.autograd.grad(theirs, leaves), strict=True):
        torch.testing.assert_close(mine, other, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("n", [2, 6])
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("sigma", [None, 0.5, 0.1])
@pytest.mark.parametrize("temperature", [0.5, 0.07])
def test_value_and_gradient_equal_the_reference(n, masked, sigma, temperature):
    for seed in range(3):
        z = embeddings(n, seed=seed)
        repels = mask(n, seed) if masked else None
        ours = dcl(*z, temperature, repels, sigma)
        assert_same(ours, references.dcl(*z, temperature, repels, sigma), z)


# lightly copies a tensor with torch.tensor(), of which torch warns.
@pytest.mark.filterwarnings("ignore:To copy construct from a tensor")
@pytest.mark.parametrize("n", [2, 7])
def test_value_and_gradient_equal_lightlys(n):
    z = embeddings(n)
    assert_same(dcl(*z, 0.1), oracles.DCLLoss(temperature=0.1)(*z), z)
    assert_same(dcl(*z, 0.3, None, 0.5), oracles.DCLWLoss(temperature=0.3, sigma=0.5)(*z), z)


@pytest.mark.parametrize("repels", [None, mask(4, 0)], ids=["all", "masked"])
def test_gradcheck(repels):
    assert torch.autograd.gradcheck(lambda a, b: dcl(a, b, 0.5, repels), embeddings(4, 4))


@pytest.mark.parametrize("n", [2, 3, 17])
@pytest.mark.parametrize("sigma", [None, 0.5])
def test_of_equal_rows_it_is_log_2n_minus_2(n, sigma):
    # The positive -1/t meets 2n - 2 negatives of exp(1/t); equal positives have the weight 1.
    same = torch.ones(n, 4, dtype=torch.float64)
    assert dcl(same, same, 0.1, None, sigma).item() == pytest.approx(math.log(2 * n - 2), rel=1e-12)


def test_of_orthogonal_pairs():
    # Each pair on its own axis: similarity 1 to the partner and 0 to the 2n - 2 others.
    axes = torch.eye(5, dtype=torch.float64)
    assert dcl(axes, axes, 0.5).item() == pytest.approx(-1 / 0.5 + math.log(8), rel=1e-12)


def test_who_has_no_negatives_is_attracted_only():
    a, b = embeddings(3)
    value = dcl(a, b, 0.5, torch.zeros(3, 3, dtype=torch.bool))
    expected = -torch.nn.functional.cosine_similarity(a, b).mean() / 0.5
    assert_same(value, expected, (a, b))


def test_the_positive_does_not_weaken_the_negatives():
    # What the paper is about: the force of negatives is the same however near the positive is. Of the first of 4 views,
    # along each of its 2 negatives, all at right angles: half of 1/t as an anchor and half as a negative, over 4 views.
    axes = torch.eye(4, dtype=torch.float64)
    for partner in (axes[0], (axes[0] + axes[1]) / math.sqrt(2)):
        z1, z2 = torch.stack([axes[0], axes[2]]).requires_grad_(), torch.stack([partner, axes[3]])
        force = torch.autograd.grad(dcl(z1, z2, 0.1), z1)[0][0, 2:]
        assert force.tolist() == pytest.approx([2.5, 2.5], rel=1e-12)


def test_weights_of_the_positives():
    cosines = torch.tensor([1.0, -1.0], dtype=torch.float64)
    near = 2 - 2 / (1 + math.exp(-2 / 0.5))  # of exp(2) and exp(-2), over their mean
    assert mises_fisher_weights(cosines, 0.5).tolist() == pytest.approx([near, 2 - near], rel=1e-12)


# What the loss must not see, by theory: it looks at angles between embeddings only.
ROTATION = torch.linalg.qr(torch.randn(5, 5, generator=torch.Generator().manual_seed(1), dtype=torch.float64)).Q
CHANGES = {
    "scale": (lambda a, b: (3.0 * a, 0.5 * b), True),
    "scale of single rows": (lambda a, b: (a * torch.arange(1.0, 7.0)[:, None], b), True),
    "rotation of both": (lambda a, b: (a @ ROTATION, b @ ROTATION), True),
    "rotation of one": (lambda a, b: (a @ ROTATION, b), False),
    "permutation of the pairs": (lambda a, b: (a.flip(0), b.flip(0)), True),
    "permutation of one side": (lambda a, b: (a.flip(0), b), False),
    "swap of the views": (lambda a, b: (b, a), True),
    "shift": (lambda a, b: (a + 1.0, b + 1.0), False),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("sigma", [None, 0.5])
def test_invariances_are_those_of_the_theory(change, sigma):
    transform, invariant = CHANGES[change]
    a, b = embeddings()
    changed, value = dcl(*transform(a, b), 0.5, None, sigma), dcl(a, b, 0.5, None, sigma)
    assert torch.isclose(changed, value, rtol=1e-10, atol=0).item() == invariant
