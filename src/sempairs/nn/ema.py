"""Exponential moving averages of networks: the slow teachers of BYOL and MoCo."""

import copy
import math
from typing import TypeVar

import torch
from torch import nn

Network = TypeVar("Network", bound=nn.Module)


def teacher_of(student: Network) -> Network:
    """A copy of `student` that gets no gradient."""
    return copy.deepcopy(student).requires_grad_(False)


@torch.no_grad()
def update(teacher: nn.Module, student: nn.Module, momentum: float) -> None:
    """teacher <- momentum * teacher + (1 - momentum) * student, for every parameter.

    Buffers (the running statistics of batch norm) are the teacher's own: it sees the batches itself.
    """
    for slow, fast in zip(teacher.parameters(), student.parameters(), strict=True):
        slow.lerp_(fast, 1.0 - momentum)


def cosine_momentum(base: float, progress: float) -> float:
    """The momentum at a share `progress` of the training, from `base` at 0 to 1 at 1 (BYOL, section 3.3)."""
    return 1.0 - (1.0 - base) * (math.cos(math.pi * progress) + 1.0) / 2.0
