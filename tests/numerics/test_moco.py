"""MoCo v2 and v3, and masked negatives, against slow references and pytorch-metric-learning's and lightly's losses."""

import math

import pytest
import references_moco as references
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from lightly.loss import NTXentLoss as LightlyNTXent
from pytorch_metric_learning.losses import CrossBatchMemory, NTXentLoss
from torch import Tensor

from sempairs.core.seeds import seed_of
from sempairs.methods.moco_v3 import contrast
from sempairs.methods.simclr import nt_xent
from sempairs.nn.info_nce import info_nce

N, M, E = 5, 7, 4


def symmetric(q1, q2, k1, k2, temperature, repels=None):
    """The sum that MoCo v3 minimises."""
    return contrast(q1, k2, temperature, repels) + contrast(q2, k1, temperature, repels)


# Our loss, the reference, and how many rows each of its arguments has.
LOSSES = {
    "moco v2": (info_nce, references.info_nce, (N, N, M)),
    "moco v3": (symmetric, references.moco_v3, (N, N, N, N)),
    "simclr": (nt_xent, references.nt_xent, (N, N)),
}
each_loss = pytest.mark.parametrize("name", LOSSES)


def embeddings(rows: tuple[int, ...], seed: int = 0) -> list[Tensor]:
    generator = torch.Generator().manual_seed(seed_of("moco", seed))
    return [torch.randn(n, E, generator=generator, dtype=torch.float64).requires_grad_() for n in rows]


def same(ours: Tensor, expected: Tensor, leaves: list[Tensor]) -> None:
    """Value and gradient."""
    torch.testing.assert_close(ours, expected, rtol=1e-9, atol=1e-14)
    gradients = [torch.autograd.grad(value, leaves, materialize_grads=True) for value in (ours, expected)]
    for mine, theirs in zip(*gradients, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-9, atol=1e-12)


@each_loss
@settings(max_examples=15, deadline=None)
@given(st.sampled_from([0.07, 0.2, 1.0]), st.integers(0, 10**6), st.data())
def test_value_and_gradient_equal_the_reference_whoever_may_repel(name, temperature, seed, data):
    ours, reference, rows = LOSSES[name]
    columns = rows[2] if name == "moco v2" else N
    # The classes of the queries and of what they are compared with; those of one class do not repel.
    mine = data.draw(st.lists(st.integers(0, 3), min_size=N, max_size=N))
    theirs = data.draw(st.lists(st.integers(0, 3), min_size=columns, max_size=columns)) if columns != N else mine
    repels = torch.tensor([[a != b for b in theirs] for a in mine])
    leaves = embeddings(rows, seed)
    expected = reference(*leaves, temperature, lambda i, j: mine[i] != theirs[j])
    same(ours(*leaves, temperature, repels), expected, leaves)


@each_loss
def test_without_a_mask_all_repel(name):
    ours, reference, rows = LOSSES[name]
    leaves = embeddings(rows)
    same(ours(*leaves, 0.2), reference(*leaves, 0.2, lambda i, j: True), leaves)


@each_loss
def test_gradcheck(name):
    assert torch.autograd.gradcheck(lambda *leaves: LOSSES[name][0](*leaves, 0.5), embeddings(LOSSES[name][2]))


@each_loss
def test_a_query_that_nothing_repels_costs_nothing(name):
    ours, _, rows = LOSSES[name]
    leaves = embeddings(rows)
    value = ours(*leaves, 0.2, torch.zeros(N, M if name == "moco v2" else N, dtype=torch.bool))
    assert value.item() == 0.0
    assert all(gradient.abs().max() == 0.0 for gradient in torch.autograd.grad(value, leaves))


# Closed forms.


@pytest.mark.parametrize("m", [0, 1, 100])
def test_info_nce_of_equal_vectors_is_log_m_plus_1(m):
    equal = torch.ones(3, E, dtype=torch.float64)
    assert info_nce(equal, equal, torch.ones(m, E, dtype=torch.float64), 0.2).item() == pytest.approx(math.log(m + 1))


def test_info_nce_of_a_found_key_and_an_orthogonal_queue():
    axes = torch.eye(E, dtype=torch.float64)
    # exp(1 / tau) against three rows of exp(0)
    expected = math.log(1 + 3 * math.exp(-1 / 0.2))
    assert info_nce(axes[:1], axes[:1], axes[1:], 0.2).item() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("temperature", [0.2, 1.0])
def test_contrast_of_equal_and_of_orthogonal_vectors(temperature):
    equal, axes = torch.ones(E, E, dtype=torch.float64), torch.eye(E, dtype=torch.float64)
    assert contrast(equal, equal, temperature).item() == pytest.approx(2 * temperature * math.log(E), rel=1e-12)
    expected = 2 * temperature * math.log(1 + (E - 1) * math.exp(-1 / temperature))
    assert contrast(axes, axes, temperature).item() == pytest.approx(expected, rel=1e-12)


def test_contrast_has_a_limit_for_high_temperatures():
    # tau -> infinity: tau * (log sum exp(s / tau) - s_i / tau) -> tau log n + mean(s) - s_i, so the gradient neither
    # vanishes nor grows, which is what the factor 2 tau is for.
    query, key = embeddings((N, N))
    (gradient,) = torch.autograd.grad(contrast(query, key, 1e6), query)
    cosines = torch.nn.functional.cosine_similarity(query[:, None], key[None], dim=2)
    (limit,) = torch.autograd.grad(2 * (cosines.mean() - cosines.diagonal().mean()), query)
    torch.testing.assert_close(gradient, limit, rtol=1e-4, atol=1e-6)  # the next term is of the order 1 / tau


