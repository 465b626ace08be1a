"""How fast frames come from the cache, semantic against augmented pairs, and what making batches ahead brings.

The cache has 43,690 frames of 64 x 64 in two files, 0.5 GiB. "On the disk": the system has dropped the files from its
memory before each run, as if they were too large for it.
"""

import mmap
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from benchmarks.paired import Row, compare
from sempairs.core.seeds import rng
from sempairs.core.settings import build
from sempairs.encoders import ENCODERS
from sempairs.methods import METHODS
from sempairs.sources.base import Source
from sempairs.sources.lazy import MappedFrames
from sempairs.views import VIEWS
from sempairs.views.loader import Batch, PairLoader
from sempairs.views.prefetch import Prefetched

SIZE, BATCH, STEPS, RUNS = 64, 256, 4, 7
FILES = ("0.npy", "1.npy")
ROWS = 2**28 // (SIZE * SIZE * 3)


def measure() -> list[Row]:
    """Images, and pairs, for each second."""
    with tempfile.TemporaryDirectory() as place:
        for name in FILES:
            block = rng("bench cache", name).integers(0, 256, (ROWS, SIZE, SIZE, 3), dtype=np.uint8)
            np.save(Path(place, name), block)
        return [*_reading(Path(place)), *_training(Path(place))]


def _reading(place: Path) -> list[Row]:
    frames = _open(place)
    n, pick = len(frames), rng("bench pick")
    single = frames.parts[0]

    def wanted(count: int) -> np.ndarray:
        return np.sort(pick.integers(0, count, BATCH))

    def ours() -> None:
        for _ in range(STEPS):
            frames.read(wanted(n))

    def peer() -> None:
        for _ in range(STEPS):
            np.asarray(single[wanted(ROWS)])

    def cold(call: Callable[[], None]) -> Callable[[], None]:
        def run() -> None:
            _forget(frames, place)
            call()

        return run

    amount, what = STEPS * BATCH, "one file mapped by NumPy"
    return [
        compare("frames of two files, in memory", "images", amount, ours, what, peer, RUNS),
        compare("frames of two files, on the disk", "images", amount, cold(ours), what, cold(peer), RUNS),
    ]


def _training(place: Path) -> list[Row]:
    """SimCLR with the small net on views of 32 x 32."""
    frames = _open(place)
    n = len(frames)
    source = Source("noise", np.arange(n), np.arange(n), frames)
    recipe, device = build(VIEWS, {"name": "simclr", "size": 32}), torch.device("cpu")
    partners = {"augmented": np.arange(n), "semantic": rng("bench partner").permutation(n)}
    loaders = {
        name: PairLoader(source, np.stack([np.arange(n), b], 1), np.full((n, 2), -1), recipe, BATCH, 0, device)
        for name, b in partners.items()
    }
    method = build(METHODS, "simclr", build(ENCODERS, "small-resnet", 3))
    optimizer = torch.optim.SGD(method.parameters(), 0.01)

    def step(batch: Batch) -> None:
        views, known = batch
        optimizer.zero_grad()
        torch.stack(list(method.loss(*method(*views), known=known).values())).sum().backward()
        optimizer.step()

    def ahead(name: str, cold: bool = False) -> None:
        if cold:
            _forget(frames, place)
        with Prefetched(loaders[name], 0, STEPS) as batches:
            for number in range(STEPS):
                step(batches.batch(number))

    def in_the_step() -> None:
        for number in range(STEPS):
            step(loaders["semantic"].batch(number))

    amount, what = STEPS * BATCH, "augmented pairs"
    return [
        compare(
            "training on semantic pairs, frames in memory", "pairs", amount, lambda: ahead("semantic"),
            what, lambda: ahead("augmented"), RUNS, aim=0.95,
        ),
        compare(
            "training on semantic pairs, frames on the disk", "pairs", amount, lambda: ahead("semantic", cold=True),
            what, lambda: ahead("augmented", cold=True), RUNS, aim=0.95,
        ),
        compare(
            "training with batches made ahead", "pairs", amount, lambda: ahead("semantic"),
            "batches made in the step", in_the_step, RUNS,
        ),
    ]  # fmt: skip


def _open(place: Path) -> MappedFrames:
    return MappedFrames([np.load(place / name, mmap_mode="r") for name in FILES])


def _forget(frames: MappedFrames, place: Path) -> None:
    """Let the system drop the files from its memory (Linux)."""
    for part, name in zip(frames.parts, FILES, strict=True):
        assert isinstance(part.base, mmap.mmap)
        part.base.madvise(mmap.MADV_DONTNEED)
        with Path(place, name).open("rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
