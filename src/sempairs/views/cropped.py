"""What the two-view recipes share: the size of a view, a crop and a flip, then a list of steps."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Float, Int64, UInt8
from torch import Tensor

from sempairs.views.sampling import check_crop
from sempairs.views.steps import Step, make_views


@dataclass(frozen=True, kw_only=True)
class CroppedViews(ABC):
    """Views by the steps of each; crop and flip are drawn first, so that all recipes of one seed crop alike."""

    views: ClassVar[int] = 2
    size: int | None = None
    crop_min: float = 0.08
    flip: float = 0.5

    def __post_init__(self) -> None:
        check_crop(self.size, self.crop_min, self.flip)

    @abstractmethod
    def steps(self, view: int) -> tuple[Step, ...]:
        """What is done to view number `view`."""

    def __call__(
        self, frames: UInt8[Tensor, "n h w c"], seed: int, counters: Int64[np.ndarray, " n"], view: int = 0
    ) -> Float[Tensor, "n c s t"]:
        """View number `view` of each frame, with values in [0, 1]."""
        return make_views(self.steps(view), frames, seed, counters, self.size)
