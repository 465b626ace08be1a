"""Who shares a learning rate and how it moves: against timm's own groups, torch's schedules, and the papers."""

import pytest
import timm
import torch
from timm.optim._param_groups import param_groups_layer_decay

from made_views import known, made, views
from sempairs.core.errors import UserError
from sempairs.core.settings import build
from sempairs.encoders import ENCODERS
from sempairs.methods import METHODS
from sempairs.training.optim import Schedule, make_optimizer
from sempairs.training.settings import Budget, TrainSettings
from sempairs.training.state import TrainState

VIT = {"name": "timm", "model": "test_vit", "image_size": 12, "patch_size": 3}
STEPS = 20


def with_vit(method: str, **options):
    return build(METHODS, {"name": method, **options}, build(ENCODERS, VIT, 1))


def rates(optimizer) -> dict[int, float]:
    return {id(p): group["lr"] for group in optimizer.param_groups for p in group["params"]}


@pytest.mark.parametrize("model", ["test_vit", "resnet18"])
def test_layers_have_the_rates_of_timms_own_groups(model):
    """Of the same network with a classifier, which takes the place of the method's heads."""
    method = build(METHODS, "byol", build(ENCODERS, {"name": "timm", "model": model}, 3))
    found = rates(make_optimizer(method, Budget(lr=0.1, layer_decay=0.7)))
    theirs = timm.create_model(model, num_classes=10)
    share = {
        id(p): group["lr_scale"] for group in param_groups_layer_decay(theirs, layer_decay=0.7) for p in group["params"]
    }
    expected = {name: 0.1 * share[id(p)] for name, p in theirs.named_parameters()}
    assert expected.pop("head.weight" if model == "test_vit" else "fc.weight") == 0.1
    assert expected.pop("head.bias" if model == "test_vit" else "fc.bias") == 0.1
    ours = {name: found.pop(id(p)) for name, p in method.encoder.network.named_parameters()}
    assert ours == pytest.approx(expected)
    assert len({round(rate, 9) for rate in ours.values()}) > 5
    heads = [*method.projector.parameters(), *method.predictor.parameters()]
    assert found == {id(p): 0.1 for p in heads}  # the teacher has no rate


def test_a_vit_has_the_rates_of_the_paper():
    """BEiT: embeddings are layer 0, then come the blocks, then the head: decay^(blocks + 1 - layer)."""
    method = with_vit("simclr")
    vit = method.encoder.network
    found = rates(make_optimizer(method, Budget(lr=1.0, layer_decay=0.5)))
    blocks = len(vit.blocks)
    assert found[id(vit.pos_embed)] == found[id(vit.patch_embed.proj.weight)] == 0.5 ** (blocks + 1)
    for number, block in enumerate(vit.blocks, start=1):
        assert {found[id(p)] for p in block.parameters()} == {0.5 ** (blocks + 1 - number)}
    assert {found[id(p)] for p in method.projector.parameters()} == {1.0}


def test_an_encoder_without_known_layers_is_refused():
    with pytest.raises(UserError, match=r"which layers this encoder has(?s:.*)SmallResNet(?s:.*)layer_decay = 1"):
        make_optimizer(made("simclr"), Budget(layer_decay=0.9))


@pytest.mark.parametrize("schedule", ["one-cycle", "cosine"])
def test_every_layer_follows_the_schedule_at_its_own_height(schedule):
    optimizer = make_optimizer(with_vit("simclr"), Budget(lr=0.1, layer_decay=0.5, schedule=schedule))
    rate = Schedule(optimizer, Budget(lr=0.1, schedule=schedule), STEPS)
    for _ in range(STEPS - 1):
        for group in optimizer.param_groups:
            assert group["lr"] == pytest.approx(rate.lr * group["highest"] / 0.1, rel=1e-9)
        optimizer.step()
        rate.step()
    assert rate.lr < 0.002


