"""Coefficients of agreement for verdicts without an order, from votes with gaps.

**Source** Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological Measurement 20, 1960.
For more than two people: Conger, "Integration and generalization of kappas for multiple raters", Psychological Bulletin
88, 1980. Fleiss, "Measuring nominal scale agreement among many raters", Psychological Bulletin 76, 1971.
Krippendorff, "Computing Krippendorff's alpha-reliability", 2011 (nominal). Gwet, "Computing inter-rater reliability and
its variance in the presence of high agreement", British Journal of Mathematical and Statistical Psychology 61, 2008.
**Departure** Fleiss and Gwet have as many votes on each pair; where their number varies, pairs with two votes or more
give the agreement and all pairs the shares of the verdicts (Gwet, "Handbook of inter-rater reliability", 4th edition,
2014), and in Conger's mean over couples of people each counts by the number of votes that it gave on such pairs.
**Shapes** n pairs, q kinds of verdicts. `counts[i, k]` people said k of pair i, and pair i counts `times[:, i]` times:
once, or as often as a resample drew it. What is not defined, such as 0 / 0 where all verdicts are the same, is NaN.
"""

import numpy as np
import scipy.sparse
from jaxtyping import Float64, Int8, Int64


def raw_agreement(counts: Int64[np.ndarray, "n q"], times: Float64[np.ndarray, "b n"]) -> Float64[np.ndarray, " b"]:
    """The share of agreeing couples among the votes on a pair, mean over the pairs with two votes or more."""
    r = counts.sum(axis=1)
    agreeing = (counts * (counts - 1)).sum(axis=1) / np.maximum(r * (r - 1), 1)
    return _ratio(times @ agreeing, times @ (r > 1).astype(float))


def fleiss_kappa(counts: Int64[np.ndarray, "n q"], times: Float64[np.ndarray, "b n"]) -> Float64[np.ndarray, " b"]:
    """By chance, two people agree as often as two draws from the shares of the verdicts: Σ π²."""
    return _beyond_chance(raw_agreement(counts, times), (_shares(counts, times) ** 2).sum(axis=-1))


def gwet_ac1(counts: Int64[np.ndarray, "n q"], times: Float64[np.ndarray, "b n"]) -> Float64[np.ndarray, " b"]:
    """By chance, people agree on the pairs that are hard to judge: Σ π (1 - π) / (q - 1), small where verdicts are
    skewed."""
    shares = _shares(counts, times)
    by_chance = (shares * (1 - shares)).sum(axis=-1) / (counts.shape[1] - 1)
    return _beyond_chance(raw_agreement(counts, times), by_chance)


def krippendorff_alpha(
    counts: Int64[np.ndarray, "n q"], times: Float64[np.ndarray, "b n"]
) -> Float64[np.ndarray, " b"]:
    """Agreement of two votes on one pair, against that of two of all votes; pairs with one vote count for nothing."""
    r = counts.sum(axis=1)
    pairable = np.where(r[:, None] > 1, counts, 0)
    of_kind = times @ pairable.astype(float)
    n = of_kind.sum(axis=-1)
    observed = _ratio(times @ ((pairable * (pairable - 1)).sum(axis=1) / np.maximum(r - 1, 1)), n)
    by_chance = _ratio((of_kind * (of_kind - 1)).sum(axis=-1), n * (n - 1))
    return _beyond_chance(observed, by_chance)


def cohen_kappa(tables: Float64[np.ndarray, "*couples q q"]) -> Float64[np.ndarray, "*couples"]:
    """By chance, two people agree as two draws, each from the verdicts of one of them.

    Parameters
    ----------
    tables: how often one said k (rows) and the other l (columns), for each couple of people.
    """
    n = tables.sum(axis=(-1, -2))
    by_chance = _ratio((tables.sum(axis=-1) * tables.sum(axis=-2)).sum(axis=-1), n**2)
    return _beyond_chance(_ratio(np.trace(tables, axis1=-2, axis2=-1), n), by_chance)


def conger_kappa(
    counts: Int64[np.ndarray, "n q"], times: Float64[np.ndarray, "b n"], votes: Int8[np.ndarray, "n k"]
) -> Float64[np.ndarray, " b"]:
    """Cohen's kappa for k people: by chance, two of them agree as two draws, each from the verdicts of one.

    Parameters
    ----------
    votes: what each of k people said of each pair; -1 for nothing.
    """
    q, k = counts.shape[1], votes.shape[1]
    row, person = np.nonzero((votes >= 0) & (counts.sum(axis=1) > 1)[:, None])
    cell = person * q + votes[row, person]
    said = scipy.sparse.csr_array((np.ones(len(row)), (row, cell)), shape=(len(votes), k * q))
    by_person = np.asarray(times @ said).reshape(len(times), k, q)
    # Over all couples of different people: the square of the sum, without the squares.
    agreeing = (by_person.sum(axis=1) ** 2 - (by_person**2).sum(axis=1)).sum(axis=1)
    judged = by_person.sum(axis=2)
    by_chance = _ratio(agreeing, judged.sum(axis=1) ** 2 - (judged**2).sum(axis=1))
    return _beyond_chance(raw_agreement(counts, times), by_chance)


def _shares(counts: Int64[np.ndarray, "n q"], times: Float64[np.ndarray, "b n"]) -> Float64[np.ndarray, "b q"]:
    """The shares π of the verdicts: in each pair, then averaged over the pairs."""
    r = counts.sum(axis=1)
    return _ratio(times @ (counts / np.maximum(r, 1)[:, None]), (times @ (r > 0).astype(float))[..., None])


def _beyond_chance(observed: np.ndarray, by_chance: np.ndarray) -> Float64[np.ndarray, "..."]:
    return _ratio(observed - by_chance, 1 - by_chance)


def _ratio(above: np.ndarray, below: np.ndarray) -> Float64[np.ndarray, "..."]:
    """The quotient, NaN where the divisor is zero (but for rounding)."""
    is_some = np.abs(below) > 1e-12
    found: Float64[np.ndarray, ...] = np.where(is_some, above / np.where(is_some, below, 1), np.nan)
    return found
