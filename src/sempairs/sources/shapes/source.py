"""The source `shapes`: solids on a textured floor whose every factor is known, rendered once into the cache.

shapes/<key>/frames.npy   the images, in order
shapes/<key>/record.json  written last: what their content hashes add up to
"""

import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from sempairs.core.errors import UserError
from sempairs.core.files import atomic_write, cache_folder, hash_of, read_json, write_json
from sempairs.core.progress import progress
from sempairs.sources.base import Source, content_hashes
from sempairs.sources.cache import writing_cache
from sempairs.sources.shapes.factors import Law, draw_factors
from sempairs.sources.shapes.renderer import VERSION, render
from sempairs.sources.shapes.solids import SOLIDS

MOST_PIXELS = 2**21
"""Rendered by a thread at a time: 512 images of 64 x 64, about 30 MB. In smaller blocks threads wait for each other."""


def shapes(
    *,
    n: int = 10_000,
    size: int = 64,
    seed: int = 0,
    style: Law = "independent",
    strength: float = 0.5,
    first: int = 0,
) -> Source:
    """Pictures of solids in colour; the class is the solid, and every factor is a column.

    Image i depends on the seed and on i alone: a longer source begins with the shorter one. The law and its strength
    leave the content as it is, and each style factor by itself uniform.

    Parameters
    ----------
    n: how many images.
    size: height and width, from 16 to 512.
    seed: names the sample.
    style: how style factors hang together: not at all ("independent"), with one another ("correlated"), or on the
        content ("causal"); see `factors.draw_factors` for the formulas.
    strength: from 0, as good as independent, to 1; of no effect for "independent".
    first: the number of the first image: `n` others of the same law as the `first` ones before them. (Another seed is
        another law, too.)

    Raises
    ------
    UserError: an option out of range; no room or no permission for the cache.
    """
    if n < 1:
        raise UserError("a source of shapes needs images", got=f"n = {n}", todo="choose 1 or more")
    if first < 0:
        raise UserError("the first of the shapes has a number", got=f"first = {first}", todo="choose 0 or more")
    if not 16 <= size <= 512:
        raise UserError("the size of the shapes is out of range", got=size, todo="choose 16 to 512 pixels")
    if not 0 <= strength <= 1:
        raise UserError("the strength of a style is out of range", got=strength, todo="choose 0 to 1")
    factors = {name: drawn[first:] for name, drawn in draw_factors(first + n, seed, style, strength).items()}
    decides = [VERSION, n, size, seed, style, strength if style != "independent" else None]
    key = hash_of([*decides, first] if first else decides)
    frames, hashes = _cached(cache_folder() / "shapes" / key, factors, size)
    return Source(
        name="shapes",
        ids=np.array([f"shape/{number:06d}" for number in range(first, first + n)], dtype=object),
        hashes=hashes,
        frames=frames,
        labels=factors["shape"],
        label_names=tuple(SOLIDS),
        columns=factors,
    )


def _cached(folder: Path, factors: dict[str, np.ndarray], size: int) -> tuple[UInt8[np.ndarray, "n h w 3"], np.ndarray]:
    """The frames, memory-mapped, and their content hashes: from the cache if it is whole, or rendered now."""
    found = _load(folder, len(factors["shape"]), size)
    if found is None:
        with writing_cache():
            frames, hashes = _render_into(folder / "frames.npy", factors, size)
            write_json(folder / "record.json", {"contents": hash_of(hashes.tolist())})
        return frames, hashes
    return found


def _load(folder: Path, n: int, size: int) -> tuple[UInt8[np.ndarray, "n h w 3"], np.ndarray] | None:
    """What the cache has, or None if that is missing or damaged."""
    try:
        contents = read_json(folder / "record.json")["contents"]
        frames = np.load(folder / "frames.npy", mmap_mode="r", allow_pickle=False)
    except (UserError, OSError, ValueError, TypeError, KeyError, EOFError):
        return None
    if frames.shape != (n, size, size, 3) or frames.dtype != np.uint8:
        return None
    hashes = content_hashes(frames)
    return (frames, hashes) if hash_of(hashes.tolist()) == contents else None


def _render_into(
    path: Path, factors: dict[str, np.ndarray], size: int
) -> tuple[UInt8[np.ndarray, "n h w 3"], np.ndarray]:
    """Write the frames; they come back memory-mapped, with their content hashes."""
    n, hashes = len(factors["shape"]), []
    with atomic_write(path) as file, progress("rendering", n, "images") as bar:
        header = {"descr": "|u1", "fortran_order": False, "shape": (n, size, size, 3)}
        np.lib.format.write_array_header_1_0(file, header)
        for images, contents in _rendered(factors, size):
            file.write(images.data)
            hashes.append(contents)
            bar(len(images))
    return np.load(path, mmap_mode="r", allow_pickle=False), np.concatenate(hashes)


def _rendered(
    factors: dict[str, np.ndarray], size: int, most_pixels: int = MOST_PIXELS
) -> Iterator[tuple[UInt8[np.ndarray, "b {size} {size} 3"], np.ndarray]]:
    """The images and their content hashes in order, block by block; a block for each thread is made ahead."""

    def block(start: int) -> tuple[UInt8[np.ndarray, "b h w 3"], np.ndarray]:
        images = render({name: values[start : start + length] for name, values in factors.items()}, size)
        return images, content_hashes(images)

    n, length, threads = len(factors["shape"]), max(1, most_pixels // size**2), os.cpu_count() or 1
    with ThreadPoolExecutor(threads) as pool:
        ahead = deque[Future[tuple[np.ndarray, np.ndarray]]]()
        for start in range(0, n, length):
            ahead.append(pool.submit(block, start))
            if len(ahead) > threads:
                yield ahead.popleft().result()
        for future in ahead:
            yield future.result()
