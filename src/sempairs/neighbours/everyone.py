"""The neighbours of everyone: each row of a bank against all others, exact or by cells, here or in work units."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Int64

from sempairs.core.files import atomic_write
from sempairs.core.progress import quiet, say
from sempairs.core.seeds import rng
from sempairs.core.work import Compute, Work, gather
from sempairs.neighbours.bank import Bank
from sempairs.neighbours.cells import Cells
from sempairs.neighbours.scores import norms
from sempairs.neighbours.search import Lists, nearest, search

VERSION = 1  # of the search: raise it when the same rows would get other neighbours
EXACT_UP_TO = 200_000  # rows; with more of them a query is compared with the cells near to it
UNIT = 16_384
BLOCK = 100_000
CHECKED = 1_000  # queries whose exact neighbours are found too, to say what the cells miss


def neighbours_of_all(
    rows: Float32[np.ndarray, "n d"],
    k: int,
    *,
    at_most: float = 1.0,
    apart: Int64[np.ndarray, "n g"] | None = None,
    work: Work | None = None,
) -> Lists:
    """The `k` rows most similar to each row, without itself.

    Exact up to `EXACT_UP_TO` rows. With more, a row is compared with those of its `PROBES` nearest cells, and what
    share of the nearest ones of a sample was found is said. Either way the answer depends neither on threads nor on
    where it is computed.

    Parameters
    ----------
    k, at_most, apart: as in `sempairs.neighbours.nearest`.
    work: compute in work units; None for this process.

    Raises
    ------
    UserError: as `nearest`; what `Work.run` raises.
    """
    exact = len(rows) <= EXACT_UP_TO
    if work is not None:
        lists = _in_units(rows, k, at_most, apart, work, exact)
    elif exact:
        return nearest(rows, rows, k, exclude_self=True, at_most=at_most, apart=apart)
    else:
        lengths = norms(rows, "features")
        bank = Bank(rows, lengths, Cells.of(rows, lengths))
        lists = search(bank, rows, lengths, k, myself=np.arange(len(rows)), at_most=at_most, apart=apart)
    if not exact and apart is None and at_most >= 1:
        found = recall(rows, lists[0])
        say(f"searched by cells: the nearest neighbour was found for {found:.1%} of {CHECKED:,} rows searched exactly")
    return lists


def recall(rows: Float32[np.ndarray, "n d"], found: Int64[np.ndarray, "n k"]) -> float:
    """Recall@1: how often the first found is the nearest of all, over a fixed sample; exact, by blocks of the bank."""
    sample = np.sort(rng("recall").permutation(len(rows))[:CHECKED])
    best, nearest_of_all = np.full(len(sample), -np.inf), np.zeros(len(sample), np.int64)
    with quiet():
        for start in range(0, len(rows), BLOCK):
            bank = Bank.exact(rows[start : start + BLOCK])
            lengths = norms(rows[sample], "sample")
            indices, similarity = search(bank, rows[sample], lengths, 1, myself=sample - start)
            better = similarity[:, 0] > best
            best = np.where(better, similarity[:, 0], best)
            nearest_of_all = np.where(better, indices[:, 0] + start, nearest_of_all)
    return float((found[sample, 0] == nearest_of_all).mean())


@dataclass(frozen=True)
class _Search:
    """What a worker needs: files of the job's folder, and the question."""

    rows: Path
    folder: Path
    apart: Path | None
    k: int
    at_most: float
    exact: bool

    def open(self) -> Compute:
        """Map the rows, and answer for ranges of them."""
        rows: Float32[np.ndarray, "n d"] = np.load(self.rows, mmap_mode="r")
        apart = None if self.apart is None else np.load(self.apart)
        cells = None if self.exact else Cells.load(self.folder)
        bank = Bank.exact(rows) if cells is None else Bank(rows, norms(rows, "features"), cells)

        def compute(start: int, stop: int) -> dict[str, np.ndarray]:
            asked, lengths, myself = rows[start:stop], bank.norms[start:stop], np.arange(start, stop)
            lists = search(bank, asked, lengths, self.k, myself=myself, at_most=self.at_most, apart=apart)
            return dict(zip(("neighbours", "similarity"), lists, strict=True))

        return compute


def _in_units(
    rows: Float32[np.ndarray, "n d"],
    k: int,
    at_most: float,
    apart: Int64[np.ndarray, "n g"] | None,
    work: Work,
    exact: bool,
) -> Lists:
    """Put down what the workers read, once, and let them search."""
    digest = _digest(rows)
    lengths = norms(rows, "features")
    settings = {"version": VERSION, "rows": digest, "k": k, "at_most": at_most}
    settings |= {"apart": None if apart is None else _digest(apart), "exact": exact}
    folder = work.job("neighbours", settings)
    row_file = work.folder.absolute() / f"rows-{digest}.npy"
    if not row_file.is_file():
        with atomic_write(row_file) as file:
            np.save(file, rows, allow_pickle=False)
    apart_file = None
    if apart is not None:
        apart_file = folder / "apart.npy"
        with atomic_write(apart_file) as file:
            np.save(file, apart, allow_pickle=False)
    if not exact and Cells.load(folder) is None:
        Cells.of(rows, lengths).save(folder)
    task = _Search(row_file, folder, apart_file, k, at_most, exact)
    units = work.run("neighbours", folder, task, len(rows), UNIT)
    return gather(units, "neighbours"), gather(units, "similarity")


def _digest(array: np.ndarray) -> str:
    """The hash of values: 16 hexadecimal digits, over blocks so that nothing is copied whole."""
    digest = hashlib.sha256(f"{array.dtype.str}{array.shape}".encode())
    for start in range(0, len(array), BLOCK):
        digest.update(np.ascontiguousarray(array[start : start + BLOCK]).data)
    return digest.hexdigest()[:16]
