"""SupCon, SePP-ID, LeOCLR and supervised against slow references, other libraries, closed forms and theory."""

import functools
import math

import pytest
import references_supcon_sepp_leoclr as references
import torch
from pytorch_metric_learning.losses import SupConLoss
from sklearn.metrics import log_loss
from torch import Tensor

from made_views import made
from sempairs.core.errors import UserError
from sempairs.core.seeds import seed_of
from sempairs.methods.simclr import nt_xent
from sempairs.nn.known import Known

LABEL, GROUP = [0, 1, 0, 1, -1, 0], [0, 1, 2, 1, -1, 0]  # a group is finer than a class; of pair 4 nothing is known
QUEUE_LABEL = [1, -1, 0, 2, 0, 0]
KNOWN = Known(torch.tensor(GROUP), torch.tensor(LABEL))
SAME = {"all": [-1] * 6, "mask-same-group": GROUP, "mask-same-class": LABEL}


def embeddings(count: int, n: int = 6, e: int = 5, seed: int = 0) -> list[Tensor]:
    generator = torch.Generator().manual_seed(seed_of("losses", seed))
    return [torch.randn(n, e, generator=generator, dtype=torch.float64).requires_grad_() for _ in range(count)]


cached = functools.cache(lambda name, with_queue, **options: made(name, **options).double())


def value(name: str, views: list[Tensor], known: Known = KNOWN, queue: Tensor | None = None, **options) -> Tensor:
    """The sum of a method's terms; the queue, if given, is all there is in it, of the classes `QUEUE_LABEL`."""
    options |= {"queue": 6, "embedding": 5} if name == "leoclr" else {}
    method = cached(name, queue is not None, **options)
    if queue is not None:
        label = torch.tensor(QUEUE_LABEL)
        method.queue.offer(queue, Known(label, label))
        method.queue.commit()
    return torch.stack(list(method.loss(*views, known=known).values())).sum()


def supcon(negatives: str, positives: str = "class"):
    code = LABEL if positives == "class" else GROUP
    return (
        lambda *z: value("supcon", z, temperature=0.3, negatives=negatives, positives=positives),
        lambda *z: references.supcon_out(*z, code, 0.3, SAME[negatives]),
        2,
    )


