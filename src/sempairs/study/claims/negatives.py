"""What same-class negatives cost, and whether masking them takes away the gain of semantic pairs."""

from dataclasses import dataclass

import numpy as np

from sempairs.study.claims.evidence import Evidence
from sempairs.study.claims.gains import ARM
from sempairs.study.claims.scores import PLACES, Place
from sempairs.study.claims.verdicts import Effect
from sempairs.study.compare import Line
from sempairs.study.estimates import estimated

MASKED = "-masked"
LOGGED = "same-class negatives"


@dataclass(frozen=True)
class Masking:
    """A method with all negatives, and without those of the anchor's class.

    Parameters
    ----------
    place: data set and metric.
    share: of same-class images among the negatives, as the runs with all negatives logged it; None if they did not.
    augmented, semantic: what masking adds to either arm.
    gain: what it adds to the gain of semantic pairs; below zero it shrinks.
    """

    method: str
    place: Place
    share: float | None
    augmented: Effect
    semantic: Effect
    gain: Effect


def maskings(study: Evidence) -> tuple[Masking, ...]:
    """Of each method that is there in both forms, at every place."""
    methods = [name for name in study.study.methods if f"{name}{MASKED}" in study.study.methods]
    found = (_masking(study, method, place) for place in PLACES for method in methods)
    return tuple(one for one in found if one)


def _masking(study: Evidence, method: str, place: Place) -> Masking | None:
    lines = {line.method: line for line in study.lines(ARM, *place) if not line.refused}
    own, masked = lines.get(method), lines.get(method + MASKED)
    if own is None or masked is None:
        return None
    seeds = [seed for seed in own.seeds if seed in masked.seeds]
    if not seeds:
        return None

    def effect(of: str, ours: np.ndarray, theirs: np.ndarray) -> Effect:
        one = estimated(seeds, (ours - theirs)[:, None])
        return Effect(
            of=of, data=place[0], metric=place[1], unit=own.unit, n=len(seeds), difference=one["difference"],
            interval=one.get("difference_interval"), value=float(ours.mean()), reference=float(theirs.mean()),
        )  # fmt: skip

    ours, theirs = _by_seed(masked, seeds), _by_seed(own, seeds)
    return Masking(
        method,
        place,
        _logged(study, method),
        effect("augmented, masked minus all", ours[0] - ours[1], theirs[0] - theirs[1]),
        effect("semantic, masked minus all", ours[0], theirs[0]),
        effect("gain, masked minus all", ours[1], theirs[1]),
    )


def _by_seed(line: Line, seeds: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """The scores of the arm, and its gains."""
    rows = [line.seeds.index(seed) for seed in seeds]
    return np.array(line.values)[rows], np.array(line.differences)[rows]


def _logged(study: Evidence, method: str) -> float | None:
    shares = [run.last[LOGGED] for run in study.records.runs if run.cell.method == method and LOGGED in run.last]
    return float(np.mean(shares)) if shares else None
