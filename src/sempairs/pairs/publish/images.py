"""Images in a published folder: the frames the pairs were made of, as PNG files that hold pixels and nothing else."""

import io
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from PIL import Image

from sempairs.core.errors import UserError
from sempairs.core.progress import progress
from sempairs.pairs.pairset import PairSet
from sempairs.pairs.publish.files import IMAGES, read_table
from sempairs.pairs.publish.tables import write_table
from sempairs.sources.base import Source
from sempairs.sources.decode import LIMITS, BadImage, decode

ROWS = 5_000
"""Images in one file."""
SCHEMA = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("content_hash", pa.string(), nullable=False),
        pa.field("label", pa.string()),
        pa.field("image", pa.struct([pa.field("bytes", pa.binary()), pa.field("path", pa.string())])),
    ]
)
"""The columns, in the shape that the Hugging Face Hub shows as pictures; `content_hash` is the pair set's."""
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PIXELS = {b"IHDR", b"PLTE", b"IDAT", b"IEND"}
"""The chunks of a PNG file that hold pixels; all others (EXIF, texts, times) tell of other things."""


@dataclass(frozen=True)
class Published:
    """What images a folder holds: how many, and the height, width and channels of each."""

    images: int
    shape: tuple[int, int, int]

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Published":
        """From plain values."""
        return cls(int(value["images"]), tuple(map(int, value["shape"])))  # type: ignore[arg-type]


def write_images(pairs: PairSet, source: Source, folder: Path, rows: int = ROWS) -> Published:
    """Write each image of the pairs once, by its place in the source, to `images/images-00000.parquet` and so on.

    Raises
    ------
    UserError: the source has other images than the pairs.
    """
    positions = np.unique(pairs.positions(source))
    labels = None if source.labels is None else source.column("label")
    with progress("images", len(positions), "images") as bar:
        for number, start in enumerate(range(0, len(positions), rows)):
            chosen = positions[start : start + rows]
            files = [_png(frame) for frame in source.images(chosen)]
            columns = {
                "id": source.ids[chosen],
                "content_hash": source.hashes[chosen],
                "label": [None] * len(chosen) if labels is None else labels[chosen],
                "image": [{"bytes": file, "path": None} for file in files],
            }
            arrays = [pa.array(columns[field.name], field.type) for field in SCHEMA]
            write_table(pa.Table.from_arrays(arrays, schema=SCHEMA), folder / f"images/images-{number:05}.parquet")
            bar(len(chosen))
    return Published(len(positions), source.shape)


def check_images(pairs: PairSet, files: Mapping[str, Path], shape: tuple[int, int, int]) -> int:
    """How many images there are, if they are those of the pairs and pixels alone.

    Raises
    ------
    UserError: an image that is missing, too much or of another content hash; one that does not decode, has another
        size, or holds anything besides its pixels.
    """
    sides = [zip(pairs.column(side), pairs.column(f"{side}_hash"), strict=True) for side in ("a", "b")]
    wanted = {id: content for side in sides for id, content in side}
    with progress("images", len(wanted), "images") as bar:
        seen: set[str] = set()
        for id, content, data in _rows(files):
            if id in seen or wanted.get(id) != content:
                raise UserError(f"the image {id!r} is not one of the pairs' images, or stands twice")
            seen.add(id)
            _check_png(id, data, shape)
            bar()
    if len(seen) < len(wanted):
        missing = next(id for id in wanted if id not in seen)
        raise UserError(f"{len(wanted) - len(seen):,} images of the pairs are missing", got=repr(missing))
    return len(seen)


def _rows(files: Mapping[str, Path]) -> Iterator[tuple[str, str, bytes]]:
    for name, path in files.items():
        if IMAGES.fullmatch(name):
            table = read_table(path)
            if table.schema.names != SCHEMA.names:
                raise UserError(f"{name} does not have the columns of images", got=", ".join(table.schema.names)[:200])
            try:
                table = table.cast(SCHEMA)
            except pa.ArrowException as error:
                raise UserError(f"{name} does not hold images", got=str(error).splitlines()[0]) from None
            for row in table.to_pylist():
                yield row["id"], row["content_hash"], (row["image"] or {}).get("bytes") or b""


def _png(frame: np.ndarray) -> bytes:
    """A frame as a PNG file; made from pixels, it has no EXIF to lose."""
    file = io.BytesIO()
    Image.fromarray(frame[..., 0] if frame.shape[-1] == 1 else frame).save(file, "PNG")
    return file.getvalue()


def _check_png(id: str, data: bytes, shape: tuple[int, int, int]) -> None:
    for kind in _chunks(id, data):
        if kind not in _PIXELS:
            name = kind.decode("ascii", "replace")
            what = "EXIF data" if kind == b"eXIf" else f"a chunk {name!r}"
            raise UserError(f"the image {id!r} holds {what} besides its pixels", todo="publish the images anew")
    try:
        height, width, _ = decode(data, LIMITS).shape
    except BadImage as error:
        raise UserError(f"the image {id!r} does not decode", got=error) from None
    if (height, width) != shape[:2]:
        raise UserError(f"the image {id!r} has another size", got=f"{height} x {width}, not {shape[0]} x {shape[1]}")


def _chunks(id: str, data: bytes) -> Iterator[bytes]:
    """The kinds of a PNG file's chunks. Raises UserError if it is none, or has anything behind its end."""
    at, kind = len(_SIGNATURE), b""
    if not data.startswith(_SIGNATURE):
        raise UserError(f"the image {id!r} is not a PNG file")
    while at + 8 <= len(data) and kind != b"IEND":
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        yield kind
        at += 12 + length
    if at != len(data) or kind != b"IEND":
        raise UserError(f"the image {id!r} does not end where its file does")
