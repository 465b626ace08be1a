"""Strata: the classes, each cut into bins of similarity that hold about as many pairs each."""

import numpy as np
from jaxtyping import Float64, Int64

from sempairs.review.base import Stratum

FEWEST = 50  # pairs in a bin: with fewer, a stratum says nothing that its class does not


def stratify(
    name: np.ndarray, similarity: Float64[np.ndarray, " n"], bins: int
) -> tuple[Int64[np.ndarray, " n"], list[Stratum]]:
    """The number of each pair's stratum, and the strata: by class, then from the least similar bin to the most.

    Pairs of equal similarity are never torn apart, and a class with fewer than `bins` times 50 pairs gets fewer bins.
    Those of a class that have no similarity are a stratum of their own.

    Parameters
    ----------
    name: the class of each pair; "" where it is unknown.
    similarity: NaN where a pair has none.
    bins: of each class at most.
    """
    classes, kind = np.unique(name.astype(str), return_inverse=True)
    bin_of = np.full(len(name), bins)  # of pairs without a similarity: after all others
    order = np.lexsort((similarity, kind))
    for rows in np.split(order, np.cumsum(np.bincount(kind, minlength=len(classes)))[:-1]):
        rows = rows[: int(np.isfinite(similarity[rows]).sum())]
        if len(rows):
            bin_of[rows] = _bins(similarity[rows], min(bins, max(1, len(rows) // FEWEST)))
    used, number = np.unique(kind * (bins + 1) + bin_of, return_inverse=True)
    number = number.astype(np.int64)
    pairs = np.bincount(number, minlength=len(used))
    low, high = np.full(len(used), np.inf), np.full(len(used), -np.inf)
    np.fmin.at(low, number, similarity)
    np.fmax.at(high, number, similarity)
    strata = [
        Stratum(i, str(classes[key // (bins + 1)]), *_limits(low[i], high[i]), int(pairs[i]))
        for i, key in enumerate(used.tolist())
    ]
    return number, strata


def _bins(values: Float64[np.ndarray, " n"], bins: int) -> Int64[np.ndarray, " n"]:
    """The bin of each of these sorted values, by the quantile at which the first equal one stands."""
    first = np.searchsorted(values, values, side="left")
    return (first * bins // len(values)).astype(np.int64)


def _limits(low: float, high: float) -> tuple[float | None, float | None]:
    return (float(low), float(high)) if np.isfinite(low) else (None, None)
