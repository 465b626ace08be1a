"""What the page of a project tells, in plain values, and which pairs its galleries hold."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from jaxtyping import Float64, Int64

from sempairs.review.agreement import AgreementMatrix, agreement, agreement_matrix
from sempairs.review.base import VERDICTS, VOTING, Candidates, Judgements, Person, Verdict
from sempairs.review.certificate import Certificate
from sempairs.review.outcome import DISPUTED, outcome
from sempairs.review.people import people_reports
from sempairs.review.session import Review
from sempairs.review.strata_state import StratumState

MOST = 100
"""Disagreements, flags and notes that the page shows: the newest."""


@dataclass(frozen=True, eq=False)
class Settled:
    """Pairs that have all their votes, or were adjudicated: before that, nobody learns what a co-reader said.

    Parameters
    ----------
    seq: place of the last verdict on the pair in the chain, descending.
    pair: its number.
    verdict: into `VERDICTS`, or `DISPUTED`.
    """

    seq: Int64[np.ndarray, " n"]
    pair: Int64[np.ndarray, " n"]
    verdict: Int64[np.ndarray, " n"]

    def of(self, verdict: Verdict, after: int | None = None) -> "Settled":
        """Those of one verdict that come after this place."""
        keep = self.verdict == VERDICTS.index(verdict)
        if after is not None:
            keep &= self.seq < after
        return Settled(self.seq[keep], self.pair[keep], self.verdict[keep])


def settled(candidates: Candidates, judgements: Judgements) -> Settled:
    """The pairs on which all has been said; gold questions are not of the set."""
    found = outcome(candidates, judgements)
    seq = np.zeros(len(candidates), dtype=np.int64)
    seq[judgements.pair] = judgements.seq  # they ascend: the last one stands
    is_done = (found.votes >= candidates.wanted) | found.adjudicated
    pairs = np.flatnonzero(is_done & (candidates.gold < 0))
    pairs = pairs[np.argsort(-seq[pairs])]
    return Settled(seq[pairs], pairs, found.verdict[pairs])


def summary(review: Review, certificate: Certificate) -> dict[str, Any]:
    """Everything of the page but who looks at it. What names a pair names it by its number."""
    store, candidates, judgements = review.store, review.candidates, review.store.judgements()
    people, counts = store.people(), store.counts()
    names = {person.number: person.name for person in people}
    done = settled(candidates, judgements)
    disputed = done.pair[done.verdict == DISPUTED]
    return {
        "name": store.name,
        "question": store.settings.question,
        "settings": asdict(store.settings),
        "counts": {
            "judged": counts["given_votes"], "wanted": counts["wanted_votes"], "disputed": len(disputed),
            "today": counts["today"],
        },
        "people": _people(people, judgements, candidates),
        "strata": [_stratum(stratum, certificate.wanted) for stratum in certificate.strata],
        "certificate": {**certificate.to_json(), "sentence": certificate.sentence},
        "agreement": {
            **agreement(judgements, candidates).to_json(), "matrix": _matrix(agreement_matrix(judgements), names),
        },
        "disagreements": _disagreements(disputed[:MOST], judgements, names),
        "flags": _named(store.flags(), names),
        "notes": _named(store.notes(), names),
    }  # fmt: skip


def _people(people: list[Person], judgements: Judgements, candidates: Candidates) -> list[dict[str, Any]]:
    """Each person with what hidden questions and second looks tell."""
    reports = {report.person: report for report in people_reports(judgements, candidates)}
    rows = []
    for person in people:
        row = {"name": person.name, "pseudonym": person.pseudonym, "simulated": person.simulated, "judged": 0}
        report = reports.get(person.number)
        if report is not None:
            gold, again = report.gold, report.again.same
            row |= {
                "judged": report.judged, "seconds": report.seconds,
                "missed_faults": gold.missed_faults.count, "gold_reject": gold.missed_faults.n,
                "false_alarms": gold.false_alarms.count, "gold_accept": gold.false_alarms.n,
                "consistency": again.count / again.n if again.n else None,
            }  # fmt: skip
        rows.append(row)
    return rows


def _stratum(stratum: StratumState, wanted: float) -> dict[str, Any]:
    """A stratum, with a sentence on its own proof."""
    row: dict[str, Any] = {**asdict(stratum), "certified": stratum.bound is not None and stratum.bound >= wanted}
    if stratum.bound is None:
        row["sentence"] = "nothing to publish"
    elif row["certified"]:
        row["sentence"] = f"precision of {stratum.bound:.2%} or more, by itself"
    elif stratum.more:
        row["sentence"] = f"{stratum.more:,} more random judgements without a fault certify {wanted:.2%}"
    else:
        row["sentence"] = "too many faults to certify without judging all"
    return row


def _matrix(matrix: AgreementMatrix, names: dict[int, str]) -> dict[str, Any]:
    def plain(values: Float64[np.ndarray, "k k"]) -> list[list[float | None]]:
        return [[None if np.isnan(value) else value for value in row] for row in values.tolist()]

    people = [names[number] for number in matrix.people.tolist()]
    shared = matrix.shared.tolist()
    return {"people": people, "shared": shared, "raw": plain(matrix.raw), "kappa": plain(matrix.kappa)}


def _disagreements(
    pairs: Int64[np.ndarray, " n"], judgements: Judgements, names: dict[int, str]
) -> list[dict[str, Any]]:
    """Pairs on which the votes differ, and who said what."""
    votes: dict[int, list[dict[str, str]]] = {pair: [] for pair in pairs.tolist()}
    voted = judgements.of(*VOTING)
    voted = voted.take(np.isin(voted.pair, pairs))
    for pair, person, verdict in zip(voted.pair.tolist(), voted.person.tolist(), voted.verdict.tolist(), strict=True):
        votes[pair].append({"person": names[person], "verdict": str(VERDICTS[verdict])})
    return [{"pair": pair, "votes": said} for pair, said in votes.items()]


def _named(marks: list[dict[str, Any]], names: dict[int, str]) -> list[dict[str, Any]]:
    """Flags or notes, the newest first, with the names of those who made them."""
    return [{**mark, "person": names[mark["person"]]} for mark in marks[: -MOST - 1 : -1]]
