"""Data sets that `sempairs sources prepare` has prepared: one table each, which opens without reading the set's lists.

ROOT/food101.parquet   a row for each image: its path below the root, split, class, sha256 and columns
ROOT/food101.json      what the table was made of, its sha256 and the classes in their order
"""

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from jaxtyping import Int64, UInt8

from sempairs.core.errors import UserError
from sempairs.core.files import atomic_write, read_json, write_json
from sempairs.sources.base import Source
from sempairs.sources.decode import square
from sempairs.sources.gathering import Decode, check_options
from sempairs.sources.lazy import LazyFrames
from sempairs.sources.named.cifar import cifar10, cifar100
from sempairs.sources.named.layout import resolved
from sempairs.sources.named.listed import Listed, open_listed

SCHEMA = 1
OWN = ("image", "split", "label", "sha256")
RECORDS = {"cifar10": cifar10, "cifar100": cifar100}
"""Sets whose images are no files of their own."""


@dataclass(frozen=True)
class Prepared:
    """A prepared data set.

    Parameters
    ----------
    table: its rows; the columns of `OWN`, and others.
    record: what stands in the JSON file beside it.
    """

    table: pa.Table
    record: dict[str, Any]

    def column(self, name: str) -> list[Any]:
        """A column as a list."""
        values: list[Any] = self.table[name].to_pylist()
        return values


def prepared(
    *,
    root: str,
    dataset: str,
    split: str | None = None,
    size: int = 64,
    bad_share: float = 0.1,
    decode: Decode = "once",
) -> Source:
    """A data set that `sempairs sources prepare` has prepared; the column "split" says what an image is for.

    Parameters
    ----------
    root: the folder of prepared data sets.
    dataset: the name of one.
    split: "train", "val" or "test"; None for all images.
    size: height and width of the frames; the shorter side is resized to it (bicubic, antialiased), the centre cropped.
    bad_share: the share of bad images beyond which the source is refused; below it they are quarantined.
    decode: "once" into the cache of frames, or "each-time" they are asked for, which needs no disk. CIFAR is always
        resized when it is asked for.

    Raises
    ------
    UserError: it is not prepared, its table is damaged, an image is not what it was, too many bad images.
    """
    check_options(size, bad_share)
    place = resolved(root)
    found = read_prepared(place, dataset)
    splits = found.column("split")
    if split is not None and split not in splits:
        raise UserError(f"{dataset} has no split {split!r}", todo=f"choose one of {', '.join(sorted(set(splits)))}")
    rows = np.flatnonzero([split is None or one == split for one in splits])
    if dataset in RECORDS:
        whole = _from_records(place, found, dataset, size)
        return whole.take(rows, f"{dataset} {split}" if split else dataset)
    part = Prepared(found.table.take(pa.array(rows)), found.record)
    return open_listed(_listed(part, place, " ".join([dataset, *([split] if split else [])])), size, bad_share, decode)


def read_prepared(root: Path, dataset: str) -> Prepared:
    """The table and the record of a prepared data set. Raises UserError if they are missing or damaged."""
    if not (root / f"{dataset}.json").is_file():
        raise UserError(
            f"{dataset} is not prepared in {str(root)!r}", todo=f"sempairs sources prepare {dataset} {root}"
        )
    record = read_json(root / f"{dataset}.json")
    again = f"sempairs sources prepare {dataset} {root}"
    try:
        data = (root / f"{dataset}.parquet").read_bytes()
        if not isinstance(record, dict) or record.get("schema") != SCHEMA:
            raise ValueError("a record of another version")
        if hashlib.sha256(data).hexdigest() != record["sha256"]:
            raise ValueError("its sha256 is not the one in the record")
        table = pq.read_table(io.BytesIO(data))
        if absent := set(OWN) - set(table.column_names):
            raise ValueError(f"it has no column {sorted(absent)[0]!r}")
    except (OSError, ValueError, KeyError, pa.ArrowException) as error:
        raise UserError(f"the table of {dataset} is damaged", got=error, todo=again) from None
    return Prepared(table, record)


def write_prepared(root: Path, dataset: str, columns: dict[str, list[Any]], record: dict[str, Any]) -> Prepared:
    """Write a table and its record; the record last, so that it never speaks of a table that is not whole."""
    table = pa.table(columns)
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    data = buffer.getvalue()
    with atomic_write(root / f"{dataset}.parquet") as file:
        file.write(data)
    record = {"schema": SCHEMA, "dataset": dataset, "sha256": hashlib.sha256(data).hexdigest(), **record}
    write_json(root / f"{dataset}.json", record)
    return Prepared(table, record)


def _listed(found: Prepared, root: Path, name: str) -> Listed:
    labels = found.column("label")
    classes = [str(one) for one in found.record.get("classes", [])]
    number = {one: position for position, one in enumerate(classes)}
    return Listed(
        name=name,
        base=root,
        paths=[root / path for path in found.column("image")],
        labels=[number.get(label, -1) for label in labels] if classes else None,
        classes=classes,
        columns={one: found.column(one) for one in found.table.column_names if one not in OWN or one == "split"},
        sha256=found.column("sha256"),
    )


def _from_records(root: Path, found: Prepared, dataset: str, size: int) -> Source:
    """All images of CIFAR, which must be those that were there when it was prepared."""
    parts = [RECORDS[dataset](root=str(root), split=split) for split in ("train", "test")]
    hashes = np.concatenate([part.hashes for part in parts])
    if hashes.tolist() != found.column("sha256"):
        raise UserError(
            f"the images of {dataset} are not those that were prepared",
            todo=f"sempairs sources prepare {dataset} {root}",
        )
    frames = np.concatenate([part.images(np.arange(len(part))) for part in parts])
    labels = [part.need_labels(dataset) for part in parts]
    return Source(
        name=dataset,
        ids=np.array(found.column("image"), dtype=object),
        hashes=hashes,
        frames=frames if size == frames.shape[1] else ResizedFrames(frames, size),
        labels=np.concatenate(labels),
        label_names=parts[0].label_names,
        columns={"split": np.array(found.column("split"), dtype=object)},
    )


class ResizedFrames(LazyFrames):
    """Small frames in memory, resized whenever they are asked for: at 224 pixels they would be fifty times as large."""

    def __init__(self, frames: UInt8[np.ndarray, "n h w c"], size: int) -> None:
        super().__init__((len(frames), size, size, frames.shape[3]))
        self._frames = frames

    def read(self, indices: Int64[np.ndarray, " k"]) -> UInt8[np.ndarray, "k h w c"]:
        """The images at these positions."""
        resized = np.empty((len(indices), *self.shape[1:]), np.uint8)
        for place, index in enumerate(indices):
            resized[place] = square(self._frames[index], self.shape[1])
        return resized
