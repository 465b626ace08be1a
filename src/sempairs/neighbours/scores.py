"""Cosine similarities that do not depend on what else is computed: float64, one row at a time, rounded."""

import numpy as np
from jaxtyping import Float32, Float64

from sempairs.core.errors import UserError

DECIMALS = 6
BLOCK_BYTES = 2**20  # small enough for the cache of a core: four times as fast as 128 MB
BYTES_A_VALUE = 16  # two float32 and their float64 product


def cosine(left: Float32[np.ndarray, "n d"], right: Float32[np.ndarray, "n d"]) -> Float64[np.ndarray, " n"]:
    """Cosine similarity of row i with row i, the very number `nearest` gives for them.

    Raises
    ------
    UserError: rows that are zero or not finite.
    """
    both = np.arange(len(left))
    return cosine_of(left, norms(left, "left rows"), both, right, norms(right, "right rows"), both)


def cosine_of(
    queries: Float32[np.ndarray, "n d"],
    query_norms: Float64[np.ndarray, " n"],
    i: np.ndarray,
    rows: Float32[np.ndarray, "m d"],
    row_norms: Float64[np.ndarray, " m"],
    j: np.ndarray,
) -> Float64[np.ndarray, " p"]:
    """Cosine similarity of query `i[p]` with row `j[p]`.

    A product and a sum over the last axis, never a matrix product: BLAS orders its sums by the shape of the batch. The
    product of two float32 numbers is exact in float64.
    """
    scores = np.empty(len(i))
    step = max(1, BLOCK_BYTES // (BYTES_A_VALUE * max(1, queries.shape[1])))
    for start in range(0, len(i), step):
        a, b = i[start : start + step], j[start : start + step]
        dots = np.multiply(queries[a], rows[b], dtype=np.float64).sum(axis=1)
        scores[start : start + step] = np.round(dots / (query_norms[a] * row_norms[b]), DECIMALS)
    return scores


def norms(rows: Float32[np.ndarray, "n d"], name: str) -> Float64[np.ndarray, " n"]:
    """Euclidean lengths in float64. Raises UserError if one is zero or not finite."""
    lengths = np.empty(len(rows))
    step = max(1, BLOCK_BYTES // (BYTES_A_VALUE * max(1, rows.shape[1])))
    for start in range(0, len(rows), step):
        lengths[start : start + step] = np.sqrt(np.square(rows[start : start + step], dtype=np.float64).sum(axis=-1))
    bad = int((~np.isfinite(lengths) | (lengths == 0)).sum())
    if bad:
        raise UserError(
            "features without a direction have no neighbours",
            got=f"{bad} of {len(rows)} rows of the {name} are zero or not finite",
            todo="look at the training: it diverged or collapsed, or the encoder's weights are damaged",
        )
    return lengths


def unit32(rows: Float32[np.ndarray, "n d"], norms: Float64[np.ndarray, " n"]) -> Float32[np.ndarray, "n d"]:
    """Rows of length one, in float32, as FAISS wants them."""
    unit: Float32[np.ndarray, "n d"] = np.divide(
        rows, norms[:, None], out=np.empty(rows.shape, np.float32), casting="same_kind"
    )
    return unit
