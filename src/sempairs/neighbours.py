"""Exact nearest neighbours by cosine similarity: FAISS proposes, float64 decides.

FAISS scores in float32, and their last bits change with the size of the query batch. So it only proposes candidates,
with a margin; each is scored again in float64 by a sum over its own row, rounded, and ties go to the lower index. A
query whose margin does not prove that no other row belongs to its answer is searched again, wider.
"""

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int64

from sempairs.core.errors import UserError
from sempairs.core.progress import progress

DECIMALS = 6
MARGIN = 8
BLOCK_BYTES = 128 * 2**20


def nearest(
    queries: Float32[np.ndarray, "n d"],
    bank: Float32[np.ndarray, "m d"],
    k: int,
    *,
    exclude_self: bool,
    at_most: float = 1.0,
) -> tuple[Int64[np.ndarray, "n {k}"], Float64[np.ndarray, "n {k}"]]:
    """The `k` rows of `bank` most similar to each query.

    The answer is that of the full float64 computation: similarities rounded to six decimals, highest first, equal ones
    by index. It does not depend on block size, threads or the other queries, however many rows tie; a row with more
    than `MARGIN` ties at the border only costs more time. Memory beyond the inputs: FAISS's copy of the bank (two while
    it is filled) and about 1.5 `BLOCK_BYTES`, or 1.5 times the bank in float64 where a query needs all of it.

    Parameters
    ----------
    queries, bank: features; rows need not be normalised.
    k: how many neighbours.
    exclude_self: query i is row i of the bank, and is not its own neighbour.
    at_most: rows more similar than this are passed over. The more of them a query has, the longer it takes.

    Returns
    -------
    Indices into `bank`, and cosine similarities; where fewer than `k` rows are within `at_most`, the last similarities
    are -inf and their indices mean nothing.

    Raises
    ------
    UserError: rows that are zero or not finite, or a `k` that the bank cannot give.
    """
    import faiss

    (n, d), m = queries.shape, len(bank)
    if exclude_self and n != m:
        raise UserError("without itself, each query must be the same row of the bank", got=f"{n} queries, {m} rows")
    if not 1 <= k <= m - exclude_self:
        raise UserError(
            "there are not that many neighbours", got=k, todo=f"ask for 1 to {m - exclude_self}, or give more images"
        )
    query_norms = norms(queries, "queries")
    bank_norms = query_norms if bank is queries else norms(bank, "bank")

    index = faiss.IndexFlatIP(d)
    index.add(_unit32(bank, bank_norms))
    indices, similarity = np.empty((n, k), np.int64), np.empty((n, k))
    rows, width = np.arange(n), min(m, k + exclude_self + MARGIN)
    with progress("finding neighbours", n, "rows") as bar:
        while len(rows):
            unsure = []
            for block in np.split(rows, range(step := max(1, BLOCK_BYTES // (width * d * 8)), len(rows), step)):
                proposed, found = index.search(_unit32(queries[block], query_norms[block]), width)
                scores = _scores(queries[block], query_norms[block], bank[found], bank_norms[found])
                if exclude_self:
                    scores[found == block[:, None]] = -np.inf
                scores[scores > at_most] = -np.inf
                best = np.lexsort((found, -scores))[:, :k]
                indices[block] = np.take_along_axis(found, best, 1)
                similarity[block] = np.take_along_axis(scores, best, 1)
                sure = (width == m) | _is_sure(similarity[block, -1], proposed[:, -1], d)
                unsure.append(block[~sure])
                bar(int(sure.sum()))
            rows, width = np.concatenate(unsure), min(m, 4 * width)
    return indices, similarity


def cosine(left: Float32[np.ndarray, "n d"], right: Float32[np.ndarray, "n d"]) -> Float64[np.ndarray, " n"]:
    """Cosine similarity of row i with row i, the very number `nearest` gives for them.

    Raises
    ------
    UserError: rows that are zero or not finite.
    """
    left_norms, right_norms = norms(left, "left rows"), norms(right, "right rows")
    similarity = np.empty(len(left))
    step = max(1, BLOCK_BYTES // (8 * max(1, left.shape[1])))
    for block in np.split(np.arange(len(left)), range(step, len(left), step)):
        candidates, candidate_norms = right[block, None], right_norms[block, None]
        similarity[block] = _scores(left[block], left_norms[block], candidates, candidate_norms)[:, 0]
    return similarity


def _scores(
    queries: Float32[np.ndarray, "n d"],
    query_norms: Float64[np.ndarray, " n"],
    candidates: Float32[np.ndarray, "n w d"],
    candidate_norms: Float64[np.ndarray, "n w"],
) -> Float64[np.ndarray, "n w"]:
    """Cosine similarity of each query with its own candidates, rounded.

    A product and a sum over the last axis, never a matrix product: BLAS orders its sums by the shape of the batch.
    """
    products = candidates / candidate_norms[..., None]
    products *= (queries / query_norms[:, None])[:, None, :]
    scores: Float64[np.ndarray, "n w"] = np.round(products.sum(axis=-1), DECIMALS)
    return scores


def _is_sure(
    kth: Float64[np.ndarray, " n"], last_proposed: Float32[np.ndarray, " n"], d: int
) -> Bool[np.ndarray, " n"]:
    """Whether no row that was not proposed can belong to the answer.

    FAISS gave such a row at most the score of the last proposed one. In float32, with unit roundoff u, a dot product
    of d terms of unit vectors, themselves rounded, is off by less than (d + 3) u whatever the order of the sum
    (Higham, Accuracy and Stability of Numerical Algorithms, 2002, section 3.1; Cauchy-Schwarz bounds the terms by 1).
    """
    most = last_proposed.astype(np.float64) + (d + 3) * 2.0**-24  # in float32 the sum would round below `kth`
    sure: Bool[np.ndarray, " n"] = kth > np.round(most, DECIMALS)
    return sure


def norms(rows: Float32[np.ndarray, "n d"], name: str) -> Float64[np.ndarray, " n"]:
    """Euclidean lengths in float64. Raises UserError if one is zero or not finite."""
    lengths = np.empty(len(rows))
    step = max(1, BLOCK_BYTES // (8 * max(1, rows.shape[1])))
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


def _unit32(rows: Float32[np.ndarray, "n d"], norms: Float64[np.ndarray, " n"]) -> Float32[np.ndarray, "n d"]:
    """Rows of length one, in float32, as FAISS wants them."""
    unit: Float32[np.ndarray, "n d"] = np.divide(
        rows, norms[:, None], out=np.empty(rows.shape, np.float32), casting="same_kind"
    )
    return unit
