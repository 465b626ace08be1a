"""What a method is: `forward` sees the views of one device, `loss` sees what `forward` gave for the whole batch.

The trainer calls `out = method(*views)`, then sums the named terms of `method.loss(*out, known=known)`. A method knows
nothing of devices, processes, logging or optimisers; with several processes the trainer gathers `out` and `known` in
between, so statistics inside a loss are always those of the whole batch.
"""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from torch import Tensor, nn

from sempairs.encoders.base import Encoder
from sempairs.nn.known import Known

Training = dict[str, Any]
"""Options of a training by name, as in a study's `[training]`."""

SOLO_LEARN: Training = {"optimizer": "larc", "trust": 0.02, "schedule": "cosine"}
"""What solo-learn's recipes for CIFAR have in common (its scripts/pretrain/cifar). The papers' trust of 0.001 is for
ImageNet: a step of theirs turns a layer by less than a thousandth, and a short training on small data goes nowhere."""


class Method(nn.Module, ABC):
    """A way to train an encoder.

    Subclasses take the encoder as their positional parameter and their options as keyword-only ones. Views 0, 2, 4, ...
    show the first image of a pair, views 1, 3, 5, ... the second.

    Attributes
    ----------
    noted: numbers of the last loss that are worth a place in the log and are not minimised, by name.
    """

    contrastive: ClassVar[bool]
    """Whether the loss pushes different pairs apart."""

    takes_crops: ClassVar[bool] = False
    """Whether it takes small crops after the two views."""

    recipe: ClassVar[Training] = {}
    """Training options of its paper, for a batch of 256, that hold where a user gives none; the page says whose."""

    constant_rate: ClassVar[tuple[str, ...]] = ()
    """The parts whose learning rate stays at its height all the time, as in its paper."""

    late: ClassVar[tuple[str, ...]] = ()
    """The parts that begin to learn after the others where `training.late` says when, as in its authors' code."""

    encoder: Encoder
    noted: dict[str, Tensor]

    def __init__(self) -> None:
        super().__init__()
        self.noted = {}

    @abstractmethod
    def forward(self, *views: Tensor) -> tuple[Tensor, ...]:
        """What the loss needs of these views, each `[n, c, h, w]`; each result has n rows."""

    @abstractmethod
    def loss(self, *out: Tensor, known: Known) -> dict[str, Tensor]:
        """The terms whose sum is minimised, by name; `known` is what is known of the n pairs of the batch."""

    def after_step(self, progress: float) -> None:
        """Called after each optimizer step with the share of the training that is done, in (0, 1]."""
