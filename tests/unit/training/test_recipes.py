"""The training options of a method's paper are used, for this batch, where the user gives none."""

from typing import Any, ClassVar

import pytest
import torch

from made import made_source
from sempairs.core.runs import RunStore
from sempairs.encoders.small_resnet import SmallResNet
from sempairs.methods import METHODS
from sempairs.methods.simclr import SimCLR
from sempairs.pairs.rules import same_class
from sempairs.training.loop import train
from sempairs.training.optim import make_optimizer
from sempairs.training.recipes import recipe_of
from sempairs.training.settings import Budget, TrainSettings


class WithRecipe(SimCLR):
    recipe: ClassVar[dict[str, Any]] = {"optimizer": "lars", "lr": 0.3, "weight_decay": 1e-6, "schedule": "cosine"}


class WithAdam(SimCLR):
    recipe: ClassVar[dict[str, Any]] = {"optimizer": "adamw", "lr": 5e-4}


class Without(SimCLR):
    recipe: ClassVar[dict[str, Any]] = {}


@pytest.fixture(autouse=True)
def methods(monkeypatch):
    for name, method in {"lars-like": WithRecipe, "adam-like": WithAdam, "plain": Without}.items():
        monkeypatch.setitem(METHODS._members, name, method)


def resolved(method: str, **training) -> Budget:
    return TrainSettings.resolve({"method": method, "training": training}).training


def test_a_recipe_fills_what_is_not_given_and_scales_with_the_batch():
    budget = resolved("lars-like", batch_size=64)
    # 0.3 for 256 is 0.3 / 4 for 64 (Goyal et al.'s linear rule, as SimCLR's section 2.2 uses it).
    assert (budget.optimizer, budget.lr, budget.weight_decay, budget.schedule) == ("lars", 0.075, 1e-6, "cosine")
    assert resolved("lars-like").lr == 0.3  # the default batch is 256
    assert resolved("lars-like", batch_size=512).lr == 0.6


def test_adamw_scales_too_and_what_a_recipe_lacks_is_the_default():
    budget = resolved("adam-like", batch_size=64)  # DINO's paper, section 3.2: 0.0005 * batch / 256
    assert (budget.lr, budget.weight_decay, budget.schedule) == (5e-4 / 4, Budget().weight_decay, Budget().schedule)


def test_what_is_given_stays_as_it_was_given():
    budget = resolved("lars-like", batch_size=64, lr=0.5, schedule="one-cycle")
    assert (budget.optimizer, budget.lr, budget.weight_decay, budget.schedule) == ("lars", 0.5, 1e-6, "one-cycle")


def test_another_optimizer_takes_nothing_of_the_recipe():
    assert resolved("lars-like", optimizer="adamw") == Budget()  # the package's own default is AdamW
    assert resolved("lars-like", optimizer="lars").lr == 0.3


def test_without_a_recipe_the_defaults_hold():
    assert resolved("plain", batch_size=64) == Budget(batch_size=64)


def test_resolved_settings_resolve_to_themselves():
    settings = TrainSettings.resolve({"method": "lars-like", "training": {"batch_size": 64}})
    assert TrainSettings.resolve(settings.to_json()) == settings


def test_a_run_says_whose_choice_its_settings_are_and_keeps_them(tmp_path, capsys):
    source = made_source()
    tables = {"method": "lars-like", "encoder": {"name": "small-resnet", "width": 4}}
    settings = TrainSettings.resolve({**tables, "training": {"batch_size": 16, "passes": 1}})
    run = train(same_class(source), source, settings, RunStore(tmp_path), "this run")
    # 0.3 * 16 / 256 = 0.01875; 40 images are 40 pairs, two whole batches.
    assert (
        "this run: lars-like: lars, lr 0.01875, weight decay 1e-06, cosine (recipe of lars-like at batch 16), "
        "2 steps of 16 pairs"
    ) in capsys.readouterr().err
    assert run.settings["training"]["lr"] == 0.01875


def test_what_departs_from_the_recipe_is_named():
    words = TrainSettings.resolve({"method": "lars-like", "training": {"lr": 0.1}}).in_words()
    assert words.endswith("lr 0.1, weight decay 1e-06, cosine (recipe of lars-like at batch 256 but for lr)")
    words = TrainSettings.resolve({"method": "lars-like", "training": {"optimizer": "adamw"}}).in_words()
    assert words == "lars-like: adamw, lr 0.002, weight decay 0.01, one-cycle"


@pytest.mark.parametrize("name", list(METHODS))
def test_every_recipe_makes_an_optimizer(name):
    spec = TrainSettings.resolve({"method": name}).method
    recipe = recipe_of(spec, None, 256)
    assert set(recipe) <= {"optimizer", "lr", "weight_decay", "trust", "schedule"}
    assert recipe.get("optimizer", "adamw") in ("sgd", "momentum", "larc", "adamw", "adam")
    assert recipe == METHODS[name].recipe
    optimizer = make_optimizer(SmallResNet(1, width=4), Budget(**recipe))
    assert isinstance(optimizer, torch.optim.Optimizer)


@pytest.mark.parametrize("name", ["larc", "lars"])
def test_lars_takes_its_first_step_as_the_paper_says(name):
    """You, Gitman, Ginsburg, arXiv 1708.03888, equation 6: a rate for each layer; larc never lets it exceed lr."""
    layer = torch.nn.Linear(3, 2, bias=False)
    before = layer.weight.detach().clone()
    layer.weight.grad = torch.tensor([[1.0, -2.0, 0.5], [0.0, 3.0, 1.0]])
    lr, trust, decay = 0.5, 0.02, 1e-2
    make_optimizer(layer, Budget(optimizer=name, lr=lr, trust=trust, weight_decay=decay)).step()
    local = trust * before.norm() / (layer.weight.grad.norm() + decay * before.norm())
    if name == "larc":
        local = min(local / lr, torch.tensor(1.0))
    torch.testing.assert_close(layer.weight.detach(), before - lr * local * (layer.weight.grad + decay * before))
