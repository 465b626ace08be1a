"""How fast views are made: the `simclr` recipe on batches against torchvision v2 image by image, on one core.

The peer is the usual transform of SimCLR trainings, `v2.Compose` on uint8 tensors with the same distributions of
parameters (its uint8 operations round and are its fastest); both end in float images in [0, 1].
"""

import time

import numpy as np
import torch
from torchvision.transforms import v2

from benchmarks.paired import Row, compare
from sempairs.core.seeds import rng, seed_of
from sempairs.views import VIEWS
from sempairs.views.blur import kernel_side

# Side and channels of the frames, how many a timed run makes views of, and the ratio aimed at.
SIZES = ((28, 1, 512, None), (32, 3, 512, 12.0), (96, 3, 128, 5.0), (224, 3, 32, 1.5))


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


def measure() -> list[Row]:
    """Views per second of processor time on one core, which other programs on the machine disturb least."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return [_row(side, channels, n, aim) for side, channels, n, aim in SIZES]
    finally:
        torch.set_num_threads(threads)


def _row(side: int, channels: int, n: int, aim: float | None) -> Row:
    frames = torch.from_numpy(rng("bench", side).integers(0, 256, (n, side, side, channels), dtype=np.uint8))
    recipe, counters, peer = VIEWS["simclr"](), np.arange(n), torchvision_views(side)
    images = list(frames.permute(0, 3, 1, 2).contiguous())
    return compare(
        f"simclr views, {side} x {side} x {channels}, 1 core",
        "views",
        n,
        lambda: recipe(frames, seed_of("bench"), counters),
        "torchvision v2, uint8, image by image",
        lambda: torch.stack([peer(image) for image in images]),
        clock=time.process_time,
        aim=aim,
    )
