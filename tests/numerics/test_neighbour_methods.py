"""NNCLR and Mean-Shift against slow references, other libraries and closed forms; invariances by theory."""

import math

import pytest
import references_neighbours as references
import torch
from lightly.models.modules import NNMemoryBankModule
from pytorch_metric_learning.losses import NTXentLoss
from torch import Tensor

from made_views import made
from sempairs.core.seeds import seed_of
from sempairs.methods.msf import mean_shift
from sempairs.methods.nnclr import choose_partner
from sempairs.nn.known import Known

LOSSES = {
    "choose_partner": (lambda a, b: choose_partner(a, b, 0.1), lambda a, b: references.choose_partner(a, b, 0.1)),
    # One neighbour each: the memory of the reference is the neighbours, and k = 1 finds the target itself.
    "mean_shift": (
        lambda a, b: mean_shift(a, b[:, None]),
        lambda a, b: references.mean_shift(a, b, list(b), 1),
    ),
}


def rows(*shape: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed_of("neighbour methods", seed))
    return torch.randn(shape, generator=generator, dtype=torch.float64)


def assert_same(ours: Tensor, theirs: Tensor, leaves: tuple[Tensor, ...]) -> None:
    torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=0)
    for mine, other in zip(torch.autograd.grad(ours, leaves), torch.autograd.grad(theirs, leaves), strict=True):
        torch.testing.assert_close(mine, other, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("n", [2, 6])
def test_value_and_gradient_equal_the_reference(name, n):
    ours, reference = LOSSES[name]
    for seed in range(3):
        a, b = rows(2, n, 5, seed=seed).requires_grad_()
        assert_same(ours(a, b), reference(a, b), (a, b))


@pytest.mark.parametrize("name", LOSSES)
def test_gradcheck(name):
    assert torch.autograd.gradcheck(LOSSES[name][0], tuple(rows(2, 3, 4).requires_grad_()))


def test_masked_candidates_are_no_candidates():
    a, b = rows(2, 6, 5).requires_grad_()
    repels = rows(6, 6, seed=1) > 0
    assert not repels.diagonal().all()  # the own prediction counts whatever the mask says of it
    assert_same(choose_partner(a, b, 0.1, repels), references.choose_partner(a, b, 0.1, repels), (a, b))
    assert choose_partner(a, b, 0.1, torch.zeros_like(repels)).item() == 0  # nobody else to choose


def test_choosing_among_n_equals_pytorch_metric_learning():
    a, b = rows(2, 7, 5).requires_grad_()
    own = torch.arange(7)
    theirs = NTXentLoss(temperature=0.2)(
        a, own, ref_emb=b, ref_labels=own.clone()
    )  # the same tensor would mean the same rows
    assert_same(choose_partner(a, b, 0.2), theirs, (a, b))


def known_of(step: int, n: int) -> Known:
    """Pairs of three classes, one of them not known."""
    label = (torch.arange(n) + step) % 3
    label[0] = -1
    return Known(label.clone(), label)


@pytest.mark.parametrize("negatives", ["all", "mask-same-class"])
def test_nnclr_over_steps_equals_the_reference(negatives):
    n, size = 4, 6  # the third step meets a queue that has lost its oldest rows
    method = made("nnclr", queue=size, embedding=5, temperature=0.2, negatives=negatives).double()
    queue: list[tuple[Tensor, int]] = []
    for step in range(4):
        p1, p2, z1, z2 = rows(4, n, 5, seed=step)
        about, leaves = known_of(step, n), (p1.requires_grad_(), p2.requires_grad_())
        expected = torch.zeros((), dtype=torch.float64)
        for z, p in ((z1, p2), (z2, p1)):
            memory = queue or list(zip(z, about.label.tolist(), strict=True))
            found = [memory[references.nearest(row, [q for q, _ in memory])] for row in z]
            repels = torch.tensor(
                [[not (mine == other >= 0) for other in about.label.tolist()] for _, mine in found]
                if negatives == "mask-same-class"
                else [[True] * n] * n
            )
            neighbour = torch.stack([q for q, _ in found])
            expected = expected + references.choose_partner(neighbour, p, 0.2, repels) / 2
        ours = torch.stack(list(method.loss(p1, p2, z1, z2, known=about).values())).sum()
        assert_same(ours, expected, leaves)
        method.after_step(0.5)
        queue = (queue + list(zip(z1, about.label.tolist(), strict=True)))[-size:]


def test_nnclr_finds_the_neighbours_that_lightly_finds():
    bank = NNMemoryBankModule(size=(8, 5)).double()
    method = made("nnclr", queue=8, embedding=5).double()
    for step in range(2):  # two halves of the bank
        p1, p2, z1, z2 = rows(4, 4, 5, seed=step)
        bank(z1, update=True)
        method.loss(p1, p2, z1, z2, known=Known.nothing(4))
        method.after_step(0.5)
    queries = rows(9, 5, seed=9)
    ours, _ = method.neighbours(queries, Known.nothing(9))
    torch.testing.assert_close(ours, torch.nn.functional.normalize(bank(queries), dim=1), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("k", [1, 3, 5, 20])
def test_msf_over_steps_equals_the_reference(k):
    n, size = 4, 6  # in the first step there are fewer than 5 rows, never are there 20
    method = made("msf", queue=size, embedding=5, neighbours=k).double()
    queue: list[Tensor] = []
    for step in range(4):
        prediction, target = rows(2, n, 5, seed=step)
        prediction.requires_grad_()
        expected = references.mean_shift(prediction, target, [*target, *queue], k)
        ours = method.loss(prediction, target, known=Known.nothing(n))["mean_shift"]
        assert_same(ours, expected, (prediction,))
        method.after_step(0.5)
        queue = [*queue, *target][-size:]


def test_what_is_noted_of_neighbours():
    # Queue: classes 0 and 1 on two axes. The batch stands on these axes with classes 0, 0 and one unknown.
    x, y = torch.eye(2, dtype=torch.float64)
    known = Known(torch.tensor([-1, -1, -1]), torch.tensor([0, 0, -1]))
    msf = made("msf", embedding=2, neighbours=2).double()
    nnclr = made("nnclr", embedding=2).double()
    for method in (msf, nnclr):
        method.queue.offer(torch.stack([x, y]), Known(torch.tensor([-1, -1]), torch.tensor([0, 1])))
        method.queue.commit()
    z = torch.stack([x, y, x])
    nnclr.loss(z, z, z, z, known=known)
    assert nnclr.noted["same-class neighbours"].item() == pytest.approx(1 / 2)  # x finds class 0, y class 1
    # Memory: the batch, then the queue; of equals the first. x finds pairs 0 and 2, y pair 1 and class 1 in the queue.
    msf.loss(z, z, known=known)
    assert msf.noted["same-class neighbours"].item() == pytest.approx(2 / 3)  # 0-0, 1-1, not 1-queue; 2 is unknown


@pytest.mark.parametrize("n", [2, 3, 17])
def test_collapsed_embeddings(n):
    same = torch.ones(n, 4, dtype=torch.float64)
    assert choose_partner(same, same, 0.1).item() == pytest.approx(math.log(n), rel=1e-12)
    assert mean_shift(same, same[:, None].expand(n, 3, 4)).item() == pytest.approx(0, abs=1e-12)


def test_choosing_among_orthogonal_pairs():
    # Similarity 1 to the own prediction and 0 to the n - 1 others.
    axes = torch.eye(5, dtype=torch.float64)
    expected = -1 / 0.5 + math.log(math.exp(1 / 0.5) + 4)
    assert choose_partner(axes, axes, 0.5).item() == pytest.approx(expected, rel=1e-12)


def test_mean_shift_of_parallel_orthogonal_opposite_and_mixed_neighbours():
    x, y = 3.0 * torch.eye(2, dtype=torch.float64)
    values = [mean_shift(x[None], torch.stack(found)[None]).item() for found in ([2 * x], [y], [-x], [x, y], [x, -x])]
    assert values == pytest.approx([0, 2, 4, 1, 2], abs=1e-12)


def test_the_gradient_of_mean_shift_is_that_of_the_distance_to_the_mean():
    prediction, neighbours = rows(6, 5).requires_grad_(), rows(6, 3, 5, seed=1)
    unit = torch.nn.functional.normalize
    distance = (unit(prediction, dim=1) - unit(neighbours, dim=2).mean(dim=1)).pow(2).sum(dim=1).mean()
    ours = mean_shift(prediction, neighbours)
    for mine, other in zip(
        torch.autograd.grad(ours, prediction), torch.autograd.grad(distance, prediction), strict=True
    ):
        torch.testing.assert_close(mine, other, rtol=1e-9, atol=1e-12)


# What each loss must not see, by theory: all but angles. Neighbours choose among predictions, not the other way round.
ROTATION = torch.linalg.qr(rows(5, 5)).Q
CHANGES = {
    "scale": (lambda a, b: (3.0 * a, 0.5 * b), (True, True)),
    "scale of single rows": (lambda a, b: (a, b * torch.arange(1.0, 7.0)[:, None]), (True, True)),
    "rotation of both": (lambda a, b: (a @ ROTATION, b @ ROTATION), (True, True)),
    "rotation of one": (lambda a, b: (a @ ROTATION, b), (False, False)),
    "permutation of the pairs": (lambda a, b: (a.flip(0), b.flip(0)), (True, True)),
    "permutation of one side": (lambda a, b: (a.flip(0), b), (False, False)),
    "swap of the sides": (lambda a, b: (b, a), (False, True)),
    "shift": (lambda a, b: (a + 1.0, b + 1.0), (False, False)),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("position", [0, 1])
def test_invariances_are_those_of_the_theory(change, position):
    ours = list(LOSSES.values())[position][0]
    transform, invariant = CHANGES[change]
    a, b = rows(2, 6, 5)
    assert torch.isclose(ours(*transform(a, b)), ours(a, b), rtol=1e-10, atol=0).item() == invariant[position]


@pytest.mark.parametrize(("name", "invariant"), [("nnclr", True), ("msf", False)])
def test_a_swap_of_the_views(name, invariant):
    values = []
    for order in ((0, 1), (1, 0)):
        method = made(name).double().eval()
        views = rows(2, 6, 1, 12, 12)
        method.loss(*method(*views), known=Known.nothing(6))
        method.after_step(0.5)
        out = method(*(views[place] for place in order))
        values.append(torch.stack(list(method.loss(*out, known=Known.nothing(6)).values())).sum())
    assert torch.isclose(*values, rtol=1e-9, atol=0).item() == invariant
