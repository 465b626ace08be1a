"""Which factors of a rendered scene each arm keeps in its features and which it drops."""

from dataclasses import dataclass

from sempairs.study.claims.evidence import Evidence
from sempairs.study.claims.scores import FACTOR, SWAPS
from sempairs.study.claims.verdicts import Effect

SCORES = ("knn", "content R2", "style R2", "style R2 from content", *(f"invariance {name} swap" for name in SWAPS))


@dataclass(frozen=True)
class Kept:
    """One score of the scenes with one method.

    Parameters
    ----------
    by_arm: the difference of each arm from augmented pairs, with both means.
    """

    method: str
    metric: str
    by_arm: dict[str, Effect]


def kept(nuisance: Evidence) -> tuple[Kept, ...]:
    """The scores of a study on scenes, method by method, the single factors last.

    Methods are not averaged: one that collapses on an arm keeps nothing, and a mean would hide what the others keep.
    """
    there = nuisance.metrics("scenes")
    names = [name for name in SCORES if name in there] + [name for name in there if name.startswith(FACTOR)]
    arms = [arm for arm in nuisance.study.arms if arm != nuisance.study.baseline]
    found: dict[tuple[str, str], dict[str, Effect]] = {}
    for name in names:
        for arm in arms:
            for effect in nuisance.by_method(arm, "scenes", name):
                found.setdefault((effect.of, name), {})[arm] = effect
    return tuple(
        Kept(method, name, found[method, name])
        for method in nuisance.families
        for name in names
        if (method, name) in found
    )
