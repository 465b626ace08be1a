"""How fast views are made: the `simclr` recipe on batches against what others' users run, on one core.

All draw the same distributions (crop area and ratio, flip, jitter of strength 1 in random order, greyscale, blur with
sigma in [.1, 2]) and end in float images in [0, 1]. What differs:

- ours computes in float, rounds nothing, and averages where a crop shrinks;
- torchvision v2 on uint8 tensors (its fastest) rounds after each step; same kernel of the blur as ours;
- lightly's `SimCLRTransform` on PIL images rounds after each step, and Pillow blurs by three box filters whose reach
  is not bounded by a kernel; its normalisation is left out, as ours is the encoder's;
- kornia computes in float on whole batches; crops are resized without antialiasing, and the order of the jitter is one
  for the whole batch.
"""

import time

import numpy as np
import torch
from lightly.transforms.simclr_transform import SimCLRViewTransform
from PIL import Image
from torchvision.transforms import v2

from benchmarks.paired import Peer, Row, compare_all
from sempairs.core.seeds import rng, seed_of
from sempairs.views import VIEWS
from sempairs.views.blur import kernel_side

# Side and channels of the frames, how many a timed run makes views of, and the ratio to lightly that we want.
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


def kornia_views(side: int) -> torch.nn.Sequential:
    """The same of batches of float images with three channels."""
    import kornia.augmentation as augment

    return torch.nn.Sequential(
        augment.RandomResizedCrop((side, side), scale=(0.08, 1.0)),
        augment.RandomHorizontalFlip(p=0.5),
        augment.ColorJitter(0.8, 0.8, 0.8, 0.2, p=0.8),
        augment.RandomGrayscale(p=0.2),
        augment.RandomGaussianBlur((kernel_side(side), kernel_side(side)), (0.1, 2.0), p=0.5),
    )


def measure() -> list[Row]:
    """Views per second of processor time on one core, which other programs on the machine disturb least."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return [row for size in SIZES for row in _rows(*size)]
    finally:
        torch.set_num_threads(threads)


def _rows(side: int, channels: int, n: int, aim: float | None) -> list[Row]:
    frames = torch.from_numpy(rng("bench", side).integers(0, 256, (n, side, side, channels), dtype=np.uint8))
    planes = frames.permute(0, 3, 1, 2).contiguous()
    pictures = [Image.fromarray(frame.squeeze(2).numpy() if channels == 1 else frame.numpy()) for frame in frames]
    recipe, counters = VIEWS["simclr"](), np.arange(n)
    by_torchvision, by_lightly = torchvision_views(side), SimCLRViewTransform(input_size=side, normalize=None)
    peers = [
        Peer("lightly, PIL, image by image", lambda: torch.stack([by_lightly(image) for image in pictures]), aim),
        Peer("torchvision v2, uint8, image by image", lambda: torch.stack([by_torchvision(image) for image in planes])),
    ]
    if channels == 3:
        by_kornia = kornia_views(side)
        peers.append(Peer("kornia, batched", lambda: by_kornia(planes.float() / 255)))
    return compare_all(
        f"simclr views, {side} x {side} x {channels}, 1 core",
        "views",
        n,
        lambda: recipe(frames, seed_of("bench"), counters),
        peers,
        clock=time.process_time,
    )
