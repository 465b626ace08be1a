"""The gain over many methods together: one number for each arm, data set and metric, and one for each family."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from jaxtyping import Float64

from sempairs.core.progress import progress
from sempairs.evaluation.base import Direction
from sempairs.study.compare import Comparison, Line
from sempairs.study.estimates import Estimate, corrected, estimated
from sempairs.study.families import Family

Pool = Literal["all", "contrastive", "non-contrastive"]
POOLS: Mapping[Pool, tuple[Family, ...]] = {
    "all": ("contrastive", "non-contrastive", "other"),
    "contrastive": ("contrastive",),
    "non-contrastive": ("non-contrastive",),
}
"""The families of each pool. References stand in none."""


@dataclass(frozen=True, kw_only=True)
class OfMethods(Estimate):
    """An estimate from the gains of one or more methods, which are of one arm and differ in nothing else.

    Above zero is better, also by a metric that should be low. Gains of one seed are averaged over methods first, since
    they share images and pairs: n is the number of seeds. So what is said is said of these very methods.
    """

    arm: str
    against: str
    encoder: str
    views: str
    budget: str
    data: str
    metric: str
    evaluation: str
    unit: str
    direction: Direction


def place_of(line: Line) -> dict[str, Any]:
    """The fields of `OfMethods` but for those of the estimate."""
    own = {
        name: getattr(line, name) for name in ("arm", "against", "data", "metric", "evaluation", "unit", "direction")
    }
    return own | {factor: getattr(line.condition, factor) for factor in ("encoder", "views", "budget")}


@dataclass(frozen=True, kw_only=True)
class Pooled(OfMethods):
    """The mean gain of some methods.

    Parameters
    ----------
    methods: those that are pooled, two or more.
    left_out: those of the pool whose comparison is refused.
    gains: of each of `methods`, over the seeds that are pooled.
    above, higher, lower: how many of them gain at all, and how many have an interval above zero or below it.
    relative: the mean over methods of the gain in percent of `against`; None where one of them has none.
    """

    pool: Pool
    methods: tuple[str, ...]
    left_out: tuple[str, ...]
    gains: tuple[float, ...]
    above: int
    higher: int
    lower: int
    relative: float | None


def pooled(comparison: Comparison) -> tuple[Pooled, ...]:
    """Every pool of two or more methods, in the order of the lines.

    Holm's correction is for all arms, under all conditions, in one pool on one data set by one metric; contrasts by
    themselves.
    """
    found: list[Pooled] = []
    for lines in groups_of_methods(comparison, "pooling methods"):
        for pool in POOLS:
            own = [line for line in lines if comparison.families[line.method] in POOLS[pool]]
            found += _pooled(pool, [line for line in own if not line.refused], [o.method for o in own if o.refused])
    return corrected(found, lambda one: (one.data, one.metric, one.pool, one.against == comparison.baseline))


def groups_of_methods(comparison: Comparison, title: str) -> Iterator[list[Line]]:
    """The lines that differ in nothing but the method, in their order; those of the baseline itself are left out.

    Parameters
    ----------
    title: of the progress that is shown while the groups are taken.
    """
    groups: dict[tuple[str, ...], list[Line]] = {}
    for line in comparison.lines:
        if line.against:
            at = line.condition
            place = at.encoder, at.views, at.budget, line.data, line.metric, line.arm, line.against
            groups.setdefault(place, []).append(line)
    with progress(title, len(groups), "comparisons") as advance:
        for group in groups.values():
            yield group
            advance()


def gains_by_seed(lines: Sequence[Line]) -> tuple[list[int], Float64[np.ndarray, "seeds lines"]]:
    """The gains of some lines, for the seeds that all of them have."""
    seeds = [seed for seed in lines[0].seeds if all(seed in line.seeds for line in lines)]
    gains = [dict(zip(line.seeds, line.as_gain.differences, strict=True)) for line in lines]
    return seeds, np.array([[own[seed] for own in gains] for seed in seeds]).reshape(len(seeds), len(lines))


def _pooled(pool: Pool, lines: Sequence[Line], left_out: Sequence[str]) -> Iterator[Pooled]:
    """The pool of these lines, which are all compared; none of fewer than two, or if they have no seed in common."""
    if len(lines) < 2:
        return
    seeds, gains = gains_by_seed(lines)
    if not seeds:
        return
    turned, means = [line.as_gain for line in lines], gains.mean(axis=0)
    relative = [line.relative for line in turned if line.relative is not None]
    yield Pooled(
        **estimated(seeds, gains, lines[0].direction != "neither"),
        **place_of(lines[0]),
        pool=pool,
        methods=tuple(line.method for line in lines),
        left_out=tuple(left_out),
        gains=tuple(means.tolist()),
        above=int((means > 0).sum()),
        higher=sum(line.verdict == "higher" for line in turned),
        lower=sum(line.verdict == "lower" for line in turned),
        relative=float(np.mean(relative)) if len(relative) == len(lines) else None,
    )


def surroundings(gain: Line | Pooled) -> tuple[str, ...]:
    """Under which condition a gain was found: the method or the pool, encoder, views and budget."""
    if isinstance(gain, Line):
        return tuple(gain.condition.to_json().values())
    return gain.pool, gain.encoder, gain.views, gain.budget
