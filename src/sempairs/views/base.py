"""What a view recipe is: a batch of frames and a counter for each of them in, a batch of views out."""

from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Int64, UInt8
from torch import Tensor


@runtime_checkable
class Recipe(Protocol):
    """A frozen dataclass with keyword-only options. Row i depends on frame i, seed, counter i and the view alone."""

    @property
    def views(self) -> int:
        """How many views a pair gets: view 0 of its first image, view 1 of its second, view 2 of the first, ..."""
        ...

    def __call__(
        self, frames: UInt8[Tensor, "n h w c"], seed: int, counters: Int64[np.ndarray, " n"], view: int = 0
    ) -> Float[Tensor, "n c s t"]:
        """Make view number `view` of each frame, on the frames' device, with values in [0, 1]."""
        ...
