"""No augmentation: a view is the frame itself, for evaluation and for pairs whose images differ by themselves.

**Source** the "none" level of augmentation strength; the resize is torchvision's `resize(antialias=True)`.
**Departure** The frame is resized to a square whatever its shape; nothing is cropped away, nothing is rounded.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Float, Int64, UInt8
from torch import Tensor

from sempairs.core.seeds import uniforms
from sempairs.views.blocks import in_blocks
from sempairs.views.resample import show_windows
from sempairs.views.sampling import check_size, whole_frames


@dataclass(frozen=True, kw_only=True)
class WholeFrame:
    """The frame as float / 255 (see `sempairs.views.none`).

    Parameters
    ----------
    size: the side of a view in pixels; None keeps the frames' own height and width.
    """

    views: ClassVar[int] = 2
    size: int | None = None

    def __post_init__(self) -> None:
        check_size(self.size)

    def __call__(
        self, frames: UInt8[Tensor, "n h w c"], seed: int, counters: Int64[np.ndarray, " n"], view: int = 0
    ) -> Float[Tensor, "n c s t"]:
        """The frames with values in [0, 1]; seed and counters change nothing."""
        return in_blocks(self._make, frames, uniforms(seed, counters, 0), self.size)

    def _make(self, frames: UInt8[Tensor, "n h w c"], numbers: Float[np.ndarray, "n 0"]) -> Float[Tensor, "n c s t"]:
        n, height, width, _ = frames.shape
        if self.size is None or self.size == height == width:
            return frames.permute(0, 3, 1, 2).to(torch.float32, memory_format=torch.contiguous_format).div_(255)
        upright = np.zeros(n, dtype=bool)
        return show_windows(frames, whole_frames(n, height, width), upright, self.size or height, self.size or width)
