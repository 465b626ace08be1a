"""How far people agree, as a whole, by class and by similarity: five coefficients that stand together.

One alone misleads: where 95% of the verdicts are accepts and two people agree on 95% of the pairs, Cohen's kappa is
.474 and Gwet's AC1 .945.

**Source** The coefficients: `coefficients.py`. Intervals: the percentile bootstrap over pairs (Efron, "Bootstrap
methods: another look at the jackknife", Annals of Statistics 7, 1979). Pairs on which the same people said the same are
counted once, with their number, so that a resample is one multinomial draw and never goes over all pairs.
"""

import itertools
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import scipy.sparse
from jaxtyping import Float64, Int8, Int64

from sempairs.core.seeds import rng
from sempairs.review import coefficients
from sempairs.review.base import VERDICTS, VOTING, Candidates, Judgements, Verdict
from sempairs.statistics import proportion_interval

MISSING = -1
UNSURE = VERDICTS.index(Verdict.unsure)
assert Verdict.unsure == VERDICTS[-1], "without it, the others must still be numbered from 0"
RESAMPLES, CONFIDENCE, BINS = 1000, 0.95, 4
AT_ONCE = 2**22  # numbers of a chunk of resamples
FEW = 10  # a multinomial draw of a pattern takes as long as drawing so many pairs


@dataclass(frozen=True)
class Estimate:
    """A coefficient with its 95% interval.

    Parameters
    ----------
    value: None where it is not defined: nobody judged what somebody else did, or all verdicts are the same.
    low, high: None where there is no interval. Where all votes agree, the bootstrap has nothing to go by: raw agreement
        has its exact interval, the others none.
    """

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Coefficients:
    """The agreement of some votes. `pairs` have two votes or more, and `votes` are those on them."""

    pairs: int
    votes: int
    raw: Estimate
    cohen: Estimate
    fleiss: Estimate
    krippendorff: Estimate
    gwet: Estimate


@dataclass(frozen=True)
class Agreement:
    """Agreement on some pairs, with "unsure" as a verdict of its own, and as if it had not been said.

    Parameters
    ----------
    name: the class; None where these are not the pairs of one class.
    low, high: the least and the largest similarity that these pairs may have; None where it does not matter.
    """

    as_verdict: Coefficients
    as_missing: Coefficients
    name: str | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class AgreementReport:
    """Agreement on all pairs, then by class and by similarity where any pair has two votes."""

    overall: Agreement
    by_class: tuple[Agreement, ...]
    by_similarity: tuple[Agreement, ...]

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)


@dataclass(frozen=True, eq=False)
class AgreementMatrix:
    """Agreement of each person with each other.

    Parameters
    ----------
    people: their numbers, in order.
    shared: how many pairs both judged; on the diagonal, how many the person did.
    raw, kappa: share of the same verdicts, and Cohen's kappa; NaN where it is not defined, and on the diagonal.
    """

    people: Int64[np.ndarray, " k"]
    shared: Int64[np.ndarray, "k k"]
    raw: Float64[np.ndarray, "k k"]
    kappa: Float64[np.ndarray, "k k"]


def agreement(judgements: Judgements, candidates: Candidates) -> AgreementReport:
    """How far people agree. Gold questions, adjudications and second looks of the same person are no votes.

    The bins of similarity hold about as many candidates each, so they do not move while people judge.
    """
    pairs, _, votes = vote_table(judgements)
    is_shared = (votes != MISSING).sum(axis=1) > 1
    names, similarity = candidates.name[pairs].astype(str), candidates.similarity[pairs]
    by_class = tuple(agreement_of(votes[names == name], name=str(name)) for name in np.unique(names[is_shared]))
    known = candidates.similarity[np.isfinite(candidates.similarity) & (candidates.gold < 0)]
    edges = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1))) if len(known) else known
    by_similarity = []
    for low, high in itertools.pairwise(edges):
        inside = (similarity >= low) & ((similarity < high) | (high == edges[-1]))
        if is_shared[inside].any():
            by_similarity.append(agreement_of(votes[inside], low=float(low), high=float(high)))
    return AgreementReport(agreement_of(votes), by_class, tuple(by_similarity))


def agreement_matrix(judgements: Judgements) -> AgreementMatrix:
    """Who agrees with whom, with "unsure" as a verdict of its own."""
    _, people, votes = vote_table(judgements)
    row, person = np.nonzero(votes != MISSING)
    k, q = len(people), len(VERDICTS)
    said = scipy.sparse.csr_array(
        (np.ones(len(row)), (row, person * q + votes[row, person])), shape=(len(votes), k * q)
    )
    # How often one person said this and the other that, for all couples at once.
    tables = (said.T @ said).toarray().reshape(k, q, k, q).swapaxes(1, 2)
    shared = tables.sum(axis=(2, 3))
    kappa = coefficients.cohen_kappa(tables)
    raw = np.where(shared > 0, np.trace(tables, axis1=2, axis2=3) / np.maximum(shared, 1), np.nan)
    np.fill_diagonal(raw, np.nan)
    np.fill_diagonal(kappa, np.nan)
    return AgreementMatrix(people, shared.astype(np.int64), raw, kappa)


