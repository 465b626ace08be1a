"""A recipe as a list of steps: geometric ones first, as one resample, then those that change pixels, in their order.

Sample i draws all its numbers at once, each step's beside those of the step before, so that a view is a function of
its frame, the seed, its counter and the list alone.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int64, UInt8
from torch import Tensor

from sempairs.core.errors import UserError
from sempairs.core.seeds import uniforms
from sempairs.views.appearance import Blur, Equalize, Erase, Grey, Jitter, Posterize, Solarize
from sempairs.views.blocks import in_blocks
from sempairs.views.geometry import Crop, Flip, Geometry, Rotate, Shear
from sempairs.views.grouping import Grouped

Step = Crop | Flip | Rotate | Shear | Jitter | Grey | Blur | Solarize | Posterize | Equalize | Erase
GEOMETRIC = (Crop, Flip, Rotate, Shear)


def make_views(
    steps: Sequence[Step],
    frames: UInt8[Tensor, "n h w c"],
    seed: int,
    counters: Int64[np.ndarray, " n"],
    size: int | None,
) -> Float[Tensor, "n c s t"]:
    """A view of each frame, with values in [0, 1].

    Parameters
    ----------
    steps: in an order that `check_order` lets pass.
    size: the side of the views in pixels; None keeps the frames' own height and width.
    """
    ends = np.cumsum([step.columns for step in steps])

    def make(frames: UInt8[Tensor, "m h w c"], numbers: Float[np.ndarray, "m k"]) -> Float[Tensor, "m c s t"]:
        drawn = list(zip(steps, np.split(numbers, ends, axis=1), strict=False))
        view = Geometry.whole(*frames.shape[:3])
        for step, row in drawn:
            if isinstance(step, GEOMETRIC):
                view = step(view, row)
        batch = Grouped(view.show(frames, size), np.arange(len(frames)))
        for step, row in drawn:
            if not isinstance(step, GEOMETRIC):
                batch = step(batch, row)
        return batch.in_order()

    return in_blocks(make, frames, uniforms(seed, counters, sum(step.columns for step in steps)), size)


def check_order(steps: Sequence[Step]) -> None:
    """Raise UserError unless crop, flip, rotate and shear stand first, in this order, each at most once."""
    places = [GEOMETRIC.index(type(step)) if isinstance(step, GEOMETRIC) else len(GEOMETRIC) for step in steps]
    geometric = [place for place in places if place < len(GEOMETRIC)]
    if places != sorted(places) or len(set(geometric)) < len(geometric):
        raise UserError(
            "crop, flip, rotate and shear are one resample",
            got=", ".join(type(step).__name__.lower() for step in steps),
            todo="put them before all other steps, in this order, each at most once",
        )
