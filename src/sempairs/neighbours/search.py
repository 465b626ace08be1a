"""Nearest neighbours by cosine similarity: FAISS proposes, float64 decides.

FAISS scores in float32, and their last bits change with the size of the query batch. So it only proposes candidates,
with a margin; those that float32 cannot rule out are scored again in float64 by a sum over their own row, rounded, and
ties go to the lower index. A query whose margin does not prove that no other row belongs to its answer is searched
again, wider.
"""

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int64

from sempairs.core.errors import UserError
from sempairs.core.progress import progress
from sempairs.neighbours.bank import Bank
from sempairs.neighbours.scores import DECIMALS, cosine_of, norms, unit32

MARGIN = 4
BLOCK_BYTES = 16 * 2**20
BYTES_A_CANDIDATE = 40

Lists = tuple[Int64[np.ndarray, "n k"], Float64[np.ndarray, "n k"]]


def nearest(
    queries: Float32[np.ndarray, "n d"],
    bank: Float32[np.ndarray, "m d"],
    k: int,
    *,
    exclude_self: bool,
    at_most: float = 1.0,
    apart: Int64[np.ndarray, "n g"] | None = None,
) -> Lists:
    """The `k` rows of `bank` most similar to each query, of all rows.

    The answer is that of the full float64 computation: similarities rounded to six decimals, highest first, equal ones
    by index. It does not depend on block size, threads or the other queries, however many rows tie; a row with more
    than `MARGIN` ties at the border only costs more time. Memory beyond the inputs: FAISS's copy of the bank (two while
    it is filled) and a few `BLOCK_BYTES`, more where a query needs a large part of the bank.

    Parameters
    ----------
    queries, bank: features; rows need not be normalised.
    k: how many neighbours.
    exclude_self: query i is row i of the bank, and is not its own neighbour.
    at_most: rows more similar than this are passed over. The more of them a query has, the longer it takes.
    apart: with `exclude_self`: rows with an equal value in any column are passed over too; negative values equal
        nothing. The more rows share a value, the longer it takes.

    Returns
    -------
    Indices into `bank`, and cosine similarities; where fewer than `k` rows may be given, the last similarities are
    -inf and their indices mean nothing.

    Raises
    ------
    UserError: rows that are zero or not finite, or a `k` that the bank cannot give.
    """
    n, m = len(queries), len(bank)
    if exclude_self and n != m:
        raise UserError("without itself, each query must be the same row of the bank", got=f"{n} queries, {m} rows")
    assert exclude_self or apart is None
    if not 1 <= k <= m - exclude_self:
        raise UserError(
            "there are not that many neighbours", got=k, todo=f"ask for 1 to {m - exclude_self}, or give more images"
        )
    query_norms = norms(queries, "queries")
    made = Bank.exact(bank)
    myself = np.arange(n) if exclude_self else None
    return search(made, queries, query_norms, k, myself=myself, at_most=at_most, apart=apart)


def search(
    bank: Bank,
    queries: Float32[np.ndarray, "n d"],
    query_norms: Float64[np.ndarray, " n"],
    k: int,
    *,
    myself: Int64[np.ndarray, " n"] | None = None,
    at_most: float = 1.0,
    apart: Int64[np.ndarray, "m g"] | None = None,
) -> Lists:
    """The `k` rows of a bank most similar to each query, of the rows that the bank's proposer looks at.

    As `nearest`, whose bank looks at all rows.

    Parameters
    ----------
    myself: the number of the row that each query is, and which is not its own neighbour.
    apart: as in `nearest`, by number of the row; needs `myself`.

    Returns
    -------
    The numbers of rows (`Bank.known_as`), by which ties are broken too, and cosine similarities.
    """
    n, m, d = len(queries), len(bank), queries.shape[1]
    indices, similarity = np.empty((n, k), np.int64), np.empty((n, k))
    rows, width = np.arange(n), min(m, k + (myself is not None) + MARGIN)
    with progress("finding neighbours", n, "rows") as bar:
        while len(rows):
            unsure = []
            step = max(1, BLOCK_BYTES // (width * BYTES_A_CANDIDATE))
            for block in np.split(rows, range(step, len(rows), step)):
                asked, lengths = queries[block], query_norms[block]
                proposed, places = bank.propose(unit32(asked, lengths), width)
                allowed, found = places >= 0, bank.known_as(places)
                if myself is not None:
                    allowed &= found != myself[block, None]
                    for column in () if apart is None else apart.T:
                        own = column[myself[block], None]
                        allowed &= (column[found] != own) | (own < 0)
                i, place = np.nonzero(_contenders(proposed, allowed, k, at_most, _float32_error(d)))
                scores = np.full(found.shape, -np.inf)
                scores[i, place] = cosine_of(asked, lengths, i, bank.rows, bank.norms, places[i, place])
                scores[scores > at_most] = -np.inf
                best = np.lexsort((found, -scores))[:, :k]
                indices[block] = np.take_along_axis(found, best, 1)
                similarity[block] = np.take_along_axis(scores, best, 1)
                most = np.round(proposed[:, -1].astype(np.float64) + _float32_error(d), DECIMALS)
                sure = (width == m) | (places[:, -1] < 0) | (similarity[block, -1] > most)
                unsure.append(block[~sure])
                bar(int(sure.sum()))
            rows, width = np.concatenate(unsure), min(m, 4 * width)
    return indices, similarity


def _contenders(
    proposed: Float32[np.ndarray, "n w"], allowed: Bool[np.ndarray, "n w"], k: int, at_most: float, error: float
) -> Bool[np.ndarray, "n w"]:
    """Which of the proposed rows could be among the `k` best, as far as float32 can tell.

    Whatever scores lower than the k-th best of the rows that surely count, by more than both scores may be off and
    rounding may join, cannot.
    """
    slack = error + 10.0**-DECIMALS
    limit = np.inf if at_most >= 1 else at_most
    counts = (allowed & (proposed <= limit - slack)).cumsum(axis=1) == k
    kth = np.where(counts.any(axis=1), np.take_along_axis(proposed, counts.argmax(axis=1)[:, None], 1)[:, 0], -np.inf)
    contenders: Bool[np.ndarray, "n w"] = allowed & (proposed >= kth[:, None] - 2 * slack) & (proposed <= limit + slack)
    return contenders


def _float32_error(d: int) -> float:
    """How far FAISS's inner product of two unit rows of length `d` may be off.

    In float32, with unit roundoff u, a dot product of d terms of unit vectors, themselves rounded, is off by less than
    (d + 3) u whatever the order of the sum (Higham, Accuracy and Stability of Numerical Algorithms, 2002, section 3.1;
    Cauchy-Schwarz bounds the terms by 1).
    """
    return (d + 3) * 2.0**-24
