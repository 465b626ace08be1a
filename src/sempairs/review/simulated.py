"""Simulated people: they know the labels and err at known rates. Their votes are marked as simulated for good."""

import uuid
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool

from sempairs.core.progress import progress
from sempairs.core.seeds import rng
from sempairs.review.base import Decision, Kind, Lane, Person, Verdict
from sempairs.review.session import Review
from sempairs.sources.base import Source


@dataclass(frozen=True)
class Annotator:
    """How often a simulated person errs.

    Parameters
    ----------
    misses: share of the false pairs that are accepted.
    alarms: share of the right pairs that are rejected.
    doubts: share of all pairs that end in "unsure".
    seconds: that a judgement takes; it is stored, nobody waits.
    """

    misses: float = 0.0
    alarms: float = 0.0
    doubts: float = 0.0
    seconds: float = 1.5


def true_pairs(review: Review, source: Source) -> Bool[np.ndarray, " n"]:
    """Which candidates are of two images of one class. Raises UserError if the images have no labels."""
    labels = source.need_labels("a simulated review")
    candidates = review.candidates
    a, b = source.positions(candidates.a), source.positions(candidates.b)
    right: np.ndarray = labels[a] == labels[b]
    return right


def simulate(
    review: Review,
    people: dict[Person, Annotator],
    truth: Bool[np.ndarray, " n"],
    judgements: int,
    *,
    lane: Lane | None = None,
    seed: int = 0,
    batch: int = 25,
) -> int:
    """Let simulated people judge, in turns, until so many judgements are made or nothing is left.

    Parameters
    ----------
    people: simulated persons of the review.
    truth: which candidates are right.
    judgements: of all people together.
    lane: tasks of this kind alone; None for the usual mixture.
    batch: tasks that a person takes at a time.

    Returns
    -------
    How many judgements were made.
    """
    assert all(person.simulated for person in people), "a vote of a simulated person must be declared"
    done = 0
    with progress("judging (simulated)", judgements, "judgements") as bar:
        while done < judgements:
            before = done
            for person, annotator in people.items():
                tasks = review.lease(person, min(batch, judgements - done), lane)
                decisions = []
                for task in tasks:
                    chance = rng("simulated", seed, person.number, task.pair, task.lane.value)
                    verdict = _judge(bool(truth[task.pair]), annotator, chance)
                    decisions.append(
                        Decision(uuid.uuid4().hex, task.id, Kind.verdict, verdict=verdict, seconds=annotator.seconds)
                    )
                review.record(person, decisions)
                done += len(decisions)
                bar(len(decisions))
            review.refresh()
            if done == before:
                break
    return done


def _judge(right: bool, annotator: Annotator, chance: np.random.Generator) -> Verdict:
    doubt, slip = chance.random(2)
    if doubt < annotator.doubts:
        return Verdict.unsure
    errs = slip < (annotator.alarms if right else annotator.misses)
    return Verdict.accept if right != errs else Verdict.reject
