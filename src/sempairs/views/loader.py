"""From pairs to batches of views: the order of an epoch is f(seed, epoch), a view is f(seed, epoch, pair, view)."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor

from sempairs.core.errors import UserError
from sempairs.core.seeds import rng, seed_of
from sempairs.nn.known import Known
from sempairs.pairs.pairset import PairSet
from sempairs.sources.base import Source
from sempairs.views.base import Recipe

Batch = tuple[tuple[Float[Tensor, "b c _h _w"], ...], Known]


@dataclass(frozen=True, eq=False)
class PairLoader:
    """Batches of view pairs, addressed by step: nothing is remembered from one step to the next.

    Parameters
    ----------
    source: the images.
    positions: the two images of each pair, by position in the source.
    known: group and class of each pair, as numbers; -1 where there is none.
    recipe: how a frame becomes a view.
    batch_size: pairs in a batch; what is left of an epoch after the last whole batch is dropped.
    seed: of order and augmentation.
    device: where views are made.
    """

    source: Source
    positions: Int64[np.ndarray, "n 2"]
    known: Int64[np.ndarray, "n 2"]
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
        positions = pairs.positions(source)
        groups, label = pairs.column("group"), np.full(len(pairs), -1)
        _, group = np.unique(groups.astype(str), return_inverse=True)
        group[groups == None] = -1  # noqa: E711 - element by element
        if source.labels is not None:
            label = source.labels[positions[:, 0]]
        known = np.stack([group, label], axis=1)
        return cls(source, positions, known, recipe, batch_size, seed, device)

    @property
    def steps_per_epoch(self) -> int:
        """Whole batches in one pass over the pairs."""
        return len(self.positions) // self.batch_size

    def order(self, epoch: int) -> Int64[np.ndarray, " n"]:
        """The order of the pairs in this epoch."""
        return rng("order", self.seed, epoch).permutation(len(self.positions))

    def batch(self, step: int) -> Batch:
        """The views of training step `step`, counted from 0 over all epochs, and what is known of their pairs."""
        epoch, place = divmod(step, self.steps_per_epoch)
        rows = self.order(epoch)[place * self.batch_size : (place + 1) * self.batch_size]
        frames = [torch.from_numpy(self.source.images(self.positions[rows, side])).to(self.device) for side in (0, 1)]
        views = tuple(
            self.recipe(frames[view % 2], seed_of("view", self.seed, epoch, view), rows, view)
            for view in range(self.recipe.views)
        )
        group, label = torch.from_numpy(self.known[rows]).to(self.device).unbind(1)
        return views, Known(group, label)