# What each loss must not see, by theory: all look at the angles between queries and keys only.
ROTATION = torch.linalg.qr(torch.randn(E, E, generator=torch.Generator().manual_seed(1), dtype=torch.float64)).Q
SIZES = torch.arange(1.0, N + 1, dtype=torch.float64)[:, None]
V2 = {
    "scale of single rows": (lambda q, k, rows: (q * SIZES, 3 * k, rows / 2), True),
    "rotation of all": (lambda q, k, rows: (q @ ROTATION, k @ ROTATION, rows @ ROTATION), True),
    "rotation of the queue": (lambda q, k, rows: (q, k, rows @ ROTATION), False),
    "permutation of the pairs": (lambda q, k, rows: (q.flip(0), k.flip(0), rows), True),
    "permutation of the keys": (lambda q, k, rows: (q, k.flip(0), rows), False),
    "permutation of the queue": (lambda q, k, rows: (q, k, rows.flip(0)), True),
    "swap of query and key": (lambda q, k, rows: (k, q, rows), False),
    "shift": (lambda q, k, rows: (q + 1, k + 1, rows + 1), False),
}
V3 = {
    "scale of single rows": (lambda q1, q2, k1, k2: (q1 * SIZES, q2 / 2, 3 * k1, k2 * SIZES), True),
    "rotation of all": (lambda *z: tuple(each @ ROTATION for each in z), True),
    "rotation of a query and its keys": (lambda q1, q2, k1, k2: (q1 @ ROTATION, q2, k1, k2 @ ROTATION), True),
    "rotation of the queries": (lambda q1, q2, k1, k2: (q1 @ ROTATION, q2 @ ROTATION, k1, k2), False),
    "permutation of the pairs": (lambda *z: tuple(each.flip(0) for each in z), True),
    "permutation of the keys": (lambda q1, q2, k1, k2: (q1, q2, k1.flip(0), k2.flip(0)), False),
    "swap of the views": (lambda q1, q2, k1, k2: (q2, q1, k2, k1), True),
    # The cross entropy runs over keys: softmax by row, where a swap would make it one by column.
    "swap of query and key": (lambda q1, q2, k1, k2: (k1, k2, q1, q2), False),
    "shift": (lambda *z: tuple(each + 1 for each in z), False),
}


@pytest.mark.parametrize(
    ("name", "change"), [("moco v2", change) for change in V2] + [("moco v3", change) for change in V3]
)
def test_invariances_are_those_of_the_theory(name, change):
    ours, _, rows = LOSSES[name]
    transform, invariant = (V2 if name == "moco v2" else V3)[change]
    leaves = embeddings(rows)
    equal = torch.isclose(ours(*transform(*leaves), 0.2), ours(*leaves, 0.2), rtol=1e-10, atol=0).item()
    assert equal == invariant


# Independent oracles.


def test_info_nce_is_lightlys_loss_with_a_memory_bank():
    # Theirs starts from random rows (so ours is given them), and at the end of the bank drops what does not fit, where
    # our queue goes on at the start: they agree while the batch divides the bank.
    theirs = LightlyNTXent(temperature=0.2, memory_bank_size=(2 * N, E))
    rows = torch.nn.functional.normalize(embeddings((2 * N,), 7)[0].detach(), dim=1)
    theirs.memory_bank.bank = rows.clone()
    for step in range(3):
        leaves = embeddings((N, N), step)
        same(info_nce(*leaves, rows, 0.2), theirs(*leaves), leaves)
        rows = torch.cat([rows[N:], torch.nn.functional.normalize(leaves[1].detach(), dim=1)])  # first in, first out


def test_info_nce_is_pytorch_metric_learnings_cross_batch_memory_without_the_batchs_own_keys():
    # Theirs takes the keys in before it compares, so that the keys of the other pairs of the batch repel too; MoCo's
    # algorithm 1 enqueues after. With the batch's keys added to our queue, their own pair masked, the two agree.
    theirs = CrossBatchMemory(NTXentLoss(temperature=0.2), E, memory_size=3 * N)
    kept = torch.zeros(0, E, dtype=torch.float64)
    for step in range(3):
        query, key = embeddings((N, N), step)
        pair = torch.arange(step * N, (step + 1) * N)
        is_key = torch.arange(2 * N) >= N
        expected = theirs(torch.cat([query, key]), pair.repeat(2), enqueue_mask=is_key)
        repels = torch.cat([torch.ones(N, len(kept), dtype=torch.bool), ~torch.eye(N, dtype=torch.bool)], dim=1)
        same(info_nce(query, key.detach(), torch.cat([kept, key.detach()]), 0.2, repels), expected, [query])
        kept = torch.cat([kept, key.detach()])


def test_contrast_is_pytorch_metric_learnings_nt_xent_of_queries_and_keys_times_2_tau():
    label, pair = torch.tensor([0, 1, 1, 2, 0]), torch.arange(N)
    for repels in (~torch.eye(N, dtype=torch.bool), label[:, None] != label):
        query, key = embeddings((N, N))
        couples = (pair, pair, *repels.nonzero(as_tuple=True))  # who attracts whom, who repels whom
        expected = 2 * 0.2 * NTXentLoss(0.2)(query, pair, couples, key, pair)
        same(contrast(query, key, 0.2, repels), expected, [query, key])


def test_masked_nt_xent_is_pytorch_metric_learnings_with_fewer_negatives():
    label = torch.tensor([0, 1, 1, 2, 0]).repeat(2)
    view = torch.arange(2 * N)
    negatives = (label[:, None] != label).nonzero(as_tuple=True)
    z1, z2 = embeddings((N, N))
    expected = NTXentLoss(0.5)(torch.cat([z1, z2]), view, (view, view.roll(N), *negatives))
    same(nt_xent(z1, z2, 0.5, label[:N, None] != label[:N]), expected, [z1, z2])
