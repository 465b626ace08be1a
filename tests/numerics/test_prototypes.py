"""Sinkhorn, SwAV and DINO against slow references and lightly in float64; closed forms; invariances by theory."""

import math

import pytest
import references_prototypes as references
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from sempairs.core.seeds import seed_of
from sempairs.methods.dino import self_distillation
from sempairs.methods.swav import swapped_prediction
from sempairs.nn.sinkhorn import sinkhorn

N, E, K = 5, 4, 6


def numbers(*shape: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed_of("prototypes", seed))
    return torch.randn(shape, generator=generator, dtype=torch.float64)


def swav(views: Tensor, prototypes: Tensor, temperature: float = 0.1, epsilon: float = 0.05) -> Tensor:
    """The loss of SwAV from embeddings, `[views, n, e]`."""
    scores = [F.normalize(view, dim=1) @ F.normalize(prototypes, dim=1).T for view in views]
    codes = [sinkhorn(score.detach(), epsilon, 3) for score in scores[:2]]
    return swapped_prediction(scores, codes, temperature)


def dino(student: Tensor, teacher: Tensor, centre: Tensor) -> Tensor:
    """The loss of DINO from scores, `[views, n, k]`."""
    return self_distillation(list(student), list(teacher), centre, 0.1, 0.04)


# Sinkhorn


@settings(deadline=None, max_examples=30)
@given(st.integers(2, 9), st.integers(2, 9), st.integers(0, 4), st.sampled_from([0.03, 0.05, 1.0]), st.integers(0, 99))
def test_sinkhorn_is_the_loop_of_the_paper(n, k, iterations, epsilon, seed):
    score = numbers(n, k, seed=seed).tanh()  # cosines
    codes = sinkhorn(score, epsilon, iterations)
    torch.testing.assert_close(codes, references.sinkhorn(score, epsilon, iterations), rtol=1e-9, atol=1e-300)
    torch.testing.assert_close(codes.sum(dim=1), torch.ones(n, dtype=torch.float64), rtol=1e-12, atol=0)


def test_sinkhorns_limit_uses_all_prototypes_alike_and_keeps_the_odds():
    score, epsilon = numbers(8, 5).tanh(), 0.3
    codes = sinkhorn(score, epsilon, 500)
    torch.testing.assert_close(codes.sum(dim=0), torch.full((5,), 8 / 5, dtype=torch.float64), rtol=1e-9, atol=0)
    # The optimum of <Q, S> + epsilon H(Q) is diag(u) exp(S / epsilon) diag(v): odds ratios are those of the scores.
    odds = codes.log() * epsilon - score
    ratios = odds - odds[:1] - odds[:, :1] + odds[0, 0]
    torch.testing.assert_close(ratios, torch.zeros_like(ratios), rtol=0, atol=1e-12)


def test_sinkhorn_of_equal_samples_or_prototypes_is_uniform():
    for score in (numbers(1, K).expand(N, K), numbers(N, 1).expand(N, K)):
        torch.testing.assert_close(sinkhorn(score, 0.05, 3), torch.full((N, K), 1 / K, dtype=torch.float64))


def test_sinkhorn_of_as_many_samples_as_prototypes_is_a_matching_when_it_is_hard():
    # Each sample is nearest to its own prototype, by 1: exp(-1 / .02) = 2e-22 is what the others get.
    order = torch.randperm(7, generator=torch.Generator().manual_seed(0))
    matching = torch.eye(7, dtype=torch.float64)[order]
    torch.testing.assert_close(sinkhorn(matching, 0.02, 3), matching, rtol=0, atol=1e-20)


def test_no_score_is_too_large():
    score = 1e4 * numbers(N, K).float()  # exp of it is infinite even in float64
    codes = sinkhorn(score, 0.05, 3)
    assert codes.isfinite().all()
    torch.testing.assert_close(codes.sum(dim=1), torch.ones(N))


# What changes scores -> (changed scores, what the codes must then be, whether after three iterations, in the limit).
SHUFFLE = torch.tensor([3, 1, 4, 0, 2])
SINKHORN_CHANGES = {
    "a number for each prototype": (lambda s: s + torch.arange(K), lambda q: q, True, True),
    "a number for each sample": (lambda s: s + torch.arange(N)[:, None] / 20, lambda q: q, False, True),
    "a number for all": (lambda s: s + 0.7, lambda q: q, True, True),
    "permuted samples": (lambda s: s[SHUFFLE], lambda q: q[SHUFFLE], True, True),
    "permuted prototypes": (lambda s: s.flip(1), lambda q: q.flip(1), True, True),
    "scale": (lambda s: 2 * s, lambda q: q, False, False),
}


@pytest.mark.parametrize("change", SINKHORN_CHANGES)
def test_invariances_of_sinkhorn(change):
    transform, expected, after_three, in_the_limit = SINKHORN_CHANGES[change]
    score = numbers(N, K).tanh()
    for iterations, invariant in ((3, after_three), (2000, in_the_limit)):
        codes, changed = sinkhorn(score, 0.2, iterations), sinkhorn(transform(score), 0.2, iterations)
        assert torch.allclose(changed, expected(codes), rtol=1e-8, atol=1e-12) == invariant


# SwAV and DINO


