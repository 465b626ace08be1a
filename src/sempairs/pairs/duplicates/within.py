"""Near-duplicates within one source: couples at four levels, and the groups they join images into."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from jaxtyping import Int64
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from sempairs.core.errors import UserError
from sempairs.core.files import atomic_write
from sempairs.core.settings import Spec
from sempairs.pairs.duplicates.criteria import LEVELS, Criteria
from sempairs.pairs.duplicates.hashes import perceptual_hashes, pixel_hashes
from sempairs.pairs.duplicates.search import Couples, close_codes, close_features, confirmed, equal, firsts, joined
from sempairs.pairs.mining.base import Features
from sempairs.pairs.pairset import PairSet
from sempairs.sources.base import Source


@dataclass(frozen=True, eq=False)
class Duplicates:
    """What was found.

    Parameters
    ----------
    ids: the images, as in their source.
    found: the couples of each level. Of images that are equal on a level, each stands with the first of them, and the
        first alone is compared with others: what is said of it holds for all.
    groups: `[n]`, for each image the first one that couples of any level join it with, if only through others; itself,
        if there is none.
    flat: nearly uniform images, which have no pHash.
    settings: the criteria and the encoder.
    """

    ids: np.ndarray
    found: Mapping[str, Couples]
    groups: Int64[np.ndarray, " n"]
    flat: int
    settings: Mapping[str, Any]

    @property
    def sizes(self) -> Int64[np.ndarray, " k"]:
        """How many images are in each group of more than one, largest first."""
        sizes = np.bincount(self.groups)
        return -np.sort(-sizes[sizes > 1])

    def to_json(self) -> dict[str, Any]:
        """The counts, as plain values."""
        return {
            "images": len(self.ids),
            "duplicates": int(self.sizes.sum()),
            "groups": len(self.sizes),
            "largest": int(self.sizes.max(initial=0)),
            "couples": {level: len(couples) for level, couples in self.found.items()},
            "flat": self.flat,
            "settings": dict(self.settings),
        }

    def lines(self) -> list[str]:
        """As text for a terminal."""
        head = f"{self.sizes.sum():,} of {len(self.ids):,} images show the same as another"
        if len(self.sizes):
            head += f"; groups of such images: {len(self.sizes):,}, the largest of {self.sizes[0]:,}"
        lines = [head, *(f"{len(couples):8,} couples: {LEVELS[level]}" for level, couples in self.found.items())]
        if self.flat:
            lines.append(f"{self.flat:,} nearly uniform images have no pHash")
        return lines

    def save(self, path: Path) -> None:
        """Write the couples as Parquet, one row for each couple and level: a, b, level, distance."""
        columns: dict[str, list[np.ndarray]] = {"a": [], "b": [], "level": [], "distance": []}
        for level, couples in self.found.items():
            columns["a"].append(self.ids[couples.left])
            columns["b"].append(self.ids[couples.right])
            columns["level"].append(np.full(len(couples), level, dtype=object))
            columns["distance"].append(couples.distance)
        kinds = {name: pa.float64() if name == "distance" else pa.string() for name in columns}
        table = pa.table({name: pa.array(np.concatenate(parts), kinds[name]) for name, parts in columns.items()})
        meta = json.dumps({"schema": 1, **self.to_json()}, sort_keys=True).encode()
        with atomic_write(path) as file:
            pq.write_table(table.replace_schema_metadata({b"sempairs.duplicates": meta}), file, compression="zstd")

    def pairs(self, source: Source) -> PairSet:
        """Each couple once, under the first level that found it, to be looked at. Raises UserError if there is none."""
        levels = np.repeat(np.array(list(self.found), dtype=object), [len(couples) for couples in self.found.values()])
        both = np.concatenate([np.stack([c.left, c.right], axis=1) for c in self.found.values()])
        _, once = np.unique(both, axis=0, return_index=True)
        spec = Spec(name="duplicates", options=dict(self.settings))
        return PairSet.make(source, both[once, 0], both[once, 1], spec, row_rules=levels[once])


def find_duplicates(source: Source, features: Features | None = None, criteria: Criteria | None = None) -> Duplicates:
    """Look for images of one source that show the same thing.

    Exact on every level: the answer depends neither on blocks nor on threads. Memory beyond the images: 8 bytes of hash
    for each, 1 KB for each that pHash proposes, and what `sempairs.neighbours.nearest` needs.

    Parameters
    ----------
    source: the images.
    features: of these images; they add the level `embedding`.
    criteria: what counts as the same; None for the defaults.

    Raises
    ------
    UserError: features of other images, no level to look at, limits that take millions of couples for the same.
    """
    criteria = criteria or Criteria()
    criteria.need_level(features is not None)
    if features is not None:
        check_features(features, source)
    found: dict[str, Couples] = {}
    flat = 0
    if "bytes" in criteria.levels:
        found["bytes"] = equal(firsts(source.hashes))
    if "pixels" in criteria.levels or "phash" in criteria.levels:
        first = firsts(pixel_hashes(source))
        if "pixels" in criteria.levels:
            found["pixels"] = equal(first)
        if "phash" in criteria.levels:
            hashes = perceptual_hashes(source)
            flat = int(hashes.flat.sum())
            distinct = np.flatnonzero((first == np.arange(len(source))) & ~hashes.flat)
            codes = hashes.codes[distinct]
            proposed = close_codes(codes, codes, criteria.distance, once=True).named(distinct, distinct)
            found["phash"] = joined([equal(first), confirmed(proposed, source, source, criteria.correlation)])
    if features is not None:
        first = firsts(row.tobytes() for row in features.values)
        distinct = np.flatnonzero(first == np.arange(len(source)))
        close = close_features(features.values[distinct], criteria.similarity).named(distinct, distinct)
        found["embedding"] = joined([equal(first), close])
    settings = criteria.settings(features.encoder if features else None)
    return Duplicates(source.ids, found, _groups(len(source), found.values()), flat, settings)


def check_features(features: Features, source: Source) -> None:
    """Raise UserError unless these are features of these images."""
    if not np.array_equal(features.ids, source.ids):
        raise UserError(
            f"the features are not those of {source.name}",
            got=f"{len(features.ids)} features for {len(source)} images, or other ids",
            todo="extract the features again",
        )


def _groups(n: int, found: Collection[Couples]) -> Int64[np.ndarray, " n"]:
    """Connected components, numbered by the position of their first image."""
    left, right = (np.concatenate([getattr(couples, side) for couples in found]) for side in ("left", "right"))
    graph = coo_array((np.ones(len(left), bool), (left, right)), shape=(n, n))
    _, components = connected_components(graph, directed=False)
    return firsts(components.tolist())
