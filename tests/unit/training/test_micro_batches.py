"""Micro-batches change nothing but the memory; other precisions are refused where they would be slow."""

import pytest
import torch
from torch import nn

from made_views import N, crops, known, made, views
from sempairs.core.errors import UserError
from sempairs.methods import METHODS
from sempairs.methods.base import Method
from sempairs.training.gradients import backward, check_precision

PARTS = 3  # pairs in a micro-batch: 8 pairs are three, three and two


def without_batch_norm(module: nn.Module) -> nn.Module:
    """The same with each sample normalised on its own, so that it does not see who else is in its pass."""
    for name, child in module.named_children():
        if isinstance(child, nn.BatchNorm1d | nn.BatchNorm2d):
            setattr(module, name, nn.GroupNorm(1, child.num_features, affine=child.affine))
        else:
            without_batch_norm(child)
    return module


def gradients(method: Method, look: tuple[torch.Tensor, ...], micro_batch: int, **options) -> dict[str, torch.Tensor]:
    """Of every trained parameter and of every term, after a step that may have filled a queue."""
    method.loss(*method(*look), known=known())
    method.after_step(0.5)
    method.zero_grad()
    terms = backward(method, method, look, known(), micro_batch=micro_batch, **options)
    found = {name: p.grad for name, p in method.named_parameters() if p.grad is not None}
    return found | {f"term {name}": term.detach() for name, term in terms.items()}


@pytest.mark.parametrize("name", list(METHODS))
def test_micro_batches_have_the_gradient_of_the_whole_batch(name):
    look = tuple(view.double() for view in (crops() if METHODS[name].takes_crops else views()))
    whole = gradients(without_batch_norm(made(name)).double(), look, 0)
    parts = gradients(without_batch_norm(made(name)).double(), look, PARTS)
    assert whole.keys() == parts.keys()
    for key, value in whole.items():
        torch.testing.assert_close(parts[key], value, rtol=1e-9, atol=1e-12, msg=lambda text, key=key: f"{key}: {text}")


def test_both_passes_of_a_micro_batch_draw_the_same():
    drawn = []
    gradients(made("simclr"), views(), PARTS, reseed=drawn.append)
    assert drawn == [0, 1, 2, 0, 1, 2]


def test_batch_norm_takes_each_micro_batch_in_once():
    method = made("simclr")
    seen = [m for m in method.modules() if isinstance(m, nn.BatchNorm2d)]
    before = [m.num_batches_tracked.item() for m in seen]
    backward(method, method, views(), known(), micro_batch=PARTS)
    assert [m.num_batches_tracked.item() for m in seen] == [count + 3 for count in before]
    assert all(m.track_running_stats for m in seen)


@pytest.mark.parametrize("micro_batch", [0, PARTS])
def test_a_scaled_loss_scales_the_gradient_and_not_the_terms(micro_batch):
    plain = gradients(made("simclr").double(), tuple(view.double() for view in views()), micro_batch)
    scaled = gradients(
        made("simclr").double(), tuple(view.double() for view in views()), micro_batch, scale=lambda loss: 64.0 * loss
    )
    for key, value in plain.items():
        torch.testing.assert_close(scaled[key], value if key.startswith("term") else 64.0 * value)


def test_a_micro_batch_as_large_as_the_batch_is_one_pass():
    for size in (N, N + 1):
        one, whole = (gradients(made("simclr"), views(), micro_batch) for micro_batch in (size, 0))
        assert all(torch.equal(one[key], whole[key]) for key in whole)


@pytest.mark.skipif(
    not torch.cpu.get_capabilities().get("avx512_bf16", False), reason="bf16 on this CPU would be emulated"
)
@pytest.mark.parametrize("micro_batch", [0, PARTS])
def test_bf16_is_near_fp32_and_the_loss_stays_in_fp32(micro_batch):
    check_precision("bf16", torch.device("cpu"))
    exact = gradients(made("simclr"), views(), micro_batch)
    rough = gradients(made("simclr"), views(), micro_batch, precision="bf16")
    assert all(value.dtype == torch.float32 for value in rough.values())
    # bfloat16 has 8 bits: 2^-8 = .4% for each rounding, of which a dozen layers make a few per cent of a gradient.
    assert rough["term nt_xent"].item() == pytest.approx(exact["term nt_xent"].item(), rel=0.02)
    a, b = (torch.cat([v.flatten() for k, v in g.items() if not k.startswith("term")]) for g in (exact, rough))
    assert torch.nn.functional.cosine_similarity(a, b, dim=0) > 0.98


@pytest.mark.parametrize(("precision", "capabilities"), [("bf16", {"avx2": True}), ("fp16", {"avx512_bf16": True})])
def test_a_cpu_refuses_what_it_would_emulate(monkeypatch, precision, capabilities):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities)
    with pytest.raises(UserError, match=rf"no arithmetic of its own for {precision}(?s:.*)fp32"):
        check_precision(precision, torch.device("cpu"))
