"""What images are compared by before any encoder: hashes of their pixels, and pHash with the small frames behind it."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int64, UInt8
from PIL import Image

from sempairs.core.progress import progress
from sempairs.sources.base import Source, content_hashes

SIDE = 32
BLOCK = 1024
FLAT = 2.0
"""Standard deviation, in grey levels of 255, below which the noise of a JPEG decides a pHash."""


@dataclass(frozen=True, eq=False)
class PerceptualHashes:
    """pHash of each image.

    Parameters
    ----------
    codes: `[n, 8]`, 64 bits each.
    flat: nearly uniform frames, whose codes mean nothing.
    """

    codes: UInt8[np.ndarray, "n 8"]
    flat: Bool[np.ndarray, " n"]


def pixel_hashes(source: Source) -> np.ndarray:
    """sha256 of each decoded frame with its shape: equal only for frames of one shape."""
    with progress("hashing pixels", len(source), "images") as bar:
        parts = []
        for block in _blocks(np.arange(len(source))):
            parts.append(content_hashes(source.images(block)))
            bar(len(block))
    return np.concatenate(parts)


def perceptual_hashes(source: Source) -> PerceptualHashes:
    """The DCT hash of N. Krawetz ("Looks Like It", 2011), as the library imagehash computes it."""
    import imagehash

    codes, flat = np.empty((len(source), 8), np.uint8), np.empty(len(source), bool)
    with progress("hashing pictures", len(source), "images") as bar:
        for block in _blocks(np.arange(len(source))):
            frames = greys(source, block)
            # imagehash resizes to this very size in this very way, which changes nothing the second time.
            bits = np.stack([imagehash.phash(Image.fromarray(frame)).hash.ravel() for frame in frames])
            codes[block] = np.packbits(bits, axis=1)
            flat[block] = frames.reshape(len(block), -1).std(axis=1) < FLAT
            bar(len(block))
    return PerceptualHashes(codes, flat)


def greys(source: Source, positions: Int64[np.ndarray, " k"]) -> UInt8[np.ndarray, "k 32 32"]:
    """Images in grey at 32 x 32 pixels: what pHash looks at, comparable between frames of any size."""
    small = np.empty((len(positions), SIDE, SIDE), np.uint8)
    for start in range(0, len(positions), BLOCK):
        for at, frame in enumerate(source.images(positions[start : start + BLOCK]), start):
            picture = Image.fromarray(frame[..., 0] if frame.shape[-1] == 1 else frame)
            small[at] = np.asarray(picture.convert("L").resize((SIDE, SIDE), Image.Resampling.LANCZOS))
    return small


def correlations(left: UInt8[np.ndarray, "n 32 32"], right: UInt8[np.ndarray, "n 32 32"]) -> Float64[np.ndarray, " n"]:
    """Pearson's correlation of frame i with frame i, neither of them uniform; from whole numbers, so without noise."""
    a, b = (side.reshape(len(side), -1).astype(np.int32) for side in (left, right))
    n, (sum_a, sum_b) = a.shape[1], (side.sum(axis=1, dtype=np.int64) for side in (a, b))
    spread_a, spread_b = (
        n * np.einsum("np,np->n", side, side).astype(np.int64) - total * total
        for side, total in ((a, sum_a), (b, sum_b))
    )
    together = n * np.einsum("np,np->n", a, b).astype(np.int64) - sum_a * sum_b
    r: Float64[np.ndarray, " n"] = together / (np.sqrt(spread_a) * np.sqrt(spread_b))
    return r


def _blocks(positions: Int64[np.ndarray, " n"]) -> list[np.ndarray]:
    return np.split(positions, range(BLOCK, len(positions), BLOCK))