@pytest.mark.parametrize("views", [2, 4])
@pytest.mark.parametrize("seed", range(3))
def test_swav_equals_the_reference_in_value_and_gradient(views, seed):
    z, prototypes = numbers(views, N, E, seed=seed).requires_grad_(), numbers(K, E, seed=seed + 50).requires_grad_()
    value = swav(z, prototypes)
    expected = references.swav(list(z), prototypes, 0.1, 0.05, 3)
    torch.testing.assert_close(value, expected, rtol=1e-9, atol=0)
    pairs = zip(
        torch.autograd.grad(value, (z, prototypes)), torch.autograd.grad(expected, (z, prototypes)), strict=True
    )
    for mine, theirs in pairs:
        torch.testing.assert_close(mine, theirs, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("views", [2, 4])
@pytest.mark.parametrize("seed", range(3))
def test_dino_equals_the_reference_in_value_and_gradient(views, seed):
    student = numbers(views, N, K, seed=seed).tanh().requires_grad_()
    teacher, centre = numbers(2, N, K, seed=seed + 50).tanh(), 0.1 * numbers(K, seed=seed)
    value = dino(student, teacher, centre)
    expected = references.dino(list(student), list(teacher), centre, 0.1, 0.04)
    torch.testing.assert_close(value, expected, rtol=1e-9, atol=0)
    mine, theirs = (torch.autograd.grad(loss, student)[0] for loss in (value, expected))
    torch.testing.assert_close(mine, theirs, rtol=1e-9, atol=1e-12)


def test_gradcheck():
    teacher, centre, codes = numbers(2, 3, 4).tanh(), numbers(4), numbers(2, 3, 4).softmax(dim=2)
    student = numbers(3, 3, 4, seed=1).tanh().requires_grad_()
    assert torch.autograd.gradcheck(lambda s: dino(s, teacher, centre), student)
    assert torch.autograd.gradcheck(lambda s: swapped_prediction(list(s), list(codes), 0.1), student)


def test_equal_embeddings_and_equal_prototypes_give_log_k():
    one = numbers(1, 1, E)
    assert swav(one.expand(4, N, E), one[0].expand(K, E)).item() == pytest.approx(math.log(K), rel=1e-12)
    # The centre of equal scores takes them away, but even without it a softmax of equal numbers is uniform.
    flat = torch.full((4, N, K), 0.3, dtype=torch.float64)
    assert dino(flat, flat[:2], torch.zeros(K, dtype=torch.float64)).item() == pytest.approx(math.log(K), rel=1e-12)


def test_swav_of_equal_embeddings_is_the_cross_entropy_with_uniform_codes():
    z, prototypes = numbers(1, 1, E).expand(2, N, E), numbers(K, E)
    score = references.scores(z[0, :1], prototypes)[0] / 0.1
    assert swav(z, prototypes).item() == pytest.approx((score.logsumexp(0) - score.mean()).item(), rel=1e-12)


def test_dino_centred_on_equal_rows_is_the_cross_entropy_with_uniform_targets():
    # A teacher that gives every image the same scores, all of which the centre takes away: sharpening finds nothing.
    row = numbers(K).tanh()
    value = dino(row.expand(3, N, K), row.expand(2, N, K), row)
    assert value.item() == pytest.approx(((row / 0.1).logsumexp(0) - (row / 0.1).mean()).item(), rel=1e-12)


ROTATION = torch.linalg.qr(numbers(E, E, seed=7)).Q
# embeddings of two views and prototypes -> the same, and whether SwAV's loss must stay by theory.
SWAV_CHANGES = {
    "scale of single rows": (lambda z, c: (z * (1 + torch.arange(N))[:, None], c), True),
    "scale of the prototypes": (lambda z, c: (z, 3 * c), True),
    "rotation of embeddings and prototypes": (lambda z, c: (z @ ROTATION, c @ ROTATION), True),
    "rotation of the embeddings": (lambda z, c: (z @ ROTATION, c), False),
    "permutation of the pairs": (lambda z, c: (z[:, SHUFFLE], c), True),
    "permutation of one side": (lambda z, c: (torch.stack([z[0], z[1, SHUFFLE]]), c), False),
    "permutation of the prototypes": (lambda z, c: (z, c.flip(0)), True),
    "swap of the views": (lambda z, c: (z.flip(0), c), True),
    "shift": (lambda z, c: (z + 1, c), False),
}


@pytest.mark.parametrize("change", SWAV_CHANGES)
def test_invariances_of_swav(change):
    transform, invariant = SWAV_CHANGES[change]
    z, prototypes = numbers(2, N, E), numbers(K, E, seed=1)
    assert torch.isclose(swav(*transform(z, prototypes)), swav(z, prototypes), rtol=1e-10, atol=0).item() == invariant


# scores of student and teacher and the centre -> the same, and whether DINO's loss must stay by theory.
DINO_CHANGES = {
    "a number for each row of scores": (lambda s, t, c: (s + torch.arange(N)[:, None], t - 2, c), True),
    "a number for each prototype of the teacher and the centre": (
        lambda s, t, c: (s, t + torch.arange(K), c + torch.arange(K)),
        True,
    ),
    "a number for each prototype of the teacher": (lambda s, t, c: (s, t + torch.arange(K), c), False),
    "permutation of the pairs": (lambda s, t, c: (s[:, SHUFFLE], t[:, SHUFFLE], c), True),
    "permutation of one side": (lambda s, t, c: (s, torch.stack([t[0], t[1, SHUFFLE]]), c), False),
    "permutation of the prototypes": (lambda s, t, c: (s.flip(2), t.flip(2), c.flip(0)), True),
    "swap of the large views": (lambda s, t, c: (s[[1, 0, 2]], t.flip(0), c), True),
    "scale of the scores": (lambda s, t, c: (2 * s, t, c), False),
}


@pytest.mark.parametrize("change", DINO_CHANGES)
def test_invariances_of_dino(change):
    transform, invariant = DINO_CHANGES[change]
    s, t, c = numbers(3, N, K).tanh(), numbers(2, N, K, seed=1).tanh(), 0.1 * numbers(K)
    assert torch.isclose(dino(*transform(s, t, c)), dino(s, t, c), rtol=1e-10, atol=0).item() == invariant
