"""From votes to one verdict for each pair."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int64

from sempairs.review.base import VERDICTS, VOTING, Candidates, Judgements, Lane

UNJUDGED, DISPUTED = -1, -2


@dataclass(frozen=True, eq=False)
class Outcome:
    """What has come of each candidate.

    Parameters
    ----------
    verdict: into `VERDICTS`, or `UNJUDGED`, or `DISPUTED`: the votes do not settle it, nor has anybody adjudicated.
    votes: how many people voted; an adjudication is no vote.
    adjudicated: whether somebody settled the pair after the votes.
    """

    verdict: Int64[np.ndarray, " n"]
    votes: Int64[np.ndarray, " n"]
    adjudicated: Bool[np.ndarray, " n"]


def outcome(candidates: Candidates, judgements: Judgements) -> Outcome:
    """The verdict of each pair, by the first of these rules that applies.

    1. Somebody adjudicated: the last adjudication, whatever the votes.
    2. All votes so far say the same: that, even while other votes are still to come.
    3. All wanted votes are in, and more than half of them say the same: that. An unsure vote is one of them, so that
       one accept and one unsure settle nothing.
    4. Otherwise the pair is disputed.
    """
    n, kinds = len(candidates), len(VERDICTS)
    voted = judgements.of(*VOTING)
    count = np.bincount(voted.pair * kinds + voted.verdict, minlength=n * kinds).reshape(n, kinds)
    votes, most = count.sum(axis=1), count.max(axis=1)
    is_settled = (most == votes) | ((votes >= candidates.wanted) & (2 * most > votes))
    verdict = np.where(is_settled, count.argmax(axis=1), DISPUTED)
    verdict[votes == 0] = UNJUDGED

    settled = judgements.of(Lane.adjudicate)
    verdict[settled.pair] = settled.verdict  # in the order of the chain: the last one stands
    adjudicated = np.zeros(n, dtype=bool)
    adjudicated[settled.pair] = True
    return Outcome(verdict.astype(np.int64), votes.astype(np.int64), adjudicated)
