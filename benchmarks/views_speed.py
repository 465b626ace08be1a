"""How fast views are made: the `simclr` recipe on batches against torchvision v2 image by image, on one core.

The peer is the usual transform of SimCLR trainings, `v2.Compose` on uint8 tensors with the same distributions of
parameters (its uint8 operations round and are its fastest); both end in float images in [0, 1].
"""

import statistics
import time
from collections.abc import Callable

import numpy as np
import torch
from torchvision.transforms import v2

from sempairs.core.seeds import rng, seed_of
from sempairs.views import VIEWS
from sempairs.views.blur import kernel_side

# Side and channels of the frames, and how many a timed run makes views of.
SIZES = ((28, 1, 512), (32, 3, 512), (96, 3, 128), (224, 3, 32))
RUNS = 7


def torchvision_views(side: int) -> v2.Compose:
    """SimCLR's augmentation as torchvision's users write it."""
    return v2.Compose(
        [
            v2.RandomResizedCrop(side, scale=(0.08, 1.0), antialias=True),
            v2.RandomHorizontalFlip(),
            v2.RandomApply([v2.ColorJitter(0.8, 0.8, 0.8, 0.2)], p=0.8),
            v2.RandomGrayscale(p=0.2),
            v2.RandomApply([v2.GaussianBlur(kernel_side(side), sigma=(0.1, 2.0))], p=0.5),
            v2.ToDtype(torch.float32, scale=True),
        ]
    )


def _seconds(make: Callable[..., object], *given: object) -> float:
    """Processor time, which other programs on the machine disturb least; with one thread it is wall time if alone."""
    start = time.process_time()
    make(*given)
    return time.process_time() - start


def measure() -> dict[str, dict[str, object]]:
    """For each setting the views per second of processor time, ours and the peer's, and how many times as fast ours is.

    The ratio is the median over pairs of runs made in turn.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return {f"views {side}x{side}x{channels}": _row(side, channels, n) for side, channels, n in SIZES}
    finally:
        torch.set_num_threads(threads)


def _row(side: int, channels: int, n: int) -> dict[str, object]:
    frames = torch.from_numpy(rng("bench", side).integers(0, 256, (n, side, side, channels), dtype=np.uint8))
    recipe, counters, peer = VIEWS["simclr"](), np.arange(n), torchvision_views(side)
    images = list(frames.permute(0, 3, 1, 2).contiguous())
    ours, theirs = [], []
    for run in range(RUNS + 1):
        ours.append(_seconds(recipe, frames, seed_of("bench", run), counters))
        theirs.append(_seconds(lambda: torch.stack([peer(image) for image in images])))
    ours, theirs = ours[1:], theirs[1:]  # the first run warms up
    return {
        "name": f"simclr views, {side}x{side}x{channels}, 1 core",
        "ours": n / statistics.median(ours),
        "peer": n / statistics.median(theirs),
        "peer_name": "torchvision v2, uint8, image by image",
        "ratio": statistics.median(t / o for o, t in zip(ours, theirs, strict=True)),
        "unit": "views/s",
        "runs": RUNS,
    }
