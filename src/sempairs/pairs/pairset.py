"""A pair set: a table of image pairs with everything needed to trust it, named by the hash of its content.

One row is one pair. `a` and `b` are image ids with the content hash each image had; `similarity` is the score the pair
was chosen by, `group` the key its images share (the class, the patient), `label` their class where they have the same
one. `verdict` and `votes` come from review, `split` from splitting. Null means not known.
"""

import functools
import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from jaxtyping import Float64, Int64

from sempairs.core.errors import UserError
from sempairs.core.files import atomic_write
from sempairs.core.settings import Spec
from sempairs.sources.base import Source
from sempairs.sources.opening import open_source

SCHEMA_VERSION = 1
SCHEMA = pa.schema(
    [
        pa.field("pair_id", pa.string(), nullable=False),
        pa.field("a", pa.string(), nullable=False),
        pa.field("b", pa.string(), nullable=False),
        pa.field("a_hash", pa.string(), nullable=False),
        pa.field("b_hash", pa.string(), nullable=False),
        pa.field("rule", pa.string(), nullable=False),
        pa.field("similarity", pa.float64()),
        pa.field("group", pa.string()),
        pa.field("label", pa.string()),
        pa.field("verdict", pa.string()),
        pa.field("votes", pa.int32(), nullable=False),
        pa.field("split", pa.string()),
    ]
)
KEY = b"sempairs"
"""Under which a Parquet file says that it is a pair set."""


@dataclass(frozen=True)
class Origin:
    """Where a pair set comes from.

    Parameters
    ----------
    rule: the rule or miner and its settings.
    source: how to open the images again; None if they came from memory.
    fingerprint: of the images the rule saw.
    encoder: hash of the encoder whose features were mined, or None.
    parents: hashes of the pair sets this one was made from.
    """

    rule: Spec
    source: Spec | None
    fingerprint: str
    encoder: str | None = None
    parents: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        specs = {"rule": self.rule.model_dump(), "source": self.source and self.source.model_dump()}
        return {**asdict(self), **specs, "parents": list(self.parents)}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Origin":
        """The inverse of `to_json`."""
        source = value["source"] and Spec(**value["source"])
        return cls(**{**value, "rule": Spec(**value["rule"]), "source": source, "parents": tuple(value["parents"])})


