"""Cells: with very many rows, a query is compared only with the rows of the cells whose centres are nearest to it.

**Source** Jégou, Douze, Schmid, "Product quantization for nearest neighbor search", PAMI 33(1), 2011, section 4.1: the
inverted file, here without quantization. **Departure**: the cell of a row and the cells of a query are found by the
canonical search, so that which rows are compared depends neither on the other queries nor on threads; and all queries
of a cell are compared with it at once, as matrices, which is three times as fast as FAISS's own scan of lists.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import safetensors.numpy
from jaxtyping import Float32, Float64, Int64

from sempairs.core.files import atomic_write
from sempairs.core.progress import progress, quiet
from sempairs.core.seeds import rng
from sempairs.neighbours.bank import Bank, Proposed
from sempairs.neighbours.kmeans import spherical_kmeans
from sempairs.neighbours.scores import norms, unit32
from sempairs.neighbours.search import search

PROBES = 16  # cells that a query is compared with
SAMPLE = 64  # rows that a centre is learned from
ROUNDS = 10
BLOCK = 2**15
ROWS, TABLES = "rows.npy", "cells.safetensors"


@dataclass(frozen=True, eq=False)
class Cells:
    """Which rows are in which cell.

    Parameters
    ----------
    order: the rows of cell 0, then those of cell 1, ...
    starts: where each cell starts in `order`, and where the last one ends.
    centres: of the cells.
    """

    order: Int64[np.ndarray, " m"]
    starts: Int64[np.ndarray, " starts"]
    centres: Float32[np.ndarray, "c d"]

    @classmethod
    def of(cls, rows: Float32[np.ndarray, "m d"], *, seed: int = 0) -> "Cells":
        """About as many cells as the square root of the number of rows, a power of two."""
        m = len(rows)
        count = 2 ** round(np.log2(m) / 2)
        sample = np.sort(rng("cells", seed).permutation(m)[: SAMPLE * count])
        centres = spherical_kmeans(rows[sample], count, seed, ROUNDS)[1].astype(np.float32)
        home = np.empty(m, np.int64)
        with progress("sorting into cells", m, "rows") as bar:
            for start in range(0, m, BLOCK):
                home[start : start + BLOCK] = _nearest(centres, rows[start : start + BLOCK], 1)[:, 0]
                bar(min(BLOCK, m - start))
        order = np.argsort(home, kind="stable")
        return cls(order, np.searchsorted(home[order], np.arange(count + 1)), centres)

    def bank(self, rows: Float32[np.ndarray, "m d"]) -> Bank:
        """A bank of rows that stand in the order of the cells."""
        lengths = norms(rows, "features")
        return Bank(rows, lengths, _Scan(self, rows, lengths), self.order)

    def blocks(self, rows: Float32[np.ndarray, "m d"]) -> Iterator[Float32[np.ndarray, "_ d"]]:
        """The rows in the order of the cells, some at a time."""
        for start in range(0, len(rows), BLOCK):
            yield rows[self.order[start : start + BLOCK]]

    def save(self, rows: Float32[np.ndarray, "m d"], folder: Path) -> None:
        """Write the cells, and the rows in their order, to be read by several processes at a time."""
        with atomic_write(folder / ROWS) as file:
            header = {"descr": "<f4", "fortran_order": False, "shape": rows.shape}
            np.lib.format.write_array_header_1_0(file, header)
            for block in self.blocks(rows):
                file.write(block.astype("<f4").tobytes())
        tables = {"order": self.order, "starts": self.starts, "centres": self.centres}
        with atomic_write(folder / TABLES) as file:  # last: it says that all is there
            file.write(safetensors.numpy.save(tables))

    @staticmethod
    def are_in(folder: Path) -> bool:
        """Whether cells were written there."""
        return (folder / TABLES).is_file()

    @classmethod
    def load(cls, folder: Path) -> "Cells":
        """The cells that were written there."""
        return cls(**safetensors.numpy.load_file(folder / TABLES))

    @classmethod
    def load_bank(cls, folder: Path) -> Bank:
        """The bank that was written there, its rows memory-mapped."""
        return cls.load(folder).bank(np.load(folder / ROWS, mmap_mode="r"))


@dataclass(frozen=True, eq=False)
class _Scan:
    """Compares each query with the rows of its nearest cells. See `Proposer`."""

    cells: Cells
    rows: Float32[np.ndarray, "m d"]
    lengths: Float64[np.ndarray, " m"]

    def __call__(self, queries: Float32[np.ndarray, "n d"], width: int) -> Proposed:
        import faiss

        starts, centres = self.cells.starts, self.cells.centres
        near = _nearest(centres, queries, min(PROBES, len(centres)))
        n, probes = near.shape
        scores = np.full((n, probes, width), -np.inf, np.float32)
        found = np.full((n, probes, width), -1, np.int64)
        asked = np.argsort(near, axis=None, kind="stable")  # (query, probe) by cell
        asked_starts = np.searchsorted(near.ravel()[asked], np.arange(len(centres) + 1))
        for cell in np.flatnonzero((np.diff(asked_starts) > 0) & (np.diff(starts) > 0)):
            query, probe = np.divmod(asked[asked_starts[cell] : asked_starts[cell + 1]], probes)
            own = slice(starts[cell], starts[cell + 1])
            unit = unit32(self.rows[own], self.lengths[own])
            w = min(width, len(unit))
            inner, place = faiss.knn(queries[query], unit, w, metric=faiss.METRIC_INNER_PRODUCT)
            scores[query, probe, :w], found[query, probe, :w] = inner, starts[cell] + place
        all_scores, all_found = scores.reshape(n, -1), found.reshape(n, -1)
        best = np.argpartition(-all_scores, width - 1, axis=1)[:, :width]
        best = np.take_along_axis(best, np.argsort(-np.take_along_axis(all_scores, best, 1), axis=1), 1)
        return np.take_along_axis(all_scores, best, 1), np.take_along_axis(all_found, best, 1)


def _nearest(
    centres: Float32[np.ndarray, "c d"], queries: Float32[np.ndarray, "n d"], count: int
) -> Int64[np.ndarray, "n {count}"]:
    """The cells whose centres are nearest to each query."""
    with quiet():
        return search(Bank.exact(centres), queries, norms(queries, "queries"), count)[0]
