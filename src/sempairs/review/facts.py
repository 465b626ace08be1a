"""What is known of the pairs that may be published: all that the certificate counts."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int64

from sempairs.review.base import VERDICTS, Candidates, Verdict
from sempairs.review.outcome import Outcome


@dataclass(frozen=True, eq=False)
class Facts:
    """Of each pair that is not a gold question.

    Pairs that are none of the three have some of their votes and wait for the others: they are not published until
    then, and nothing is counted on them.

    Parameters
    ----------
    accepted: all votes are in, and the pair was accepted.
    fault: all votes are in, and it was not: rejected, unsure or disputed.
    open: nobody judged it.
    chance: its place in the random order.
    """

    accepted: Bool[np.ndarray, " n"]
    fault: Bool[np.ndarray, " n"]
    open: Bool[np.ndarray, " n"]
    chance: Int64[np.ndarray, " n"]

    def __len__(self) -> int:
        return len(self.chance)

    @property
    def sampled(self) -> int:
        """How far the random order is judged without a gap."""
        waits = self.chance[~(self.accepted | self.fault)]
        return int(waits.min()) if len(waits) else len(self)

    def take(self, rows: np.ndarray) -> "Facts":
        """Those of the pairs at these positions, or where the mask is true."""
        return Facts(self.accepted[rows], self.fault[rows], self.open[rows], self.chance[rows])


def known(candidates: Candidates, outcome: Outcome) -> Facts:
    """The facts of the candidates but gold questions, which stand last."""
    n = int((candidates.gold < 0).sum())
    assert (candidates.gold[:n] < 0).all(), "gold questions stand last"
    verdict, is_open = outcome.verdict[:n], outcome.votes[:n] == 0
    is_done = outcome.adjudicated[:n] | (outcome.votes[:n] >= candidates.wanted[:n])
    accepted = is_done & (verdict == VERDICTS.index(Verdict.accept))
    return Facts(accepted, is_done & ~accepted, is_open & ~is_done, candidates.chance[:n])
