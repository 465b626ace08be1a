"""IDX files, the format of MNIST and its relatives, plain or compressed with gzip.

Source: Yann LeCun, "The MNIST database of handwritten digits", section "File formats": two zero bytes, a type (8 is
unsigned byte), the number of dimensions, each dimension as a big-endian 32-bit number, then the values, last dimension
fastest.
"""

import gzip
import io
import math
import os
import struct
import zlib
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from sempairs.core.errors import UserError
from sempairs.sources.base import Source, content_hashes

UNSIGNED_BYTE = 8
DEFLATE_RATIO = 1032
"""No deflate stream grows more when it is expanded (zlib, "Maximum compression factor")."""

CHUNK = 2**20


def idx(*, images: str, labels: str | None = None) -> Source:
    """The images of an IDX file `[n, h, w]` of unsigned bytes, and their classes from another one `[n]`.

    Parameters
    ----------
    images, labels: IDX files, plain or gzip. The class names are the numbers in the file, from 0 to the largest.

    Raises
    ------
    UserError: a file is missing, is no IDX file of this kind, is longer or shorter than it says; the counts differ.
    """
    path = Path(os.path.expanduser(images))
    frames = read_idx(path, 3)
    if 0 in frames.shape:
        raise UserError(f"no image in {os.fspath(path)!r}", got=f"shape {frames.shape}", todo="give another file")
    numbers = None if labels is None else read_idx(Path(os.path.expanduser(labels)), 1).astype(np.int64)
    if numbers is not None and len(numbers) != len(frames):
        raise UserError(
            "images and labels are not of one data set", got=f"{len(frames)} images and {len(numbers)} labels",
            todo=f"check {labels!r}",
        )  # fmt: skip
    width = max(6, len(str(len(frames) - 1)))
    frames = frames[..., None]
    return Source(
        name=path.name,
        ids=np.array([f"{position:0{width}d}" for position in range(len(frames))], dtype=object),
        hashes=content_hashes(frames),
        frames=frames,
        labels=numbers,
        label_names=() if numbers is None else tuple(str(number) for number in range(numbers.max() + 1)),
    )


def header(shape: tuple[int, ...]) -> bytes:
    """The first bytes of an IDX file of unsigned bytes with this shape."""
    return struct.pack(f">HBB{len(shape)}I", 0, UNSIGNED_BYTE, len(shape), *shape)


def read_idx(path: Path, dimensions: int) -> UInt8[np.ndarray, "..."]:
    """The array in an IDX file of unsigned bytes with so many dimensions. Raises UserError if it is not one."""
    if not path.is_file():  # a named pipe would wait for ever
        raise UserError("cannot read the IDX file", got=f"no file {os.fspath(path)!r}", todo="check the path")
    try:
        with path.open("rb") as raw:
            room = os.fstat(raw.fileno()).st_size
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            if packed:
                with gzip.open(raw) as file:
                    return _read(path, file, dimensions, room * DEFLATE_RATIO)
            return _read(path, raw, dimensions, room)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise _refuse(path, error) from None
    except OSError as error:
        got = f"{os.fspath(path)!r}: {error.strerror}"
        raise UserError("cannot read the IDX file", got=got, todo="check the path") from None


def is_idx(path: Path) -> bool:
    """Whether the file begins as an IDX file of unsigned bytes does, under gzip or not."""
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            return (gzip.open(raw).read(3) if packed else raw.read(3)) == header(())[:3]
    except (OSError, EOFError, zlib.error):
        return False


def _read(path: Path, file: io.BufferedIOBase, dimensions: int, room: int) -> UInt8[np.ndarray, "..."]:
    """Read the array, once the header agrees with `room`: the bytes that the file can hold at most."""
    start = file.read(4 + 4 * dimensions)
    if start[:4] != header((0,) * dimensions)[:4] or len(start) < 4 + 4 * dimensions:
        expected = header((0,) * dimensions)[:4].hex(" ")
        raise _refuse(path, f"the first bytes are {start[:4].hex(' ')}, not {expected}")
    shape = struct.unpack(f">{dimensions}I", start[4:])
    size = math.prod(shape)
    if size + len(start) > room:
        raise _refuse(path, f"it says {' x '.join(map(str, shape))} values, which do not fit into it")
    values = bytearray()  # grows with what is really there, whatever the header says
    while len(values) < size and (more := file.read(min(size - len(values), CHUNK))):
        values += more
    if len(values) < size or file.read(1):
        raise _refuse(path, f"it says {size} values and has {'fewer' if len(values) < size else 'more'}")
    return np.frombuffer(values, dtype=np.uint8).reshape(shape)


def _refuse(path: Path, got: object) -> UserError:
    todo = "it is damaged, or not an IDX file of unsigned bytes with the dimensions that are needed here"
    return UserError(f"{os.fspath(path)!r} cannot be used", got=got, todo=todo)
