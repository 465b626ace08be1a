"""The vocabulary of a review: who judged which pair how, and why that person saw that pair."""

import enum
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int64


class Verdict(enum.StrEnum):
    """What a person says of a pair."""

    accept = "accept"
    reject = "reject"
    unsure = "unsure"


class Lane(enum.StrEnum):
    """Why a pair was shown. The certificate samples `random`, and the model learns from what its own queue came to."""

    random = "random"  # in an order drawn by chance, which no model sees
    ordered = "ordered"  # what the model is least certain of
    more = "more"  # another vote on a pair that somebody began
    gold = "gold"  # the answer is known, the person does not know that
    again = "again"  # judged by the same person before, now with the sides swapped
    adjudicate = "adjudicate"  # the votes disagree, another person settles it
    grid = "grid"  # one of a page of easy pairs accepted together


VOTING = (Lane.random, Lane.ordered, Lane.more, Lane.grid)
"""The lanes whose verdicts are votes. Who is asked `again` has voted before, `gold` questions are not of the set, and
who adjudicates decides."""


class Kind(enum.StrEnum):
    """What an event says."""

    verdict = "verdict"
    undo = "undo"  # takes back the event that it supersedes
    flag = "flag"
    unflag = "unflag"
    note = "note"


class Status(enum.StrEnum):
    """What became of a decision."""

    saved = "saved"
    surplus = "surplus"  # kept in the chain, but the pair had all its votes: its lease had expired
    refused = "refused"  # not stored: it contradicts what is


@dataclass(frozen=True)
class Person:
    """Somebody who judges. What is published names the pseudonym alone."""

    number: int
    name: str
    pseudonym: str
    simulated: bool


@dataclass(frozen=True)
class Task:
    """One pair leased to one person.

    Parameters
    ----------
    id: of the lease, opaque; the decision on the pair names it.
    pair: its number in the project.
    swapped: whether the second image stands on the left.
    model: hash of the model that ordered it; "" where none did.
    """

    id: str
    pair: int
    lane: Lane
    swapped: bool
    model: str = ""


@dataclass(frozen=True)
class Decision:
    """What a person's page sends: durable and idempotent, since the page makes its name.

    Parameters
    ----------
    uuid: made by the page; the same one again changes nothing.
    task: id of the lease.
    verdict: where `kind` is verdict.
    supersedes: uuid of the earlier event that this one revises (verdict) or takes back (undo).
    text: of a note, at most 2,000 characters.
    class_shown: whether the name of the class was on the page.
    seconds: that the pair was on the page.
    """

    uuid: str
    task: str
    kind: Kind
    verdict: Verdict | None = None
    supersedes: str | None = None
    text: str = ""
    class_shown: bool = False
    seconds: float = 0.0


@dataclass(frozen=True)
class Receipt:
    """What became of a decision: `seq` is its place in the chain (None where it was refused), `reason` why not."""

    uuid: str
    status: Status
    seq: int | None = None
    reason: str = ""


VERDICTS = (Verdict.reject, Verdict.accept, Verdict.unsure)
"""The numbers that stand for verdicts in arrays."""
LANES = tuple(Lane)
"""The numbers that stand for lanes in arrays."""


@dataclass(frozen=True, eq=False)
class Judgements:
    """All verdicts that stand: neither taken back nor revised nor surplus, in the order of the chain.

    Parameters
    ----------
    seq: place in the chain.
    pair: number of the pair.
    person: number of the person.
    verdict: into `VERDICTS`.
    lane: into `LANES`.
    swapped, class_shown: how the page looked.
    seconds: that the pair was on the page.
    at: when it was stored, seconds since 1970.
    """

    seq: Int64[np.ndarray, " n"]
    pair: Int64[np.ndarray, " n"]
    person: Int64[np.ndarray, " n"]
    verdict: Int64[np.ndarray, " n"]
    lane: Int64[np.ndarray, " n"]
    swapped: Bool[np.ndarray, " n"]
    class_shown: Bool[np.ndarray, " n"]
    seconds: Float64[np.ndarray, " n"]
    at: Float64[np.ndarray, " n"]

    def __len__(self) -> int:
        return len(self.seq)

    def take(self, rows: np.ndarray) -> "Judgements":
        """Those at these positions, or where the mask is true."""
        return Judgements(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))

    def of(self, *lanes: Lane) -> "Judgements":
        """Those of some lanes."""
        return self.take(np.isin(self.lane, [LANES.index(lane) for lane in lanes]))


@dataclass(frozen=True, eq=False)
class Candidates:
    """All pairs of a project, by number 0 to n - 1: first those of the pair set, in its order, then gold questions.

    Parameters
    ----------
    pair_id, a, b, a_hash, b_hash: as in the pair set.
    similarity: NaN where the rule has none.
    name: the class that a pair stands for (its group, its label, or the class of its first image); "" where unknown.
    stratum: number of the pair's stratum; -1 for gold questions.
    chance: place of the pair in the random order, 0 the first; -1 for gold questions.
    wanted: how many votes the pair needs.
    gold: the known answer, into `VERDICTS`; -1 where it is not a gold question. Gold pairs are never published.
    features: what the model sees, standardised; no column tells a label.
    """

    pair_id: np.ndarray
    a: np.ndarray
    b: np.ndarray
    a_hash: np.ndarray
    b_hash: np.ndarray
    similarity: Float64[np.ndarray, " n"]
    name: np.ndarray
    stratum: Int64[np.ndarray, " n"]
    chance: Int64[np.ndarray, " n"]
    wanted: Int64[np.ndarray, " n"]
    gold: Int64[np.ndarray, " n"]
    features: np.ndarray  # float32 [n, d]

    def __len__(self) -> int:
        return len(self.pair_id)


@dataclass(frozen=True)
class Stratum:
    """The pairs of one class in one bin of similarity.

    Parameters
    ----------
    name: the class; "" where it is unknown.
    low, high: the least and the largest similarity of its pairs; None where they have none.
    pairs: how many there are.
    """

    number: int
    name: str
    low: float | None
    high: float | None
    pairs: int
