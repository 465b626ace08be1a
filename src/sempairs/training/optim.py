"""Optimizer and learning rates, by timm and torch: which parameters share a rate, and how it moves.

All rates follow the schedule but those of the parts that a method's paper keeps constant (`Method.constant_rate`).
Layers of the encoder may have lower ones the earlier they come: Bao, Dong, Piao, Wei, "BEiT: BERT Pre-Training of
Image Transformers", ICLR 2022, arXiv 2106.08254, appendix H, in timm's groups of layers.
"""

from typing import Any

import torch
from timm.models import group_parameters
from timm.optim import create_optimizer_v2  # type: ignore[attr-defined]
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, LRScheduler, OneCycleLR, SequentialLR

from sempairs.core.errors import UserError
from sempairs.encoders.base import Encoder
from sempairs.encoders.timm_adapter import TimmEncoder
from sempairs.methods.base import Method
from sempairs.training.settings import Budget

LARS = ("lars", "larc", "nlars", "nlarc")  # timm's names: with clipped rates (c), with Nesterov's momentum (n)


def make_optimizer(network: nn.Module, budget: Budget) -> torch.optim.Optimizer:
    """The optimizer for the trainable parameters of a method, or of any network; biases and norms have no weight decay.

    Raises
    ------
    UserError: timm knows no optimizer of that name; layers or late parts are asked for where there are none.
    """
    trust: dict[str, Any] = {"trust_coeff": budget.trust} if budget.optimizer in LARS else {}
    groups = _groups(network, budget)
    try:
        optimizer: torch.optim.Optimizer = create_optimizer_v2(groups, opt=budget.optimizer, lr=budget.lr, **trust)
    except (ValueError, AssertionError) as error:
        raise UserError(
            f"cannot make the optimizer {budget.optimizer!r}", got=error, todo="adamw, sgd, lars, ..."
        ) from None
    return optimizer


class Schedule:
    """The learning rates of an optimizer's groups over the steps of a training, and who does not learn yet.

    Parameters
    ----------
    steps: of the whole training.
    """

    def __init__(self, optimizer: torch.optim.Optimizer, budget: Budget, steps: int) -> None:
        self.optimizer, self.steps, self.late = optimizer, steps, budget.late
        self._shape = _shape(optimizer, budget, steps)
        self._keep_constant()

    @property
    def lr(self) -> float:
        """The rate of the step to come, of those that follow the schedule and are of no early layer."""
        return float(self.optimizer.param_groups[0]["lr"])

    def hold_back(self) -> None:
        """Take away the gradients of parts that do not learn yet, so that they leave no momentum either."""
        if self._shape.last_epoch < self.late * self.steps:
            for group in self.optimizer.param_groups:
                for parameter in group["params"] if group["late"] else ():
                    parameter.grad = None

    def step(self) -> None:
        """Go on to the rates of the next step."""
        self._shape.step()
        self._keep_constant()

    def state_dict(self) -> dict[str, Any]:
        """For a checkpoint; the rates themselves are in the optimizer's."""
        return self._shape.state_dict()

    def load_state_dict(self, saved: dict[str, Any]) -> None:
        """Go back to a checkpoint."""
        self._shape.load_state_dict(saved)

    def _keep_constant(self) -> None:
        for group in self.optimizer.param_groups:
            if group["constant"]:
                group["lr"] = group["highest"]


def _shape(optimizer: torch.optim.Optimizer, budget: Budget, steps: int) -> LRScheduler:
    if budget.schedule == "one-cycle":
        # Momentum stays as it is: only the learning rate is scheduled.
        highest = [group["highest"] for group in optimizer.param_groups]
        return OneCycleLR(optimizer, highest, total_steps=steps, cycle_momentum=False)
    warmup = max(1, steps // 10)
    rise = LinearLR(optimizer, start_factor=1.0 / (warmup + 1), total_iters=warmup)
    return SequentialLR(optimizer, [rise, CosineAnnealingLR(optimizer, max(1, steps - warmup))], milestones=[warmup])


def _groups(network: nn.Module, budget: Budget) -> list[dict[str, Any]]:
    """Parameters that share rate, schedule and weight decay; those of the full, scheduled rate come first."""
    parts = network if isinstance(network, Method) else None
    constant, late = (parts.constant_rate, parts.late) if parts else ((), ())
    if budget.late and not late:
        raise UserError("this method has no part that could begin to learn late", todo="set training.late = 0")
    scales = _layer_scales(parts.encoder, budget.layer_decay) if parts and budget.layer_decay < 1 else {}
    groups: dict[tuple[bool, bool, float, bool], dict[str, Any]] = {}
    for name, parameter in network.named_parameters():
        if not parameter.requires_grad:
            continue
        part, scale = name.partition(".")[0], scales.get(id(parameter), 1.0)
        plain = parameter.ndim <= 1 or name.endswith(".bias")
        group = groups.setdefault(
            (part in constant, part in late, -scale, not plain),
            {
                "params": [],
                "weight_decay": 0.0 if plain else budget.weight_decay,
                "lr": budget.lr * scale,
                "highest": budget.lr * scale,
                "constant": part in constant,
                "late": part in late,
            },
        )
        group["params"].append(parameter)
    return [groups[key] for key in sorted(groups)]


def _layer_scales(encoder: Encoder, decay: float) -> dict[int, float]:
    """The share of the rate that each parameter has, by its id: 1 in a method's heads, `decay` of the next in a layer.

    Raises
    ------
    UserError: nobody has said which layers this encoder has.
    """
    network = encoder.network if isinstance(encoder, TimmEncoder) else None
    if network is None or not hasattr(network, "group_matcher"):
        raise UserError(
            "nobody has said which layers this encoder has",
            got=encoder.model if isinstance(encoder, TimmEncoder) else type(encoder).__name__,
            todo="set training.layer_decay = 1, or take a timm encoder",
        )
    layers: dict[str, int] = group_parameters(network, network.group_matcher(coarse=False), reverse=True)
    heads = max(layers.values()) + 1
    return {id(parameter): decay ** (heads - layers[name]) for name, parameter in network.named_parameters()}
