"""From pairs to batches of views: the order of an epoch is f(seed, epoch), a view is f(seed, epoch, pair, view)."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor

from sempairs.core.errors import UserError
from sempairs.core.seeds import rng, seed_of
from sempairs.pairs.pairset import PairSet
from sempairs.sources.base import Source
from sempairs.views.base import Recipe


@dataclass(frozen=True, eq=False)
class PairLoader:
    """Batches of view pairs, addressed by step: nothing is remembered from one step to the next.

    Parameters
    ----------
    source: the images.
    positions: the two images of each pair, by position in the source.
    recipe: how a frame becomes a view.
    batch_size: pairs in a batch; what is left of an epoch after the last whole batch is dropped.
    seed: of order and augmentation.
    device: where views are made.
    """

    source: Source
    positions: Int64[np.ndarray, "n 2"]
    recipe: Recipe
    batch_size: int
    seed: int
    device: torch.device

    @classmethod
    def of(
        cls, source: Source, pairs: PairSet, recipe: Recipe, batch_size: int, seed: int, device: torch.device
    ) -> "PairLoader":
        """Batches of a pair set. Raises UserError if the set is smaller than a batch or its images changed."""
        if len(pairs) < batch_size:
            raise UserError(
                "there are fewer pairs than a batch holds",
                got=f"{len(pairs)} pairs, batch size {batch_size}",
                todo="set a smaller batch (--set training.batch_size=...) or use more images",
            )
        return cls(source, pairs.positions(source), recipe, batch_size, seed, device)

    @property
    def steps_per_epoch(self) -> int:
        """Whole batches in one pass over the pairs."""
        return len(self.positions) // self.batch_size

    def order(self, epoch: int) -> Int64[np.ndarray, " n"]:
        """The order of the pairs in this epoch."""
        return rng("order", self.seed, epoch).permutation(len(self.positions))

    def batch(self, step: int) -> tuple[Float[Tensor, "b c h w"], Float[Tensor, "b c h w"]]:
        """The two views of each pair of training step `step`, counted from 0 over all epochs."""
        epoch, place = divmod(step, self.steps_per_epoch)
        rows = self.order(epoch)[place * self.batch_size : (place + 1) * self.batch_size]
        first, second = (self._view(rows, epoch, view) for view in (0, 1))
        return first, second

    def _view(self, rows: Int64[np.ndarray, " b"], epoch: int, view: int) -> Float[Tensor, "b c h w"]:
        frames = torch.from_numpy(self.source.images(self.positions[rows, view])).to(self.device)
        return self.recipe(frames, seed_of("view", self.seed, epoch, view), rows)
