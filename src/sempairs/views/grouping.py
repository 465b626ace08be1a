"""Samples that undergo the same operation are kept side by side, so that each operation runs once on whole groups.

A batch is regrouped before each operation and put in order once, at the end: copying rows out and joining groups moves
whole images, while writing rows back in place goes number by number and takes four times as long on a CPU.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor

# Images of a group and which samples they are, to their new values.
Operation = Callable[[Tensor, np.ndarray], Tensor]


def keep(images: Float[Tensor, "n c h w"], samples: Int64[np.ndarray, " n"]) -> Float[Tensor, "n c h w"]:
    """The operation that changes nothing."""
    return images


@dataclass(frozen=True, eq=False)
class Grouped:
    """A batch of images in any order.

    Parameters
    ----------
    images: the rows.
    sample: which sample each row is.
    """

    images: Float[Tensor, "n c h w"]
    sample: Int64[np.ndarray, " n"]

    def apply(self, choice: Int64[np.ndarray, " n"], operations: Sequence[Operation]) -> "Grouped":
        """Sample i undergoes `operations[choice[i]]`."""
        rows = [np.flatnonzero(choice[self.sample] == number) for number in range(len(operations))]
        groups = [
            operation(self.images.index_select(0, torch.from_numpy(group).to(self.images.device)), self.sample[group])
            for operation, group in zip(operations, rows, strict=True)
            if len(group)
        ]
        return Grouped(torch.cat(groups), self.sample[np.concatenate(rows)])

    def in_order(self) -> Float[Tensor, "n c h w"]:
        """The images in the order of their samples."""
        return self.images.index_select(0, torch.from_numpy(np.argsort(self.sample)).to(self.images.device))