@pytest.mark.parametrize("schedule", ["one-cycle", "cosine"])
def test_the_predictor_of_simsiam_keeps_its_rate(schedule):
    method = made("simsiam")
    predictor = {id(p) for p in method.predictor.parameters()}
    optimizer = make_optimizer(method, Budget(lr=0.1, schedule=schedule))
    schedule = Schedule(optimizer, Budget(lr=0.1, schedule=schedule), STEPS)
    others = []
    for _ in range(STEPS):
        found = rates(optimizer)
        assert {found[key] for key in predictor} == {0.1}
        (other,) = {rate for key, rate in found.items() if key not in predictor}
        assert other == schedule.lr
        others.append(other)
        optimizer.step()
        if len(others) < STEPS:
            schedule.step()
    assert max(others) == pytest.approx(0.1, rel=0.02)
    assert others[-1] < 0.002


def test_only_simsiam_has_a_constant_rate_and_every_named_part_exists():
    """None but SimSiam's paper says so; a name that no parameter has would do nothing."""
    assert [name for name in METHODS if METHODS[name].constant_rate] == ["simsiam"]
    assert [name for name in METHODS if METHODS[name].late] == ["swav", "dino"]
    for name in METHODS:
        for part in METHODS[name].constant_rate + METHODS[name].late:
            assert any(p.requires_grad for p in getattr(made(name), part).parameters())


def trained(method: str, steps: int, **training) -> TrainState:
    settings = TrainSettings.resolve(
        {"method": method, "encoder": {"name": "small-resnet", "width": 4}, "training": {"batch_size": 8, **training}}
    )
    state = TrainState.fresh(settings, 1, 10, torch.device("cpu"))
    state.method.train()
    for step in range(steps):
        state.advance(views(step), known(), 10)
    return state


@pytest.mark.parametrize("method", ["swav", "dino"])
def test_late_prototypes_begin_when_they_are_told_and_without_momentum(method):
    options = {"late": 0.3, "optimizer": "momentum", "lr": 0.1, "weight_decay": 0.1}
    first, before, after = (trained(method, steps, **options) for steps in (0, 3, 4))  # .3 of 10 steps
    weight = first.method.prototypes.weight
    torch.testing.assert_close(before.method.prototypes.weight, weight, rtol=0, atol=1e-7)  # lengths are restored
    assert before.method.prototypes.weight not in before.optimizer.state
    assert not torch.allclose(after.method.prototypes.weight, weight, atol=1e-5)
    assert not torch.equal(first.method.encoder.stem[0].weight, before.method.encoder.stem[0].weight)


def test_late_parts_of_a_method_that_has_none_are_refused():
    with pytest.raises(UserError, match=r"no part that could begin to learn late(?s:.*)training.late = 0"):
        make_optimizer(made("simclr"), Budget(late=0.1))


@pytest.mark.parametrize("option", ["layer_decay", "late"])
def test_shares_are_at_most_one(option):
    with pytest.raises(UserError, match=f"training.{option} must be at most 1"):
        Budget(**{option: 1.5})


def test_a_taken_up_training_has_the_rates_of_one_that_went_on():
    options = {"schedule": "cosine", "optimizer": "momentum", "lr": 0.1}
    whole, half = trained("simsiam", 8, **options), trained("simsiam", 5, **options)
    again = trained("simsiam", 0, **options)
    again.restore(half.dump())
    for step in range(5, 8):
        again.advance(views(step), known(), 10)
    assert [group["lr"] for group in again.optimizer.param_groups] == [g["lr"] for g in whole.optimizer.param_groups]
    assert all(torch.equal(a, b) for a, b in zip(whole.method.parameters(), again.method.parameters(), strict=True))


def test_frozen_patches_stay_and_all_else_learns():
    method = with_vit("moco-v3", freeze_patches=True)
    kept = method.encoder.network.patch_embed.proj.weight.clone()
    optimizer = make_optimizer(method, Budget(optimizer="sgd", lr=0.1))
    torch.stack(list(method.loss(*method(*views()), known=known()).values())).sum().backward()
    optimizer.step()
    assert torch.equal(method.encoder.network.patch_embed.proj.weight, kept)
    still = {name for name, p in method.named_parameters() if p.grad is None and not name.startswith("teacher")}
    assert still == {f"encoder.network.patch_embed.proj.{name}" for name in ("weight", "bias")}


def test_only_a_vision_transformer_has_patches_to_freeze():
    with pytest.raises(UserError, match=r"projection of patches to freeze(?s:.*)SmallResNet"):
        made("moco-v3", freeze_patches=True)
