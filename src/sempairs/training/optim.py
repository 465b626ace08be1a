"""Optimizer and learning-rate schedule, by timm and torch."""

from typing import Any

import torch
from timm.optim import create_optimizer_v2  # type: ignore[attr-defined]
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, LRScheduler, OneCycleLR, SequentialLR

from sempairs.core.errors import UserError
from sempairs.training.settings import Budget

LARS = ("lars", "larc", "nlars", "nlarc")  # timm's names: with clipped rates (c), with Nesterov's momentum (n)


def make_optimizer(network: nn.Module, budget: Budget) -> torch.optim.Optimizer:
    """The optimizer for the trainable parameters; biases and norms have no weight decay.

    Raises
    ------
    UserError: timm knows no optimizer of that name.
    """
    trust: dict[str, Any] = {"trust_coeff": budget.trust} if budget.optimizer in LARS else {}
    try:
        optimizer: torch.optim.Optimizer = create_optimizer_v2(
            network, opt=budget.optimizer, lr=budget.lr, weight_decay=budget.weight_decay, **trust
        )
    except (ValueError, AssertionError) as error:
        raise UserError(
            f"cannot make the optimizer {budget.optimizer!r}", got=error, todo="adamw, sgd, lars, ..."
        ) from None
    return optimizer


def make_schedule(optimizer: torch.optim.Optimizer, budget: Budget, steps: int) -> LRScheduler:
    """The learning rate over `steps` optimizer steps."""
    if budget.schedule == "one-cycle":
        # Momentum stays as it is: only the learning rate is scheduled.
        return OneCycleLR(optimizer, budget.lr, total_steps=steps, cycle_momentum=False)
    warmup = max(1, steps // 10)
    rise = LinearLR(optimizer, start_factor=1.0 / (warmup + 1), total_iters=warmup)
    return SequentialLR(optimizer, [rise, CosineAnnealingLR(optimizer, max(1, steps - warmup))], milestones=[warmup])
