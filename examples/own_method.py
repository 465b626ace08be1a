"""Add a method of your own and train with it by name: here, SimCLR's cousin that only pulls pairs together.

python examples/own_method.py runs
"""

import sys
from pathlib import Path
from typing import ClassVar

import torch.nn.functional as F
from torch import Tensor

from sempairs.core.runs import RunStore
from sempairs.encoders.base import Encoder
from sempairs.methods import METHODS
from sempairs.methods.base import Method
from sempairs.nn.heads import mlp
from sempairs.nn.known import Known
from sempairs.pairs.rules import same_class
from sempairs.sources.opening import open_source
from sempairs.training.loop import train
from sempairs.training.settings import TrainSettings


class Pull(Method):
    """Alignment alone: it collapses, which is why methods have negatives, teachers or decorrelation."""

    contrastive: ClassVar[bool] = False

    def __init__(self, encoder: Encoder, *, embedding: int = 32) -> None:
        super().__init__()
        self.encoder = encoder
        self.projector = mlp(encoder.dim, embedding)

    def forward(self, *views: Tensor) -> tuple[Tensor, ...]:
        """The embedding of each view."""
        return tuple(F.normalize(self.projector(self.encoder(view)), dim=1) for view in views)

    def loss(self, *out: Tensor, known: Known) -> dict[str, Tensor]:
        """The squared distance of each pair."""
        z1, z2 = out
        return {"alignment": (z1 - z2).pow(2).sum(dim=1).mean()}


METHODS.add("pull", Pull)
digits = open_source("digits")
settings = TrainSettings.resolve({"method": {"name": "pull", "embedding": 16}, "training": {"passes": 1}})
run = train(same_class(digits), digits, settings, RunStore(Path(sys.argv[1])))
print((run.folder / "metrics.jsonl").read_text())
