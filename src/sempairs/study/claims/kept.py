"""Which factors of a rendered scene each arm keeps in its features and which it drops."""

from dataclasses import dataclass

from sempairs.study.claims.evidence import Evidence
from sempairs.study.claims.scores import FACTOR, SWAPS
from sempairs.study.claims.verdicts import Effect

SCORES = ("knn", "content R2", "style R2", "style R2 from content", *(f"invariance {name} swap" for name in SWAPS))


@dataclass(frozen=True)
class Kept:
    """One score of the scenes, all methods together.

    Parameters
    ----------
    by_arm: the difference of each arm from augmented pairs, with both means.
    """

    metric: str
    by_arm: dict[str, Effect]


def kept(nuisance: Evidence) -> tuple[Kept, ...]:
    """The scores of a study on scenes, the single factors last."""
    there = nuisance.metrics("scenes")
    names = [name for name in SCORES if name in there] + [name for name in there if name.startswith(FACTOR)]
    arms = [arm for arm in nuisance.study.arms if arm != nuisance.study.baseline]
    found = []
    for name in names:
        effects = {arm: effect for arm in arms if (effect := nuisance.pooled(arm, "scenes", name))}
        found.append(Kept(name, effects))
    return tuple(found)
