"""Small images made by the tests."""

import numpy as np

from sempairs.core.seeds import rng
from sempairs.core.settings import Spec
from sempairs.sources.base import Source, content_hashes


def made_source(n: int = 40, classes: int = 4, size: int = 12, channels: int = 1, seed: int = 0) -> Source:
    """Images whose class is a bright square in one of four corners, on noise; classes take turns."""
    random = rng("made source", seed)
    frames = random.integers(0, 120, (n, size, size, channels), dtype=np.uint8)
    labels = np.arange(n, dtype=np.int64) % classes
    half = size // 2
    for frame, label in zip(frames, labels, strict=True):
        top, left = divmod(int(label) % 4, 2)
        frame[top * half : top * half + half, left * half : left * half + half] += 100
    return Source(
        name="made images",
        ids=np.array([f"{i:04}" for i in range(n)], dtype=object),
        hashes=content_hashes(frames),
        frames=frames,
        labels=labels,
        label_names=tuple(f"class {i}" for i in range(classes)),
        spec=Spec(name="made"),
    )
