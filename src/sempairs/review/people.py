"""How each person judges: how fast, how often as gold questions want it, and how often the same when asked again.

**Source** Intervals of shares: Clopper, Pearson, 1934 (`statistics.proportion_interval`). Whether the sides matter:
McNemar, "Note on the sampling error of the difference between correlated proportions or percentages", Psychometrika 12,
1947, in its exact form.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int64
from scipy import stats

from sempairs.review.base import LANES, VERDICTS, Candidates, Judgements, Lane, Verdict
from sempairs.statistics import proportion_interval

REJECT, ACCEPT, UNSURE = (VERDICTS.index(verdict) for verdict in (Verdict.reject, Verdict.accept, Verdict.unsure))


@dataclass(frozen=True)
class Share:
    """`count` of `n` with the exact 95% interval of the share; None where n is 0."""

    count: int
    n: int
    low: float | None
    high: float | None


@dataclass(frozen=True)
class GoldAccuracy:
    """The answers to hidden questions.

    Parameters
    ----------
    right: verdicts that are the known answer; unsure is none.
    missed_faults: accepted ones of those that had to be rejected. It is what the certificate allows for.
    false_alarms: rejected ones of those that had to be accepted.
    """

    right: Share
    missed_faults: Share
    false_alarms: Share


@dataclass(frozen=True)
class SelfConsistency:
    """Second looks at a pair, with the sides swapped, against what the same person had said.

    Parameters
    ----------
    same: how many verdicts did not change.
    accepted_as_is, accepted_swapped: of the verdicts that changed from or to accept, how many were accepts with the
        first image on the left, and on the right. Who does not mind the sides has about as many of both.
    p: exact two-sided p-value of "the sides do not matter"; None where no such verdict changed.
    """

    same: Share
    accepted_as_is: int
    accepted_swapped: int
    p: float | None


@dataclass(frozen=True)
class PersonReport:
    """How one person judges, or all of them.

    Parameters
    ----------
    person: their number; None for all together.
    judged: verdicts that stand, second looks and gold questions among them.
    accepted, rejected, unsure: how many of them.
    seconds: median for a verdict; None where it is not known. Pairs of a grid, which are accepted by the page, and
        imported verdicts without a time do not count.
    """

    person: int | None
    judged: int
    accepted: int
    rejected: int
    unsure: int
    seconds: float | None
    gold: GoldAccuracy
    again: SelfConsistency


def people_reports(judgements: Judgements, candidates: Candidates) -> tuple[PersonReport, ...]:
    """All people together first, then each who has judged, by number."""
    everyone = (None, *(int(person) for person in np.unique(judgements.person)))
    return tuple(
        _report(
            person, judgements if person is None else judgements.take(judgements.person == person), candidates
        ) for person in everyone
    )  # fmt: skip


def gold_accuracy(judgements: Judgements, candidates: Candidates) -> GoldAccuracy:
    """How often hidden questions were answered as they should be."""
    asked = judgements.of(Lane.gold)
    answer, verdict = candidates.gold[asked.pair], asked.verdict
    return GoldAccuracy(
        right=_share(verdict == answer),
        missed_faults=_share(verdict[answer == REJECT] == ACCEPT),
        false_alarms=_share(verdict[answer == ACCEPT] == REJECT),
    )


def self_consistency(judgements: Judgements) -> SelfConsistency:
    """Second looks against first ones, of all people in `judgements`."""
    first, second = _looks(judgements)
    before, after = judgements.verdict[first], judgements.verdict[second]
    # Of two looks from both sides of which one says accept, which side was it?
    told = (judgements.swapped[first] != judgements.swapped[second]) & ((before == ACCEPT) != (after == ACCEPT))
    swapped = np.where(before == ACCEPT, judgements.swapped[first], judgements.swapped[second])[told]
    p = float(stats.binomtest(int(swapped.sum()), len(swapped)).pvalue) if len(swapped) else None
    return SelfConsistency(_share(before == after), int((~swapped).sum()), int(swapped.sum()), p)


def _looks(judgements: Judgements) -> tuple[Int64[np.ndarray, " n"], Int64[np.ndarray, " n"]]:
    """Where the first and the second look of a person at a pair stand among the judgements."""
    is_again = judgements.lane == LANES.index(Lane.again)
    key = judgements.pair * (judgements.person.max(initial=0) + 1) + judgements.person
    again, earlier = np.flatnonzero(is_again), np.flatnonzero(~is_again)
    _, second, first = np.intersect1d(key[again], key[earlier], return_indices=True)
    return earlier[first], again[second]


def _report(person: int | None, judgements: Judgements, candidates: Candidates) -> PersonReport:
    timed = judgements.take((judgements.lane != LANES.index(Lane.grid)) & (judgements.seconds > 0))
    count = np.bincount(judgements.verdict, minlength=len(VERDICTS))
    return PersonReport(
        person=person,
        judged=len(judgements),
        accepted=int(count[ACCEPT]),
        rejected=int(count[REJECT]),
        unsure=int(count[UNSURE]),
        seconds=float(np.median(timed.seconds)) if len(timed) else None,
        gold=gold_accuracy(judgements, candidates),
        again=self_consistency(judgements),
    )


def _share(of: Bool[np.ndarray, " n"]) -> Share:
    if not len(of):
        return Share(0, 0, None, None)
    found = proportion_interval(int(of.sum()), len(of))
    return Share(int(of.sum()), len(of), found.low, found.high)