@dataclass(frozen=True, eq=False)
class PairSet:
    """Pairs of images. See the module's docstring for the columns of `table`."""

    table: pa.Table
    origin: Origin
    _positions: dict[str, Int64[np.ndarray, "n 2"]] = field(default_factory=dict, repr=False)

    @classmethod
    def make(
        cls,
        source: Source,
        left: Int64[np.ndarray, " n"],
        right: Int64[np.ndarray, " n"],
        rule: Spec,
        *,
        row_rules: np.ndarray | None = None,
        similarity: Float64[np.ndarray, " n"] | None = None,
        group: np.ndarray | None = None,
        encoder: str | None = None,
        parents: tuple[str, ...] = (),
    ) -> "PairSet":
        """Pairs of the images of `source` at the positions `left[i]` and `right[i]`.

        Parameters
        ----------
        row_rules: the rule of each pair where the pairs of one set differ in it; default: the name of `rule`.
        similarity, group: one value for each pair, NaN or None where it is not known.
        """
        n = len(left)
        if n == 0:
            raise UserError(f"the rule {rule} makes no pair from {source.name}", todo="use more images or a wider rule")
        a, b, a_hash, b_hash = source.ids[left], source.ids[right], source.hashes[left], source.hashes[right]
        label = np.full(n, None, dtype=object)
        if source.labels is not None:
            same = source.labels[left] == source.labels[right]
            label[same] = np.array(source.label_names, dtype=object)[source.labels[left[same]]]
        columns = {
            "pair_id": [pair_id(*row) for row in zip(a, a_hash, b, b_hash, strict=True)],
            "a": a,
            "b": b,
            "a_hash": a_hash,
            "b_hash": b_hash,
            "rule": np.full(n, rule.name, dtype=object) if row_rules is None else row_rules,
            "similarity": pa.nulls(n) if similarity is None else pa.array(similarity, mask=np.isnan(similarity)),
            "group": pa.nulls(n) if group is None else group,
            "label": label,
            "verdict": pa.nulls(n),
            "votes": np.zeros(n, dtype=np.int32),
            "split": pa.nulls(n),
        }
        if len(set(columns["pair_id"])) < n:
            raise UserError(f"the rule {rule} makes the same pair twice", todo="drop the repeated pairs")
        table = pa.table({name: pa.array(column, SCHEMA.field(name).type) for name, column in columns.items()}, SCHEMA)
        origin = Origin(rule, source.spec, source.fingerprint, encoder, parents)
        return cls(table, origin)

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def column(self, name: str) -> np.ndarray:
        """One column as an array; nulls are None, or NaN among numbers."""
        return np.asarray(self.table.column(name).to_numpy())

    @functools.cached_property
    def hash(self) -> str:
        """The name of the pair set: 16 hexadecimal digits over every value of the table and its origin.

        It is taken from the values, not from the Parquet file, so it does not depend on the version of a writer; nor
        does it depend on where the images are, only on what they are.
        """
        origin = {key: value for key, value in self.origin.to_json().items() if key != "source"}
        digest = hashlib.sha256(json.dumps([SCHEMA_VERSION, origin], sort_keys=True).encode())
        for name in SCHEMA.names:
            column = self.table.column(name).combine_chunks()
            digest.update(f"{name}:{len(column)}".encode() + np.packbits(column.is_null().to_numpy(False)).tobytes())
            if pa.types.is_string(column.type):
                text = column.fill_null("").cast(pa.large_binary()).to_numpy(False)
                digest.update(np.fromiter(map(len, text), dtype="<i8", count=len(text)).tobytes() + b"".join(text))
            else:
                kind = "<f8" if pa.types.is_floating(column.type) else "<i4"
                digest.update(column.fill_null(0).to_numpy(False).astype(kind).tobytes())
        return digest.hexdigest()[:16]

    def save(self, path: Path) -> None:
        """Write the pair set as Parquet, atomically; origin, schema version and hash travel in the file's metadata."""
        with atomic_write(path) as file:
            pq.write_table(self.table.replace_schema_metadata(self.metadata()), file, compression="zstd")

    def metadata(self) -> dict[bytes, bytes]:
        """What a Parquet file of these pairs says of itself."""
        meta = {"schema": SCHEMA_VERSION, "hash": self.hash, "origin": self.origin.to_json()}
        return {KEY: json.dumps(meta, sort_keys=True).encode()}

    @classmethod
    def load(cls, path: Path) -> "PairSet":
        """Read a pair set. Raises UserError if it is missing, is not one, is of a newer version or was changed."""
        if not path.is_file():
            raise UserError(f"there is no pair set at {path}", todo="make one with `sempairs pairs build`")
        try:
            table = pq.read_table(path, use_threads=False)
        except (pa.ArrowException, OSError) as error:
            reason = str(error).splitlines()[0]
            raise UserError(
                f"{path} is not a Parquet file", got=reason, todo="give a file that sempairs wrote"
            ) from None
        raw = (table.schema.metadata or {}).get(KEY)
        if raw is None:
            raise UserError(f"{path} is a Parquet file but not a pair set", todo="give a file that sempairs wrote")
        meta = json.loads(raw)
        if meta["schema"] != SCHEMA_VERSION:
            raise UserError(
                f"{path} has pair-set schema {meta['schema']}, this sempairs reads {SCHEMA_VERSION}",
                todo="use the version that wrote it",
            )
        if table.schema.names != SCHEMA.names:
            raise UserError(f"{path} does not have the columns of a pair set", got=", ".join(table.schema.names))
        pairs = cls(table.cast(SCHEMA), Origin.from_json(meta["origin"]))
        if pairs.hash != meta["hash"]:
            raise UserError(
                f"{path} was changed after it was written",
                got=f"hash {pairs.hash} instead of {meta['hash']}",
                todo="make it again, or take the original",
            )
        return pairs

    def open_source(self) -> Source:
        """The images the pairs were made from, opened as they were then. Raises UserError if they cannot be."""
        if self.origin.source is None:
            raise UserError("the pair set does not say where its images are", todo="name them with --source")
        return open_source(self.origin.source)

    def positions(self, source: Source) -> Int64[np.ndarray, "n 2"]:
        """Where the two images of each pair stand in `source`.

        Raises
        ------
        UserError: an image is gone or its content is not what it was when the pairs were made.
        """
        if source.fingerprint not in self._positions:
            both = np.stack([source.positions(self.column("a")), source.positions(self.column("b"))], axis=1)
            ids = np.stack([self.column("a"), self.column("b")], axis=1)
            hashes = np.stack([self.column("a_hash"), self.column("b_hash")], axis=1)
            gone = both < 0
            if gone.any():
                raise UserError(
                    f"{source.name} does not have {len(set(ids[gone]))} of the images of the pair set",
                    got=f"{len(source)} images, without {ids[gone][0]!r}",
                    todo="give the source the pairs were made from, or make the pairs again",
                )
            changed = source.hashes[both] != hashes
            if changed.any():
                raise UserError(
                    f"{source.name} changed since the pairs were made",
                    got=f"other content in {len(set(ids[changed]))} images, {ids[changed][0]!r} among them",
                    todo="make the pairs again, or restore the images",
                )
            self._positions[source.fingerprint] = both
        return self._positions[source.fingerprint]


def pair_id(a: str, a_hash: str, b: str, b_hash: str) -> str:
    """The name of a pair: the same in every set that holds it, 16 hexadecimal digits."""
    return hashlib.sha256("\x1f".join((a, a_hash, b, b_hash)).encode()).hexdigest()[:16]
