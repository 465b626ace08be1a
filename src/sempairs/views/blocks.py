"""A batch is worked on in blocks of rows that stay in the cache; rows are independent, so no view changes by it."""

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

# Numbers in a block: on a CPU 2 MiB of floats, elsewhere 1 GiB, which only bounds the memory for intermediate results.
ON_CPU, ELSEWHERE = 2**19, 2**28


def in_blocks(
    make: Callable[[Tensor, np.ndarray], Tensor],
    frames: UInt8[Tensor, "n h w c"],
    numbers: Float[np.ndarray, "n k"],
    size: int | None,
) -> Float[Tensor, "n c s t"]:
    """`make(frames, numbers)`, block by block.

    Parameters
    ----------
    make: turns rows of frames, and the same rows of numbers, into rows of views.
    size: the side of the views in pixels; None if it is the frames' own.
    """
    height, width, channels = frames.shape[1:]
    values = channels * max(height, size or 0) * max(width, size or 0)
    rows = max(1, (ON_CPU if frames.device.type == "cpu" else ELSEWHERE) // values)
    starts = range(0, len(frames), rows)
    return torch.cat([make(frames[start : start + rows], numbers[start : start + rows]) for start in starts])
