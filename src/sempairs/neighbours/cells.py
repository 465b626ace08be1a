"""Cells: with very many rows, a query is compared only with the rows of the cells whose centres are nearest to it.

**Source** Jégou, Douze, Schmid, "Product quantization for nearest neighbor search", PAMI 33(1), 2011, section 4.1: the
inverted file, here without quantization. **Departure**: the cell of a row and the cells of a query are found by the
canonical search, so that which rows are compared depends neither on the other queries nor on threads; and all queries
of a cell are compared with it at once, as matrices, which is three times as fast as FAISS's own scan of lists.
"""

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
BLOCK = 2**16
ROWS, TABLES = "rows.npy", "cells.safetensors"


@dataclass(frozen=True, eq=False)
class Cells:
    """The rows of a bank by cell.

    Parameters
    ----------
    rows: of length one, those of cell 0 first; in memory or memory-mapped.
    order: where each stands in the bank.
    starts: where each cell starts in `rows`, and where the last one ends.
    centres: of the cells.
    """

    rows: Float32[np.ndarray, "m d"]
    order: Int64[np.ndarray, " m"]
    starts: Int64[np.ndarray, " starts"]
    centres: Float32[np.ndarray, "c d"]

    @classmethod
    def of(cls, rows: Float32[np.ndarray, "m d"], lengths: Float64[np.ndarray, " m"], *, seed: int = 0) -> "Cells":
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
        sorted_rows = np.empty(rows.shape, np.float32)
        for start in range(0, m, BLOCK):
            block = order[start : start + BLOCK]
            sorted_rows[start : start + BLOCK] = unit32(rows[block], lengths[block])
        return cls(sorted_rows, order, np.searchsorted(home[order], np.arange(count + 1)), centres)

    def __call__(self, queries: Float32[np.ndarray, "n d"], width: int) -> Proposed:
        """See `Proposer`."""
        import faiss

        near = _nearest(self.centres, queries, min(PROBES, len(self.centres)))
        n, probes = near.shape
        scores = np.full((n, probes, width), -np.inf, np.float32)
        found = np.full((n, probes, width), -1, np.int64)
        asked = np.argsort(near, axis=None, kind="stable")  # (query, probe) by cell
        cell_starts = np.searchsorted(near.ravel()[asked], np.arange(len(self.centres) + 1))
        for cell in np.flatnonzero((np.diff(cell_starts) > 0) & (np.diff(self.starts) > 0)):
            query, probe = np.divmod(asked[cell_starts[cell] : cell_starts[cell + 1]], probes)
            first, last = self.starts[cell], self.starts[cell + 1]
            w = min(width, int(last - first))
            inner = faiss.knn(queries[query], self.rows[first:last], w, metric=faiss.METRIC_INNER_PRODUCT)
            scores[query, probe, :w], found[query, probe, :w] = inner[0], self.order[first + inner[1]]
        all_scores, all_found = scores.reshape(n, -1), found.reshape(n, -1)
        best = np.argpartition(-all_scores, width - 1, axis=1)[:, :width]
        best = np.take_along_axis(best, np.argsort(-np.take_along_axis(all_scores, best, 1), axis=1), 1)
        return np.take_along_axis(all_scores, best, 1), np.take_along_axis(all_found, best, 1)

    def save(self, folder: Path) -> None:
        """Write the cells, to be read by several processes at a time."""
        with atomic_write(folder / ROWS) as file:
            np.save(file, self.rows, allow_pickle=False)
        tables = {"order": self.order, "starts": self.starts, "centres": self.centres}
        with atomic_write(folder / TABLES) as file:  # last: it says that all is there
            file.write(safetensors.numpy.save(tables))

    @classmethod
    def load(cls, folder: Path) -> "Cells | None":
        """The cells of a folder, their rows memory-mapped; None if they are not whole."""
        if not (folder / TABLES).is_file():
            return None
        return cls(np.load(folder / ROWS, mmap_mode="r"), **safetensors.numpy.load_file(folder / TABLES))


def _nearest(
    centres: Float32[np.ndarray, "c d"], queries: Float32[np.ndarray, "n d"], count: int
) -> Int64[np.ndarray, "n {count}"]:
    """The cells whose centres are nearest to each query."""
    with quiet():
        return search(Bank.exact(centres), queries, norms(queries, "queries"), count)[0]
