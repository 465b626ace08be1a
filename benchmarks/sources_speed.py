"""How fast image files become square frames: our folder and our tar shards against torchvision's ImageFolder.

The images are 2,000 JPEG files of 500 x 375 pixels whose spectrum falls as that of photographs does. Ours hashes every
file, decodes it in processes that have limits, and keeps the frames on the disk; the peer decodes, resizes by the same
filter and crops in a DataLoader with as many processes, and keeps nothing.
"""

import contextlib
import os
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8
from PIL import Image
from torch.utils.data import DataLoader
from torchvision.datasets import ImageFolder
from torchvision.transforms import v2

from benchmarks.paired import Row, compare
from sempairs.core.progress import quiet
from sempairs.core.seeds import rng
from sempairs.sources.frames import processors
from sempairs.sources.opening import open_source

COUNT, HEIGHT, WIDTH, SIZE, BATCH = 2_000, 375, 500, 64, 256
PEER = f"torchvision ImageFolder, DataLoader of {processors()}"


def measure() -> list[Row]:
    """Images per second."""
    with tempfile.TemporaryDirectory() as place, quiet():
        root, shard = Path(place, "photos"), Path(place, "photos.tar")
        _write_photos(root)
        with tarfile.open(shard, "w") as tar:
            tar.add(root, "photos")
        folder = {"name": "folder", "root": str(root), "size": SIZE}
        shards = {"name": "shards", "path": str(shard), "size": SIZE}

        def row(what: str, ours: Callable[[], object], peer_name: str, peer: Callable[[], object]) -> Row:
            return compare(f"{what}, to {SIZE} x {SIZE}", "images", COUNT, ours, peer_name, peer, runs=3)

        def torchvision() -> None:
            _image_folder(root)

        rows = [
            row("folder, first opening", lambda: _first(folder), PEER, torchvision),
            row("tar shard, first opening", lambda: _first(shards), "our folder", lambda: _first(folder)),
        ]
        with _empty_cache():
            rows.append(row("folder, opened again", lambda: _read(folder), PEER, torchvision))
        return rows


def _read(spec: dict[str, Any]) -> None:
    """Open a source and copy all its images, batch by batch."""
    source = open_source(spec)
    for first in range(0, len(source), BATCH):
        source.images(np.arange(first, min(first + BATCH, len(source))))


def _first(spec: dict[str, Any]) -> None:
    with _empty_cache():
        _read(spec)


def _image_folder(root: Path) -> None:
    steps = [v2.Resize(SIZE, v2.InterpolationMode.BICUBIC), v2.CenterCrop(SIZE), v2.PILToTensor()]
    for _ in DataLoader(ImageFolder(root, v2.Compose(steps)), BATCH, num_workers=processors()):
        pass


@contextlib.contextmanager
def _empty_cache() -> Iterator[None]:
    before = os.environ.get("SEMPAIRS_CACHE")
    with tempfile.TemporaryDirectory() as place:
        os.environ["SEMPAIRS_CACHE"] = place
        try:
            yield
        finally:
            os.environ.pop("SEMPAIRS_CACHE")
            if before is not None:
                os.environ["SEMPAIRS_CACHE"] = before


def _write_photos(root: Path) -> None:
    """JPEG files of quality 90 in two class folders; twenty of them show one picture, each shifted."""
    for number in range(COUNT):
        if number % 20 == 0:
            picture = _picture(number)
        file = root / f"class {number % 2}" / f"{number:05}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.roll(picture, 17 * number, axis=1)).save(file, quality=90)


def _picture(number: int) -> UInt8[np.ndarray, "h w 3"]:
    """Noise with amplitudes that fall as 1 / frequency (D. J. Field, "Relations between the statistics of natural
    images and the response properties of cortical cells", JOSA A 4(12), 1987), with less colour than light."""
    noise = rng("bench photo", number).normal(size=(HEIGHT, WIDTH, 3))
    frequency = np.hypot(np.fft.fftfreq(HEIGHT)[:, None], np.fft.fftfreq(WIDTH)[None])
    frequency[0, 0] = 1.0
    waves = np.fft.ifft2(np.fft.fft2(noise, axes=(0, 1)) / frequency[..., None], axes=(0, 1)).real
    waves /= waves.std(axis=(0, 1))
    light = waves[..., :1] + 0.3 * waves
    return np.clip(120 + 50 * light, 0, 255).astype(np.uint8)
