"""What a method is: `forward` sees the views of one device, `loss` sees what `forward` gave for the whole batch.

The trainer calls `out = method(*views)`, then sums the named terms of `method.loss(*out)`. A method knows nothing of
devices, processes, logging or optimisers; with several processes the trainer gathers `out` in between, so statistics
inside a loss are always those of the whole batch.
"""

from abc import ABC, abstractmethod
from typing import ClassVar

from torch import Tensor, nn

from sempairs.encoders.base import Encoder


class Method(nn.Module, ABC):
    """A way to train an encoder.

    Subclasses take the encoder as their positional parameter and their options as keyword-only ones.
    """

    contrastive: ClassVar[bool]
    """Whether the loss pushes different pairs apart."""

    encoder: Encoder

    @abstractmethod
    def forward(self, *views: Tensor) -> tuple[Tensor, ...]:
        """What the loss needs of these views, each `[n, c, h, w]`; each result has n rows."""

    @abstractmethod
    def loss(self, *out: Tensor) -> dict[str, Tensor]:
        """The terms whose sum is minimised, by name."""

    def after_step(self, progress: float) -> None:
        """Called after each optimizer step with the share of the training that is done, in (0, 1]."""
