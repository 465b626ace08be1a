"""From pairs to batches of views: the order of an epoch is f(seed, epoch), a view is f(seed, epoch, pair, view)."""

import functools
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int64, UInt8
from torch import Tensor

from sempairs.core.errors import UserError
from sempairs.core.seeds import rng, seed_of
from sempairs.nn.known import Known
from sempairs.pairs.pairset import PairSet
from sempairs.sources.base import Source
from sempairs.views.base import Recipe

Batch = tuple[tuple[Float[Tensor, "b c _h _w"], ...], Known]


@dataclass(frozen=True, eq=False)
class RawBatch:
    """What a batch is made of, before it is on the device: each image is there once, however often it is shown.

    Parameters
    ----------
    epoch: of the step.
    rows: of the pairs in the pair set.
    frames: the images, in the order of the source.
    places: of the two images of each pair among the frames.
    """

    epoch: int
    rows: Int64[np.ndarray, " b"]
    frames: UInt8[Tensor, "u h w c"]
    places: Int64[Tensor, "b 2"]


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
        """The order of the pairs in this epoch; not to be written to."""
        return _order(self.seed, epoch, len(self.positions))

    def batch(self, step: int, share: slice | None = None) -> Batch:
        """The views of training step `step`, counted from 0 over all epochs, and what is known of their pairs.

        Parameters
        ----------
        share: which rows of the batch, where each of several processes makes a part; None for all. A row has the same
            bits in a part as in the whole.
        """
        return self.views(self.read(step, share))

    def rows(self, step: int) -> Int64[np.ndarray, " b"]:
        """Which pairs are in the batch of a step."""
        epoch, place = divmod(step, self.steps_per_epoch)
        return self.order(epoch)[place * self.batch_size : (place + 1) * self.batch_size]

    def read(self, step: int, share: slice | None = None) -> RawBatch:
        """The half of `batch` that reads (and decodes) frames, with no work on the device."""
        rows = self.rows(step)
        rows = rows if share is None else rows[share]
        # Sorted, so that frames which lie together are read together.
        images, places = np.unique(self.positions[rows].ravel(), return_inverse=True)
        frames = torch.from_numpy(self.source.images(images))
        if self.device.type == "cuda":
            frames = frames.pin_memory()  # only such memory is copied while the device computes
        return RawBatch(step // self.steps_per_epoch, rows, frames, torch.from_numpy(places.reshape(-1, 2)))

    def views(self, raw: RawBatch) -> Batch:
        """The other half: views made on the device."""
        frames, places = (tensor.to(self.device, non_blocking=True) for tensor in (raw.frames, raw.places))
        sides = [frames[places[:, side]] for side in (0, 1)]
        views = tuple(
            self.recipe(sides[view % 2], seed_of("view", self.seed, raw.epoch, view), raw.rows, view)
            for view in range(self.recipe.views)
        )
        group, label = torch.from_numpy(self.known[raw.rows]).to(self.device).unbind(1)
        return views, Known(group, label)


@functools.lru_cache(maxsize=2)
def _order(seed: int, epoch: int, n: int) -> Int64[np.ndarray, " n"]:
    """Kept from step to step: a million pairs take 15 ms to shuffle."""
    order = rng("order", seed, epoch).permutation(n)
    order.flags.writeable = False
    return order
