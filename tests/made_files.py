"""Image files made by the tests, good and hostile."""

import functools
import io
import os
import pickle
import struct
import tarfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from sempairs.core.seeds import rng
from sempairs.sources.idx import header


def encoded(pixels: np.ndarray | Image.Image, format: str = "PNG", **options: object) -> bytes:
    """The bytes of an image file."""
    buffer = io.BytesIO()
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    image.save(buffer, format, **options)
    return buffer.getvalue()


def photo(number: int = 0, height: int = 24, width: int = 20) -> np.ndarray:
    """Any RGB pixels."""
    return rng("test photo", number).integers(0, 256, (height, width, 3), dtype=np.uint8)


def photo_folder(root: Path, count: int = 12) -> Path:
    """A folder of good images in the class folders bag, coat and shoe."""
    for number in range(count):
        file = root / ("bag", "coat", "shoe")[number % 3] / f"{number:03d}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(encoded(photo(number)))
    return root


def write_tar(path: Path, samples: Mapping[str, Mapping[str, bytes]]) -> Path:
    """A WebDataset shard: the members of each sample, by key and extension."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w") as tar:
        for key, sample in samples.items():
            for ext, data in sample.items():
                member = tarfile.TarInfo(f"{key}.{ext}")
                member.size = len(data)
                tar.addfile(member, io.BytesIO(data))
    return path


def idx_bytes(values: np.ndarray) -> bytes:
    """An IDX file of unsigned bytes."""
    return header(values.shape) + values.astype(np.uint8).tobytes()


def array_pickle(values: np.ndarray) -> bytes:
    """A pickle of one array, in the protocol of Animal-MNIST's."""
    return pickle.dumps(values, protocol=4)


def png_bomb(width: int, height: int) -> bytes:
    """A PNG file of a few bytes that says it has this many pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")


@functools.cache
def hostile_files() -> dict[str, tuple[bytes, str]]:
    """Name, bytes, and a pattern that the reason for leaving the file out must have."""
    large = photo(height=200, width=200)
    jpeg, png, gif = encoded(large, "JPEG"), encoded(large), encoded(large, "GIF")
    flipped = bytearray(png)
    flipped[png.index(b"IDAT") + 10] ^= 1
    unknown = "not an image of a known format"
    return {
        "zero bytes.jpg": (b"", "empty"),
        "text.jpg": (b"this is not an image\n" * 20, unknown),
        "vector.png": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', unknown),
        "postscript.png": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n", unknown),
        "half.jpg": (jpeg[: len(jpeg) // 2], "image file is truncated"),
        "half.png": (png[: len(png) // 2], "Truncated File Read"),
        "half.gif": (gif[: len(gif) // 2], "image file is truncated"),
        "half.webp": (encoded(large, "WEBP")[:200], "could not create decoder|not a whole"),
        "half.bmp": (encoded(large, "BMP")[:999], "image file is truncated"),
        "half.tif": (encoded(large, "TIFF")[:100], "truncated|Truncated"),
        "wrong checksum.png": (bytes(flipped), "broken PNG file"),
        "bomb.png": (png_bomb(100_000, 100_000), "more than the 64000000 pixels allowed"),
        "just too large.png": (png_bomb(8001, 8000), "more than the 64000000 pixels allowed"),
        "float.tif": (encoded(np.ones((4, 4), np.float32), "TIFF"), "no fixed range"),
        "integer.tif": (encoded(np.ones((4, 4), np.int32), "TIFF"), "no fixed range"),
        "odd exif.jpg": (encoded(large, "JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\xff\xff"), "Corrupt EXIF"),
    }


class ImageFile(NamedTuple):
    """An image in a file of its own."""

    id: str
    path: Path
    sha256: str


def old(path: Path) -> Path:
    """Let the file look unchanged for long."""
    os.utime(path, (1_000_000_000, 1_000_000_000))
    return path
