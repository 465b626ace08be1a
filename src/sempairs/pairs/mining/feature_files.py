"""Features on disk: a Parquet file with an id, a content hash and a vector for each image; and files of people's own.

A file of ours knows the encoder and the images it is of. Of another Parquet file the ids are checked; of a .npy file
nothing but the number of rows can be.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from jaxtyping import Float32, Int64

from sempairs.core.errors import UserError
from sempairs.core.files import atomic_write
from sempairs.core.progress import say
from sempairs.pairs.mining.base import Features
from sempairs.pairs.mining.feature_columns import feature_columns, float32, vectors
from sempairs.sources.base import Source

SUFFIXES = (".parquet", ".npy")
SCHEMA_VERSION = 1
_KEY = b"sempairs features"
_DAMAGED = (pa.ArrowException, OSError, ValueError, KeyError)
"""What reading a damaged Parquet file raises."""


def save_features(features: Features, source: Source, path: Path) -> None:
    """Write the features of `source` as Parquet, atomically; encoder, schema version and hash travel in its metadata.

    Columns: `id`, `hash` (of the image's content), `features` (a list of d float32 numbers).
    """
    assert not features.widths, "one encoder a file"
    n, d = features.values.shape
    flat = pa.array(np.ascontiguousarray(features.values).reshape(n * d))
    columns = {
        "id": pa.array(source.ids, pa.string()),
        "hash": pa.array(source.hashes, pa.string()),
        "features": pa.FixedSizeListArray.from_arrays(flat, d),
    }
    content = _hash(features.values, features.encoder, list(source.ids), list(source.hashes))
    meta = {"schema": SCHEMA_VERSION, "encoder": features.encoder, "hash": content}
    table = pa.table(columns).replace_schema_metadata({_KEY: json.dumps(meta, sort_keys=True).encode()})
    with atomic_write(path) as file:
        pq.write_table(table, file, compression="zstd")


def load_features(path: Path, source: Source) -> Features:
    """The features of the images of `source` from a file.

    A Parquet file needs a column `id` and either a list column (`features` if there are several) or columns of floats,
    which are taken in their order; its rows may be in any order, and of more images. A .npy file is an array `[n, d]`
    in the order of the source. The encoder of a file of unknown origin is the hash of its values.

    Raises
    ------
    UserError: a file that is missing, damaged, of another version or changed; no such columns; ids that are repeated or
        missing; images that changed; vectors of several lengths, zero or not finite.
    """
    if not path.is_file():
        raise UserError(f"there is no file of features at {path}", todo="make one with `sempairs sources features`")
    values, encoder = _from_npy(path, source) if path.suffix == ".npy" else _from_parquet(path, source)
    bad = np.flatnonzero(~np.isfinite(values).all(axis=1) | (np.abs(values).max(axis=1) == 0))
    if len(bad):
        raise UserError(
            f"{path} has features without a direction",
            got=f"{len(bad)} of {len(values)} rows are zero or not finite, that of {source.ids[bad[0]]!r} among them",
            todo="extract them again",
        )
    return Features(source.ids, values, encoder or "file:" + _hash(values))


def _from_npy(path: Path, source: Source) -> tuple[Float32[np.ndarray, "n d"], None]:
    try:
        # Mapped, so that a file that claims to be huge is found out before memory is asked for.
        stored = np.load(path, mmap_mode="r", allow_pickle=False)
    except Exception as error:
        # NumPy leaves a damaged head to Python's parser, which raises whatever it comes upon.
        raise _unreadable(path, error) from None
    if not isinstance(stored, np.ndarray) or stored.ndim != 2 or not stored.shape[1] or stored.dtype.kind != "f":
        got = f"{stored.dtype} of shape {stored.shape}" if isinstance(stored, np.ndarray) else "several arrays"
        raise UserError(f"{path} is not one table of floats", got=got, todo="save an array [images, numbers]")
    if len(stored) != len(source):
        raise UserError(
            f"{path} is not of {source.name}",
            got=f"{len(stored)} rows for {len(source)} images",
            todo="give a Parquet file with a column `id`, or a row for each image in the order of the source",
        )
    say(f"warning: {path} names no images; that its rows are in the order of {source.name} cannot be checked")
    return float32(stored), None


def _from_parquet(path: Path, source: Source) -> tuple[Float32[np.ndarray, "n d"], str | None]:
    try:
        with pq.ParquetFile(path) as file:
            schema = file.schema_arrow
            ours = json.loads((schema.metadata or {}).get(_KEY, b"null"))
            names = feature_columns(path, schema) if ours is None else ["features"]
            table = file.read(columns=["id", "hash", *names], use_threads=False)
        table.validate(full=True)
        ids = table["id"].cast(pa.string()).to_pylist()
        hashes = None if ours is None else table["hash"].to_pylist()
        stored = vectors(path, [table[name] for name in names])
    except UserError:
        raise
    except _DAMAGED as error:
        raise _unreadable(path, error) from None
    rows = _rows_of(path, ids, source)
    if len(ids) > len(rows):
        say(f"{path}: {len(ids) - len(rows):,} rows are of other images and are not used")
    if hashes is None:
        say(f"{path}: {stored.shape[1]} numbers for each image, from column {', '.join(map(repr, names[:3]))}")
        return stored[rows], None
    _check_whole(path, ours, stored, ids, hashes)
    _check_unchanged(np.array(hashes, dtype=object)[rows], source)
    return stored[rows], ours["encoder"]


def _rows_of(path: Path, ids: list[str | None], source: Source) -> Int64[np.ndarray, " n"]:
    """The row of each image of the source."""
    row = {id: number for number, id in enumerate(ids)}
    if len(row) < len(ids):
        twice = next(id for number, id in enumerate(ids) if row[id] != number)
        raise UserError(f"{path} has an id twice", got=repr(twice), todo="give each image one row")
    rows = np.fromiter((row.get(id, -1) for id in source.ids), dtype=np.int64, count=len(source))
    missing = np.flatnonzero(rows < 0)
    if len(missing):
        raise UserError(
            f"{path} is not of {source.name}",
            got=f"no features of {len(missing)} of {len(source)} images, {source.ids[missing[0]]!r} among them; "
            f"it has ids such as {ids[0]!r}" if ids else "no rows",
            todo="extract the features of these images",
        )  # fmt: skip
    return rows


def _check_whole(path: Path, ours: Any, stored: np.ndarray, ids: list[Any], hashes: list[Any]) -> None:
    """Raise UserError unless a file of ours is as it was written."""
    version = ours.get("schema") if isinstance(ours, dict) else None
    if version != SCHEMA_VERSION:
        raise UserError(f"{path} has another schema version", got=version, todo=f"this sempairs reads {SCHEMA_VERSION}")
    if _hash(stored, ours.get("encoder"), ids, hashes) != ours.get("hash"):
        raise UserError(f"{path} was changed after it was written", todo="make it again, or take the original")


def _check_unchanged(hashes: np.ndarray, source: Source) -> None:
    """Raise UserError unless the images of the source have these content hashes."""
    changed = np.flatnonzero(hashes != source.hashes)
    if len(changed):
        raise UserError(
            f"{source.name} changed since the features were extracted",
            got=f"other content in {len(changed)} images, {source.ids[changed[0]]!r} among them",
            todo="extract the features again, or restore the images",
        )


def _hash(values: Float32[np.ndarray, "n d"], *texts: Any) -> str:
    digest = hashlib.sha256(json.dumps([values.shape, *texts]).encode())
    digest.update(np.ascontiguousarray(values, dtype="<f4").tobytes())
    return digest.hexdigest()[:16]


def _unreadable(path: Path, error: Exception) -> UserError:
    reason = (str(error).splitlines() or [type(error).__name__])[0][:300]
    return UserError(f"cannot read the features in {path}", got=reason, todo="it must be whole, and Parquet or .npy")
