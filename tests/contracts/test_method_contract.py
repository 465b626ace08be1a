"""What every registered method must do, whatever it is."""

import copy
import inspect

import pytest
import torch
from torch import Tensor

from sempairs.core.seeds import seed_of
from sempairs.core.settings import build, resolve
from sempairs.encoders.small_resnet import SmallResNet
from sempairs.methods import METHODS
from sempairs.methods.base import Method

N, SIZE = 8, 12

every_method = pytest.mark.parametrize("name", list(METHODS))


def made(name: str) -> Method:
    torch.manual_seed(seed_of("contract"))
    method: Method = build(METHODS, name, SmallResNet(1, width=4))
    return method


def views(seed: int = 0) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    first = torch.rand(N, 1, SIZE, SIZE, generator=generator)
    return first, (first + 0.3 * torch.rand(N, 1, SIZE, SIZE, generator=generator)).clamp(0, 1)


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
    terms = method.loss(*out)
    assert terms
    assert all(term.ndim == 0 and term.isfinite() for term in terms.values())


@every_method
def test_the_gradient_reaches_what_is_trained_and_no_teacher(name):
    method = made(name)
    sum(method.loss(*method(*views())).values()).backward()
    for parameter_name, parameter in method.named_parameters():
        if parameter.requires_grad:
            assert parameter.grad is not None, parameter_name
            assert parameter.grad.abs().sum() > 0, parameter_name
        else:
            assert parameter.grad is None, parameter_name


@every_method
def test_the_order_of_the_batch_does_not_matter(name):
    method = made(name)
    a, b = views()
    order = torch.randperm(N, generator=torch.Generator().manual_seed(3))
    value = sum(method.loss(*method(a, b)).values())
    permuted = sum(made(name).loss(*made(name)(a[order], b[order])).values())
    torch.testing.assert_close(permuted, value, rtol=1e-5, atol=1e-6)  # float32 sums in another order


@every_method
def test_one_small_step_lowers_the_loss_on_the_same_batch(name):
    method = made(name)
    optimizer = torch.optim.SGD([p for p in method.parameters() if p.requires_grad], lr=0.01)
    losses = []
    for _ in range(2):
        loss = sum(method.loss(*method(*views())).values())
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert losses[1] < losses[0]


@every_method
def test_saving_and_loading_is_exact(name):
    method = made(name)
    method(*views())
    method.after_step(0.5)
    other = made(name)
    other.load_state_dict(copy.deepcopy(method.state_dict()))
    method.train()
    other.train()
    for mine, theirs in zip(method(*views(1)), other(*views(1)), strict=True):
        assert torch.equal(mine, theirs)


@every_method
def test_its_page_has_source_departure_and_shapes(name):
    page = inspect.getmodule(METHODS[name]).__doc__
    for heading in ("**Source**", "**Departure**", "**Shapes**", "arXiv"):
        assert heading in page
