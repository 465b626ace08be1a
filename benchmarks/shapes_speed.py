"""How fast `shapes` are rendered: the whole source into an empty cache, and blocks of images against single ones.

The source's aim is 2,000 images of 64 x 64 a second on two free cores. What it cannot be faster than is the peer of the
first row: the content hashes and the file of the same images, which are there already.
"""

import os
import tempfile
import time
from pathlib import Path
from unittest import mock

import numpy as np
from jaxtyping import UInt8

from benchmarks.paired import Row, compare
from sempairs.core.files import atomic_write
from sempairs.core.progress import quiet
from sempairs.sources.base import content_hashes
from sempairs.sources.shapes import draw_factors, render, shapes

COUNT, FEW = 8_192, 256


def measure() -> list[Row]:
    """Images per second: of the whole source by the clock on the wall, of the renderer in processor time."""
    with quiet():
        return [_whole_source(), _renderer()]


def _whole_source() -> Row:
    with tempfile.TemporaryDirectory() as place:
        frames = np.array(_open(place))
        return compare(
            f"shapes, 64 x 64, whole source, {os.cpu_count()} cores",
            "images",
            COUNT,
            lambda: _open(place),
            "hashing and writing the same images",
            lambda: _write(Path(place, "frames.npy"), frames),
            runs=5,
        )


def _open(place: str) -> UInt8[np.ndarray, "n 64 64 3"]:
    with tempfile.TemporaryDirectory(dir=place) as cache, mock.patch.dict(os.environ, SEMPAIRS_CACHE=cache):
        return shapes(n=COUNT).frames


def _write(path: Path, frames: UInt8[np.ndarray, "n 64 64 3"]) -> None:
    content_hashes(frames)
    with atomic_write(path) as file:
        file.write(frames.data)


def _renderer() -> Row:
    factors = draw_factors(FEW, 0, "independent", 0.5)
    singles = [{name: values[i : i + 1] for name, values in factors.items()} for i in range(FEW)]
    return compare(
        "shapes, 64 x 64, a block, 1 core",
        "images",
        FEW,
        lambda: render(factors),
        "one image at a time",
        lambda: [render(single) for single in singles],
        clock=time.process_time,
    )
