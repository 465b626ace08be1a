"""How wrong pairs may be: up to which share of false neighbours a gain is seen, and where it is gone."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from sempairs.study.claims.evidence import Evidence
from sempairs.study.claims.gains import ARM
from sempairs.study.claims.scores import PLACES, Place
from sempairs.study.claims.verdicts import Effect


@dataclass(frozen=True)
class Tolerance:
    """The gain of one method, or of all together, by the share of false neighbours.

    Parameters
    ----------
    of, place: who gains, on which data set by which metric.
    points: `(share, gain)`, the smallest share first.
    tolerated: the largest share at which the interval lies above zero, and at all smaller shares as well; None if at
        none.
    bracket: the two neighbouring shares between which the mean gain first falls to zero; None if it does not.
    crossing: where on the straight line between these two.
    """

    of: str
    place: Place
    points: tuple[tuple[float, Effect], ...]
    tolerated: float | None
    bracket: tuple[float, float] | None
    crossing: float | None


def tolerances(noise: Evidence) -> tuple[Tolerance, ...]:
    """At each place of each method, and of all together."""
    arms = {arm.noise[0]: name for name, arm in noise.study.arms.items() if arm.of == ARM}
    found: list[Tolerance] = []
    for place in PLACES:
        points: dict[str, dict[float, Effect]] = {}
        for share, arm in arms.items():
            pool = noise.pooled(arm, *place)
            for effect in (*noise.by_method(arm, *place), *([pool] if pool else [])):
                points.setdefault(effect.of, {})[share] = effect
        for of, own in points.items():
            lacking = Effect(of=of, data=place[0], metric=place[1], unit="%", problem="no run is finished")
            found.append(tolerance(of, place, [(share, own.get(share, lacking)) for share in sorted(arms)]))
    return tuple(found)


def tolerance(of: str, place: Place, points: Sequence[tuple[float, Effect]]) -> Tolerance:
    """Of gains at some shares, the smallest first."""
    tolerated = None
    for share, effect in points:
        if effect.side <= 0:
            break
        tolerated = share
    known = [(share, effect.difference) for share, effect in points if effect.difference is not None]
    for (low, before), (high, after) in itertools.pairwise(known):
        if before > 0 >= after:
            crossing = low + (high - low) * before / (before - after)
            return Tolerance(of, place, tuple(points), tolerated, (low, high), crossing)
    return Tolerance(of, place, tuple(points), tolerated, None, None)
