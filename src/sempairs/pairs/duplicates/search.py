"""Exact search for couples within a limit, in blocks: no table of all images by all images is ever in memory."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int64, UInt8

from sempairs.core.errors import UserError
from sempairs.core.progress import progress
from sempairs.neighbours import nearest
from sempairs.pairs.duplicates.hashes import correlations, greys
from sempairs.sources.base import Source

COMPARISONS = 2**26
"""Of two hashes, in one block: if all were within the limit, it would take under a gigabyte."""
WIDTH = 8
BLOCK = 8192
MOST = 10_000_000
"""Couples beyond which the limit, not the images, is the finding."""


@dataclass(frozen=True, eq=False)
class Couples:
    """Images in twos, by position, with their distance, in the order of the positions.

    Parameters
    ----------
    distance: bits that differ between two pHashes, or 1 - cosine similarity; 0 for what is equal.
    """

    left: Int64[np.ndarray, " n"]
    right: Int64[np.ndarray, " n"]
    distance: Float64[np.ndarray, " n"]

    def __len__(self) -> int:
        return len(self.left)

    def __getitem__(self, chosen: np.ndarray) -> "Couples":
        return Couples(self.left[chosen], self.right[chosen], self.distance[chosen])

    def named(self, left: Int64[np.ndarray, " m"], right: Int64[np.ndarray, " k"]) -> "Couples":
        """The same couples where position p is really `left[p]`, or `right[p]`."""
        return Couples(left[self.left], right[self.right], self.distance)


def joined(parts: Iterable[Couples]) -> Couples:
    """All couples, in the order of their positions."""
    left, right, distance = (
        np.concatenate([np.empty(0, kind), *(getattr(part, name) for part in parts)])
        for name, kind in (("left", np.int64), ("right", np.int64), ("distance", np.float64))
    )
    return Couples(left, right, distance)[np.lexsort((right, left))]


def firsts(keys: Iterable[object]) -> Int64[np.ndarray, " n"]:
    """For each key the position where an equal one stands first: its own, if it is the first."""
    first: dict[object, int] = {}
    return np.array([first.setdefault(key, position) for position, key in enumerate(keys)], dtype=np.int64)


def equal(first: Int64[np.ndarray, " n"]) -> Couples:
    """Each image with the first that is equal to it. The others of m equal ones, m (m - 1) / 2 in all, add nothing."""
    again = np.flatnonzero(first != np.arange(len(first)))
    return joined([Couples(first[again], again, np.zeros(len(again)))])


def close_codes(left: UInt8[np.ndarray, "n b"], right: UInt8[np.ndarray, "m b"], limit: int, *, once: bool) -> Couples:
    """All couples of binary codes that differ in at most `limit` bits.

    Parameters
    ----------
    once: both sides are the same codes: each couple i < j once, and none of a code with itself.

    Raises
    ------
    UserError: more than `MOST` couples.
    """
    import faiss

    index = faiss.IndexBinaryFlat(8 * right.shape[1])
    index.add(right)
    parts, step = [], max(1, COMPARISONS // max(1, len(right)))
    count = 0
    with progress("comparing hashes", len(left), "images") as bar:
        for start in range(0, len(left), step):
            block = np.ascontiguousarray(left[start : start + step])
            bounds, bits, found = index.range_search(block, limit + 1)  # FAISS gives what is below its radius
            rows = np.repeat(np.arange(start, start + len(block)), np.subtract(bounds[1:], bounds[:-1], dtype=np.int64))
            keep = found > rows if once else np.ones(len(rows), bool)
            parts.append(Couples(rows[keep], found[keep], bits[keep].astype(np.float64)))
            count += len(parts[-1])
            _check_count(count, f"a pHash distance of {limit}")
            bar(len(block))
    return joined(parts)


def confirmed(couples: Couples, left: Source, right: Source, correlation: float) -> Couples:
    """Those couples whose images in grey, at 32 x 32 pixels, correlate at least so much."""
    sides = [np.unique(couples.left, return_inverse=True), np.unique(couples.right, return_inverse=True)]
    small = [greys(source, images) for source, (images, _) in zip((left, right), sides, strict=True)]
    keep: Bool[np.ndarray, " n"] = np.zeros(len(couples), bool)
    with progress("comparing pixels", len(couples), "couples") as bar:
        for start in range(0, len(couples), BLOCK):
            rows = slice(start, start + BLOCK)
            a, b = (frames[at[rows]] for frames, (_, at) in zip(small, sides, strict=True))
            keep[rows] = correlations(a, b) >= correlation
            bar(len(a))
    return couples[np.flatnonzero(keep)]


def close_features(values: Float32[np.ndarray, "n d"], similarity: float) -> Couples:
    """All couples i < j of rows whose cosine similarity, rounded as `nearest` does, is at least `similarity`.

    Raises
    ------
    UserError: rows that are zero or not finite, or more than `MOST` couples.
    """
    parts, rows, width = [], np.arange(len(values)), min(len(values), WIDTH)
    while len(rows):
        found, scores = nearest(values[rows], values, width, exclude_self=False)
        # A list whose last row is still alike may go on: it is asked for again, twice as long.
        whole = (scores[:, -1] < similarity) | (width == len(values))
        keep = whole[:, None] & (scores >= similarity) & (found > rows[:, None])
        at, place = np.nonzero(keep)
        parts.append(Couples(rows[at], found[at, place], np.round(1 - scores[at, place], 6)))
        rows = rows[~whole]
        _check_count(sum(map(len, parts)) + len(rows) * (width - 1) // 2, f"a similarity of {similarity}")
        width = min(len(values), 2 * width)
    return joined(parts)


def _check_count(couples: int, limit: str) -> None:
    if couples > MOST:
        raise UserError(
            f"more than {MOST:,} couples of images are within {limit}",
            todo="choose a narrower limit: this one takes most images for one",
        )
