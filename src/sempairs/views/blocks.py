"""A batch is worked on in blocks of rows: few calls, little memory. Rows are independent, so no view changes by it."""

import functools
from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

# Numbers in a block: on a CPU 16 MiB of floats, elsewhere 1 GiB, which only bounds the memory for intermediate results.
ON_CPU, ELSEWHERE = 2**22, 2**28


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
    _keep_freed_memory()
    height, width, channels = frames.shape[1:]
    values = channels * max(height, size or 0) * max(width, size or 0)
    rows = max(1, (ON_CPU if frames.device.type == "cpu" else ELSEWHERE) // values)
    blocks = [slice(start, start + rows) for start in range(0, len(frames), rows)]
    first = make(frames[blocks[0]], numbers[blocks[0]])
    if len(blocks) == 1:
        return first
    views = _empty((len(frames), *first.shape[1:]), frames.device)
    views[blocks[0]] = first
    for block in blocks[1:]:
        views[block] = make(frames[block], numbers[block])
    return views


@functools.cache
def _keep_freed_memory() -> None:
    """Have glibc keep the memory of a block for the next one: it does so below the largest size ever freed, to 32 MiB.

    Otherwise it may give memory back to Linux and ask for it again, page by page: up to a third of the time.
    """
    torch.empty(31 * 2**18)  # freed at once; never touched, so that it takes no memory


def _empty(shape: tuple[int, ...], device: torch.device) -> Tensor:
    """Memory for floats. On a CPU it is NumPy's, which asks for huge pages: to fill 14 MB took 1 ms, torch's 13 ms."""
    if device.type == "cpu":
        return torch.from_numpy(np.empty(shape, dtype=np.float32))
    return torch.empty(shape, device=device)
