"""The pair set and the candidates inside the store: Parquet, in parts, with its sha256 in the project's genesis."""

import hashlib
import io
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Connection, insert, select

from sempairs.core.errors import UserError
from sempairs.pairs.pairset import PairSet
from sempairs.review.base import Candidates
from sempairs.review.store.schema import files

PART = 8 * 2**20  # bytes: what drivers and servers hold with ease
_STRINGS = ("pair_id", "a", "b", "a_hash", "b_hash", "name")


def digest(content: bytes) -> str:
    """The sha256 of a file."""
    return hashlib.sha256(content).hexdigest()


def write(connection: Connection, name: str, content: bytes) -> None:
    """Keep a file."""
    for part, start in enumerate(range(0, len(content), PART)):
        connection.execute(insert(files), {"name": name, "part": part, "content": content[start : start + PART]})


def read(connection: Connection, name: str, expected: str) -> bytes:
    """A file as it was written. Raises UserError if it was changed since."""
    content = b"".join(connection.scalars(select(files.c.content).where(files.c.name == name).order_by(files.c.part)))
    if digest(content) != expected:
        raise UserError(
            f"the {name} in the review's store were changed", got=digest(content), todo="go back to a copy of the store"
        )
    return content


def bytes_of_pairs(pairs: PairSet) -> bytes:
    """A pair set as the bytes of its Parquet file."""
    with tempfile.TemporaryDirectory() as folder:
        pairs.save(Path(folder) / "pairs.parquet")
        return (Path(folder) / "pairs.parquet").read_bytes()


def pairs_of_bytes(content: bytes) -> PairSet:
    """The inverse of `bytes_of_pairs`."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "pairs.parquet").write_bytes(content)
        return PairSet.load(Path(folder) / "pairs.parquet")


def bytes_of_candidates(candidates: Candidates) -> bytes:
    """All candidates as Parquet: a column for each of their arrays, and for each of their features."""
    columns = {name: getattr(candidates, name) for name in candidates.__dataclass_fields__ if name != "features"}
    strings = {name: pa.array(columns[name], pa.string()) for name in _STRINGS}
    features = np.asarray(candidates.features, dtype=np.float32)
    table = pa.table({**columns, **strings, **{f"feature {i}": column for i, column in enumerate(features.T)}})
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()


def candidates_of_bytes(content: bytes) -> Candidates:
    """The inverse of `bytes_of_candidates`."""
    table = pq.read_table(io.BytesIO(content))
    columns = {name: np.asarray(table.column(name).to_numpy()) for name in table.column_names}
    features = [columns.pop(name) for name in table.column_names if name.startswith("feature ")]
    stacked = np.stack(features, axis=1) if features else np.zeros((len(table), 0), dtype=np.float32)
    return Candidates(**columns, features=stacked)