QUEUE = embeddings(1, seed=9)[0].detach()
LOSSES = {
    "supcon": supcon("all"),
    "supcon by group": supcon("all", "group"),
    "supcon mask-same-class": supcon("mask-same-class"),
    "supcon mask-same-group": supcon("mask-same-group"),
    "supcon by group mask-same-class": supcon("mask-same-class", "group"),
    "sepp-id": (
        lambda *z: value("sepp-id", z, temperature=0.3),
        lambda *z: references.sepp_id(*z, temperature=0.3),
        4,
    ),
    "leoclr": (
        lambda *z: value("leoclr", z, queue=QUEUE),
        lambda q, *keys: references.leoclr(q, keys, QUEUE, 0.2, [-1] * 6, [-1] * 6),
        3,
    ),
    "leoclr mask-same-class": (
        lambda *z: value("leoclr", z, queue=QUEUE, negatives="mask-same-class"),
        lambda q, *keys: references.leoclr(q, keys, QUEUE, 0.2, LABEL, QUEUE_LABEL),
        3,
    ),
    "supervised": (
        lambda *z: value("supervised", z, classes=5),
        lambda *z: sum(references.cross_entropy(logits, LABEL) for logits in z) / 2,
        2,
    ),
}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", LOSSES)
def test_value_and_gradient_equal_the_reference(name, seed):
    ours, reference, count = LOSSES[name]
    views = embeddings(count, seed=seed)
    mine, expected = ours(*views), reference(*views)
    torch.testing.assert_close(mine, expected, rtol=1e-9, atol=0)
    gradients = zip(torch.autograd.grad(mine, views), torch.autograd.grad(expected, views), strict=True)
    for ours_, theirs in gradients:
        torch.testing.assert_close(ours_, theirs, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", LOSSES)
def test_gradcheck(name):
    ours, _, count = LOSSES[name]
    assert torch.autograd.gradcheck(ours, embeddings(count))


@pytest.mark.parametrize("temperature", [0.07, 0.5])
def test_supcon_is_that_of_pytorch_metric_learning(temperature):
    z1, z2 = embeddings(2)
    label = torch.tensor(LABEL)
    label[label < 0] = 9  # a class of its own: only its other view is a positive
    mine = value("supcon", [z1, z2], temperature=temperature)
    theirs = SupConLoss(temperature=temperature)(torch.cat([z1, z2]), torch.cat([label, label]))
    torch.testing.assert_close(mine, theirs, rtol=1e-9, atol=0)
    for a, b in zip(torch.autograd.grad(mine, (z1, z2)), torch.autograd.grad(theirs, (z1, z2)), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-9, atol=1e-12)


def test_supervised_is_the_log_loss_of_scikit_learn():
    views = embeddings(2)
    rows = [i for i, label in enumerate(LABEL) if label >= 0]
    expected = [
        log_loss([LABEL[i] for i in rows], z[rows].softmax(1).detach().numpy(), labels=list(range(5))) for z in views
    ]
    assert value("supervised", views, classes=5).item() == pytest.approx(sum(expected) / 2, rel=1e-12)


def test_supcon_is_not_the_definition_with_the_sum_inside_the_logarithm():
    # L_in <= L_out by Jensen's inequality, with equality where each view has one positive.
    z1, z2 = embeddings(2)
    assert value("supcon", [z1, z2], temperature=0.3) > references.supcon_in(z1, z2, LABEL, 0.3) + 0.1
    alone = value("supcon", [z1, z2], Known.nothing(6), temperature=0.3)
    torch.testing.assert_close(alone, references.supcon_in(z1, z2, [-1] * 6, 0.3), rtol=1e-9, atol=0)


@pytest.mark.parametrize("name", ["supcon", "sepp-id"])
@pytest.mark.parametrize("negatives", ["all", "mask-same-class"])
def test_with_pairs_alone_they_are_simclr(name, negatives):
    # SupCon where no class is known; SePP-ID on two views, whatever is known.
    z1, z2 = embeddings(2)
    known = Known.nothing(6) if name == "supcon" else KNOWN
    repels = None
    if name == "sepp-id" and negatives == "mask-same-class":
        repels = torch.tensor([[a != b or a < 0 for b in LABEL] for a in LABEL])
    mine = value(name, [z1, z2], known, temperature=0.3, negatives=negatives)
    torch.testing.assert_close(mine, nt_xent(z1, z2, 0.3, repels), rtol=1e-9, atol=0)


def test_what_equal_rows_give():
    same = [torch.ones(6, 5, dtype=torch.float64)] * 4
    assert value("supcon", same[:2]).item() == pytest.approx(math.log(11), rel=1e-12)  # log(2n - 1)
    assert value("sepp-id", same).item() == pytest.approx(math.log(11), rel=1e-12)  # as SimCLR
    assert value("leoclr", same[:3], queue=same[3]).item() == pytest.approx(2 * math.log(7), rel=1e-12)  # 2 log(m + 1)
    assert value("leoclr", same[:3]).item() == 0  # nothing in the queue
    assert value("supervised", same[:2], classes=5).item() == pytest.approx(math.log(5), rel=1e-12)  # log(k)


def test_supcon_of_classes_on_orthogonal_axes():
    # c pairs of each class on one axis: similarity 1 to 2c - 1 positives, 0 to the 2n - 2c others. Without the other
    # positives in the denominator there is one e^(1/T) in it.
    c, n, temperature = 3, 9, 0.5
    label = torch.arange(3).repeat(c)
    z = torch.eye(3, dtype=torch.float64)[label]
    for negatives, positives_in_denominator in (("all", 2 * c - 1), ("mask-same-class", 1)):
        denominator = positives_in_denominator * math.exp(1 / temperature) + 2 * n - 2 * c
        mine = value("supcon", [z, z], Known(label, label), temperature=temperature, negatives=negatives)
        assert mine.item() == pytest.approx(-1 / temperature + math.log(denominator), rel=1e-12)


@pytest.mark.parametrize("name", ["supcon", "sepp-id"])
def test_where_nobody_may_repel_there_is_nothing_to_learn(name):
    views = embeddings(2)
    one_class = Known(torch.zeros(6, dtype=torch.int64), torch.zeros(6, dtype=torch.int64))
    mine = value(name, views, one_class, negatives="mask-same-class")
    assert mine.item() == pytest.approx(0, abs=1e-12)
    assert all(torch.equal(g, torch.zeros_like(g)) for g in torch.autograd.grad(mine, views))


# What each loss must not see, by theory. For LeOCLR the four are the query, two keys and the queue; for supervised they
# are logits. SupCon and supervised take the first two.
ROTATION = torch.linalg.qr(torch.randn(5, 5, generator=torch.Generator().manual_seed(1), dtype=torch.float64)).Q
ORDER = torch.tensor([3, 5, 0, 2, 1, 4])
FOUR = ("supcon", "sepp-id", "leoclr", "supervised")
CHANGES = {  # invariant, in the order of FOUR
    "scale of single rows": (lambda z: [x * torch.arange(1.0, 7.0)[:, None] for x in z], (True, True, True, False)),
    "rotation of all": (lambda z: [x @ ROTATION for x in z], (True, True, True, False)),
    "rotation of the first": (lambda z: [z[0] @ ROTATION, *z[1:]], (False, False, False, False)),
    "permutation of the first": (lambda z: [z[0][ORDER], *z[1:]], (False, False, False, False)),
    "swap of the images": (lambda z: [z[1], z[0], z[3], z[2]], (True, True, False, True)),
    "swap of the crops": (lambda z: [z[0], z[2], z[1], z[3]], (False, False, True, False)),
    "shift of single rows": (lambda z: [x + torch.arange(6.0)[:, None] for x in z], (False, False, False, True)),
}  # fmt: skip


def of_four(name: str, z: list[Tensor], known: Known = KNOWN) -> Tensor:
    match name:
        case "sepp-id":
            return value(name, z, known)
        case "leoclr":
            return value(name, z[:3], known, queue=z[3])
        case "supervised":
            return value(name, z[:2], known, classes=5)
    return value(name, z[:2], known)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize(("place", "name"), [*enumerate(FOUR)])
def test_invariances_are_those_of_the_theory(change, place, name):
    transform, invariant = CHANGES[change]
    z = embeddings(4)
    same = torch.isclose(of_four(name, transform(z)), of_four(name, z), rtol=1e-10, atol=0).item()
    assert same == invariant[place]


@pytest.mark.parametrize("name", FOUR)
def test_the_order_of_the_pairs_does_not_matter(name):
    z, known = embeddings(4), Known(KNOWN.group[ORDER], KNOWN.label[ORDER])
    torch.testing.assert_close(of_four(name, [x[ORDER] for x in z], known), of_four(name, z), rtol=1e-10, atol=0)


def test_supervised_says_which_number_to_set():
    with pytest.raises(UserError, match=r"method.classes = 2.*\n.*method.classes=3"):
        value("supervised", embeddings(2, e=2), Known(KNOWN.group, torch.tensor([0, 1, 2, 1, 0, 0])), classes=2)
    with pytest.raises(UserError, match="needs labels"):
        value("supervised", embeddings(2), Known.nothing(6), classes=5)
