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
from sempairs.neighbours.cells import ROWS, Cells
from sempairs.neighbours.scores import norms
from sempairs.neighbours.search import Lists, nearest, search

VERSION = 1  # of the search: raise it when the same rows would get other neighbours
EXACT_UP_TO = 200_000  # rows; with more of them a query is compared with the cells near to it
UNIT = 16_384
BLOCK = 50_000
APART = "apart.npy"
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
        cells = Cells.of(rows)
        bank = cells.bank(np.concatenate(list(cells.blocks(rows))))
        lists = _in_order(
            cells.order, search(bank, bank.rows, bank.norms, k, myself=cells.order, at_most=at_most, apart=apart)
        )
    if not exact and apart is None and at_most >= 1:
        found = recall(rows, lists[0])
        say(f"searched by cells: the nearest neighbour was found for {found:.1%} of {CHECKED:,} rows searched exactly")
    return lists


def _in_order(order: Int64[np.ndarray, " n"] | None, lists: Lists) -> Lists:
    """The lists of rows that stand in some order, in the order of their numbers."""
    if order is None:
        return lists
    sorted_lists = np.empty_like(lists[0]), np.empty_like(lists[1])
    for after, before in zip(sorted_lists, lists, strict=True):
        after[order] = before
    return sorted_lists


def recall(rows: Float32[np.ndarray, "n d"], found: Int64[np.ndarray, "n k"]) -> float:
    """Recall@1: how often the first found is the nearest of all, over a fixed sample; exact, by blocks of the bank."""
    sample = np.sort(rng("recall").permutation(len(rows))[:CHECKED])
    asked = rows[sample]
    lengths = norms(asked, "sample")
    best, nearest_of_all = np.full(len(sample), -np.inf), np.zeros(len(sample), np.int64)
    with quiet():
        for start in range(0, len(rows), BLOCK):
            bank = Bank.exact(rows[start : start + BLOCK])
            indices, similarity = search(bank, asked, lengths, 1, myself=sample - start)
            better = similarity[:, 0] > best
            best = np.where(better, similarity[:, 0], best)
            nearest_of_all = np.where(better, indices[:, 0] + start, nearest_of_all)
    return float((found[sample, 0] == nearest_of_all).mean())


@dataclass(frozen=True)
class _Search:
    """What a worker needs: the folder of the job, and the question."""

    folder: Path
    k: int
    at_most: float
    is_apart: bool

    def open(self) -> Compute:
        """Map the rows, and answer for ranges of them."""
        folder = self.folder
        bank = Cells.load_bank(folder) if Cells.are_in(folder) else Bank.exact(np.load(folder / ROWS, mmap_mode="r"))
        apart = np.load(folder / APART) if self.is_apart else None

        def compute(start: int, stop: int) -> dict[str, np.ndarray]:
            asked, lengths = bank.rows[start:stop], bank.norms[start:stop]
            myself = bank.known_as(np.arange(start, stop))
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
    """Put down once what the workers read, and let them search."""
    norms(rows, "features")  # an error here, not in a worker
    settings = {"version": VERSION, "rows": _digest(rows), "k": k, "at_most": at_most, "exact": exact, "unit": UNIT}
    folder = work.job("neighbours", settings | {"apart": None if apart is None else _digest(apart)})
    if apart is not None:
        _save(folder / APART, apart)
    if exact:
        _save(folder / ROWS, rows)
    elif not Cells.are_in(folder):
        Cells.of(rows).save(rows, folder)
    units = work.run("neighbours", folder, _Search(folder, k, at_most, apart is not None), len(rows), UNIT)
    order = None if exact else Cells.load(folder).order
    return _in_order(order, (gather(units, "neighbours"), gather(units, "similarity")))


def _save(path: Path, array: np.ndarray) -> None:
    if not path.is_file():
        with atomic_write(path) as file:
            np.save(file, array, allow_pickle=False)


def _digest(array: np.ndarray) -> str:
    """The hash of values: 16 hexadecimal digits, over blocks so that nothing is copied whole."""
    digest = hashlib.sha256(f"{array.dtype.str}{array.shape}".encode())
    for start in range(0, len(array), BLOCK):
        digest.update(np.ascontiguousarray(array[start : start + BLOCK]).data)
    return digest.hexdigest()[:16]
