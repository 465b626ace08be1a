"""What every registered method must do, whatever it is."""

import copy
import inspect
from math import log

import pytest
import torch

from made_views import N, crops, known, made, total, views
from sempairs.core.errors import UserError
from sempairs.core.settings import resolve
from sempairs.methods import METHODS
from sempairs.methods.base import Method
from sempairs.nn.known import Known

every_method = pytest.mark.parametrize("name", list(METHODS))
contrastive = pytest.mark.parametrize("name", [name for name in METHODS if METHODS[name].contrastive])

# The loss where a network says the same of everything, as the docstrings of the losses have it: of N pairs, after a
# step of N such pairs that may have filled a queue. W-MSE cannot whiten what does not vary, and says so.
OF_A_CONSTANT = {
    "simclr": log(2 * N - 1),
    "sepp-id": log(2 * N - 1),
    "supcon": log(2 * N - 1),
    "dcl": log(2 * N - 2),
    "nnclr": log(N),
    "moco-v2": log(N + 1),
    "leoclr": log(N + 1),
    "moco-v3": 2 * 2 * 0.2 * log(N),  # 2 temperature log n in each direction
    "byol": 0.0,
    "msf": 0.0,
    "simsiam": -1.0,
    "barlow-twins": 512.0,  # the width of the embedding: no dimension correlates with itself
    "vicreg": 25 * (1 - 0.01),  # no variance but the square root of epsilon
    "swav": log(256),  # the number of prototypes
    "dino": log(1024),
    "supervised": log(10),
    "mae": 2.0,  # what painting the mean of normalised patches costs, in each view
}


def begun(name: str, **options: object) -> Method:
    """A method that has seen a batch, so that a queue has something to compare with."""
    method = made(name, **options)
    total(method, views(5), known())
    method.after_step(0.5)
    return method


@every_method
def test_its_options_are_complete_in_its_settings(name):
    spec = resolve(METHODS, name)
    assert set(spec.options) == {
        p.name for p in inspect.signature(METHODS[name]).parameters.values() if p.kind is p.KEYWORD_ONLY
    }


@every_method
def test_its_terms_are_finite_named_scalars(name):
    method = made(name)
    out = method(*views())
    assert all(len(part) == N for part in out)
    terms = method.loss(*out, known=known())
    assert terms
    assert all(term.ndim == 0 and term.isfinite() for term in terms.values())


@every_method
def test_the_gradient_reaches_what_is_trained_and_no_teacher(name):
    method = begun(name)
    total(method, views(), known()).backward()
    for parameter_name, parameter in method.named_parameters():
        if parameter.requires_grad:
            assert parameter.grad is not None, parameter_name
            assert parameter.grad.abs().sum() > 0, parameter_name
        else:
            assert parameter.grad is None, parameter_name


@every_method
def test_the_order_of_the_batch_does_not_matter(name):
    method = begun(name)
    a, b = views()
    order = torch.randperm(N, generator=torch.Generator().manual_seed(3))
    value, about = total(method, (a, b), known()), known()
    permuted = total(begun(name), (a[order], b[order]), Known(about.group[order], about.label[order]))
    torch.testing.assert_close(permuted, value, rtol=1e-5, atol=1e-6)  # float32 sums in another order


@every_method
def test_one_small_step_lowers_the_loss_on_the_same_batch(name):
    method = begun(name)
    optimizer = torch.optim.SGD([p for p in method.parameters() if p.requires_grad], lr=0.01)
    losses = []
    for _ in range(2):
        loss = total(method, views(), known())
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert losses[1] < losses[0]


@every_method
def test_saving_and_loading_is_exact(name):
    method = made(name)
    for seed in (5, 6):  # a queue has something in it, a teacher has moved
        total(method, views(seed), known())
        method.after_step(0.5)
    other = made(name)
    other.load_state_dict(copy.deepcopy(method.state_dict()))
    method.train()
    other.train()
    for mine, theirs in zip(method(*views(1)), other(*views(1)), strict=True):
        assert torch.equal(mine, theirs)


@every_method
def test_a_constant_output_has_the_documented_loss(name):
    method = made(name)
    for parameter_name, weights in method.named_parameters():
        if parameter_name.endswith("prototypes.weight") or parameter_name == "teacher.2.weight":
            weights.data.fill_(1.0)  # with unequal prototypes it would depend on them
    constant = [torch.ones_like(part) for part in method(*views())]
    if name == "w-mse":
        with pytest.raises(UserError, match="cannot be whitened"):
            method.loss(*constant, known=known())
        return
    for _ in range(2):
        terms = method.loss(*constant, known=known())
        for memory in (module for module in method.modules() if hasattr(module, "commit")):
            memory.commit()
    assert torch.stack(list(terms.values())).sum().item() == pytest.approx(OF_A_CONSTANT[name], rel=1e-4, abs=1e-6)


@every_method
def test_its_page_has_source_departure_and_shapes(name):
    page = inspect.getmodule(METHODS[name]).__doc__
    for heading in ("**Source**", "**Departure**", "**Shapes**", "arXiv"):
        assert heading in page


@pytest.mark.parametrize("name", [name for name in METHODS if METHODS[name].takes_crops])
def test_small_crops_beside_the_two_views_count(name):
    value = total(begun(name), crops(), known())
    assert value.isfinite()
    assert value != total(begun(name), crops()[:2], known())


@every_method
def test_what_is_noted_is_a_finite_number(name):
    method = made(name)
    total(method, views(), known())
    assert all(value.ndim == 0 and value.isfinite() for value in method.noted.values())


@contrastive
def test_masked_negatives_do_not_repel_and_the_share_of_same_class_negatives_is_noted(name):
    share = {}
    for negatives in ("all", "mask-same-group", "mask-same-class"):
        method = made(name, negatives=negatives)
        for seed in (5, 6):
            value = total(method, views(seed), known())
            method.after_step(0.5)
        assert value.isfinite()
        share[negatives] = method.noted["same-class negatives"].item()
    assert share["all"] > share["mask-same-group"] > share["mask-same-class"] == 0


@contrastive
def test_masking_where_nothing_is_known_changes_nothing(name):
    values = [
        total(begun(name, negatives=negatives), views(), Known.nothing(N)) for negatives in ("all", "mask-same-class")
    ]
    torch.testing.assert_close(values[0], values[1], rtol=0, atol=0)