def vote_table(
    judgements: Judgements,
) -> tuple[Int64[np.ndarray, " n"], Int64[np.ndarray, " k"], Int8[np.ndarray, "n k"]]:
    """The pairs with a vote, the people who gave one, and who said what of which: into `VERDICTS`, or `MISSING`."""
    voted = judgements.of(*VOTING)
    pairs, row = np.unique(voted.pair, return_inverse=True)
    people, column = np.unique(voted.person, return_inverse=True)
    votes = np.full((len(pairs), len(people)), MISSING, dtype=np.int8)
    votes[row, column] = voted.verdict
    return pairs, people, votes


def agreement_of(
    votes: Int8[np.ndarray, "n k"], name: str | None = None, low: float | None = None, high: float | None = None
) -> Agreement:
    """The agreement of a table of votes, with "unsure" counted both ways over the same resamples.

    Parameters
    ----------
    votes: what each of k people said of each of n pairs, into `VERDICTS`, or `MISSING`.
    name, low, high: of the pairs, see `Agreement`.
    """
    patterns, number = np.unique(votes, axis=0, return_counts=True)
    sure = np.where(patterns == UNSURE, np.int8(MISSING), patterns)
    found: list[list[np.ndarray]] = [[], []]
    for times in _resamples(number):
        found[0].append(_coefficients(patterns, UNSURE + 1, times))
        found[1].append(_coefficients(sure, UNSURE, times))
    as_verdict, as_missing = (np.concatenate(parts, axis=1) for parts in found)
    return Agreement(_estimates(patterns, number, as_verdict), _estimates(sure, number, as_missing), name, low, high)


def _resamples(number: Int64[np.ndarray, " p"]) -> Iterator[Float64[np.ndarray, "b p"]]:
    """How often each pattern stands among the pairs: as it is, then in each resample; in chunks."""
    random, n, p = rng("agreement"), int(number.sum()), len(number)
    yield number[None, :].astype(np.float64)
    if n == 0:
        return
    pattern = np.repeat(np.arange(p), number)
    step = max(1, AT_ONCE // n)
    for at in range(0, RESAMPLES, step):
        size = min(step, RESAMPLES - at)
        if FEW * p < n:
            times = random.multinomial(n, number / n, size=size)
        else:  # the same, pair by pair
            drawn = pattern[random.integers(0, n, (size, n))] + p * np.arange(size)[:, None]
            times = np.bincount(drawn.ravel(), minlength=size * p).reshape(size, p)
        yield times.astype(np.float64)


def _coefficients(
    votes: Int8[np.ndarray, "p k"], q: int, times: Float64[np.ndarray, "b p"]
) -> Float64[np.ndarray, "5 b"]:
    """The five coefficients in the order of `Coefficients`."""
    counts = _counts(votes, q)
    cohen = coefficients.conger_kappa(counts, times, votes)
    by_counts = (coefficients.fleiss_kappa, coefficients.krippendorff_alpha, coefficients.gwet_ac1)
    rows = [coefficients.raw_agreement(counts, times), cohen, *(one(counts, times) for one in by_counts)]
    return np.stack(rows)


def _estimates(
    votes: Int8[np.ndarray, "p k"], number: Int64[np.ndarray, " p"], values: Float64[np.ndarray, "5 b"]
) -> Coefficients:
    """From the values of the sample, which come first, and of the resamples."""
    counts = _counts(votes, UNSURE + 1)
    r = counts.sum(axis=1)
    pairs = int(number[r > 1].sum())
    all_agree = bool((counts.max(axis=1) == r).all())
    raw, *others = (_estimate(row, has_interval=not all_agree) for row in values)
    if pairs and all_agree:
        exact = proportion_interval(pairs, pairs, CONFIDENCE)
        raw = Estimate(1.0, exact.low, exact.high)
    return Coefficients(pairs, int((number * r)[r > 1].sum()), raw, *others)


def _estimate(values: Float64[np.ndarray, " b"], has_interval: bool) -> Estimate:
    """A resample in which a coefficient is not defined could have had any value: it widens both ends."""
    value = None if np.isnan(values[0]) else float(values[0])
    if value is None or not has_interval:
        return Estimate(value, None, None)
    tail = (1 - CONFIDENCE) / 2
    low = np.quantile(np.nan_to_num(values[1:], nan=-1), tail)
    high = np.quantile(np.nan_to_num(values[1:], nan=1), 1 - tail)
    return Estimate(value, float(low), float(high))


def _counts(votes: Int8[np.ndarray, "n k"], q: int) -> Int64[np.ndarray, "n q"]:
    counts: Int64[np.ndarray, "n q"] = (votes[:, :, None] == np.arange(q)).sum(axis=1)
    return counts
