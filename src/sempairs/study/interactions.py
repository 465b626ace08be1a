"""How a gain depends on what else there is: views, encoder or budget, and the family of the method."""

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from sempairs.study.cells import Cell
from sempairs.study.compare import Comparison, Line
from sempairs.study.estimates import corrected, estimated
from sempairs.study.matching import prove
from sempairs.study.pooling import (
    POOLS,
    OfMethods,
    Pool,
    gains_by_seed,
    groups_of_methods,
    place_of,
)
from sempairs.study.records import Records

FACTORS = ("views", "encoder", "budget")


@dataclass(frozen=True, kw_only=True)
class Change(OfMethods):
    """How much larger a gain is at one level of a factor than at the factor's first level: a difference of differences.

    "Semantic pairs lose less when augmentations are removed" is a change above zero from full views to none.

    Parameters
    ----------
    pool: "" for one method alone.
    methods: those whose changes are averaged within each seed.
    first: the level that `level` is compared with. `encoder`, `views` and `budget` are those of `level`.
    gain, gain_first: at both levels, over `seeds`.
    refused: why the two levels are not compared; "" where they are.
    """

    pool: Pool | Literal[""]
    methods: tuple[str, ...]
    factor: str
    level: str
    first: str
    gain: float | None = None
    gain_first: float | None = None
    refused: str = ""


def changes(records: Records, comparison: Comparison) -> tuple[Change, ...]:
    """The changes of every gain from the first level of a factor: of each method, and of pools of two or more.

    Two levels are compared where the runs of both are proved to differ in the factor alone. Holm's correction is for
    the changes with one factor, on one data set by one metric; those of single methods, of each pool and of contrasts
    are apart.
    """
    refused_of = _between_levels(records)
    lines = {(line.condition, line.data, line.metric, line.arm, line.against): line for line in comparison.lines}
    found: list[Change] = []
    for factor in FACTORS:
        first, *others = records.study.levels[factor]
        if not others:
            continue
        for group in groups_of_methods(comparison, f"changes with {factor}"):
            if getattr(group[0].condition, factor) == first:
                continue
            compared = []
            for line in group:
                at_first = replace(line.condition, **{factor: first})
                base = lines.get((at_first, line.data, line.metric, line.arm, line.against))
                if base is not None:
                    refused = refused_of(line, base, factor)
                    found.append(_change([(line, base)], "", factor, refused))
                    compared += [] if refused else [(line, base)]
            for pool, families in POOLS.items():
                own = [pair for pair in compared if comparison.families[pair[0].method] in families]
                if len(own) > 1 and len(gains_by_seed([line for pair in own for line in pair])[0]):
                    found.append(_change(own, pool, factor))
    return corrected(
        found, lambda one: (one.factor, one.data, one.metric, one.pool, one.against == comparison.baseline)
    )


def _change(pairs: Sequence[tuple[Line, Line]], pool: Pool | Literal[""], factor: str, refused: str = "") -> Change:
    """The change between pairs of lines, the second of each at the factor's first level."""
    line, base = pairs[0]
    change = Change(
        **place_of(line),
        pool=pool,
        methods=tuple(line.method for line, _ in pairs),
        factor=factor,
        level=getattr(line.condition, factor),
        first=getattr(base.condition, factor),
        refused=refused,
    )
    if refused:
        return change
    seeds, gains = gains_by_seed([line for pair in pairs for line in pair])
    there, at_first = gains[:, ::2], gains[:, 1::2]
    found = estimated(seeds, there - at_first, line.direction != "neither")
    return replace(change, **found, gain=float(there.mean()), gain_first=float(at_first.mean()))


def _between_levels(records: Records) -> Callable[[Line, Line, str], str]:
    """A function that says why two lines of different levels are not compared, or ""."""
    runs = {run.cell: run for run in records.runs}

    @functools.cache  # all data sets and metrics ask it of the same runs
    def of_runs(ours: Cell, theirs: Cell, factor: str) -> tuple[str, ...]:
        return prove(runs[ours], runs[theirs], factor).problems

    def refused_of(line: Line, base: Line, factor: str) -> str:
        seeds = [seed for seed in line.seeds if seed in base.seeds]
        problems = [line.refused, base.refused, "" if seeds else "the two levels have no seed in common"]
        if not any(problems):
            for arm in (line.arm, line.against):
                for seed in seeds:
                    problems += of_runs(Cell(arm, seed, line.condition), Cell(arm, seed, base.condition), factor)
        return "; ".join(dict.fromkeys(filter(None, problems)))

    return refused_of


@dataclass(frozen=True, kw_only=True)
class FamilyGap(OfMethods):
    """How much more contrastive methods gain than non-contrastive ones (claim C3).

    Parameters
    ----------
    relative: whether gains are in percent of what `against` scores with each method, over its seeds; else in `unit`.
    contrastive, non_contrastive: the methods.
    gain_contrastive, gain_non_contrastive: their mean gains.
    """

    relative: bool
    contrastive: tuple[str, ...]
    non_contrastive: tuple[str, ...]
    gain_contrastive: float
    gain_non_contrastive: float


def family_gaps(comparison: Comparison) -> tuple[FamilyGap, ...]:
    """The gap of every arm that is compared with methods of both families, absolute and relative.

    Holm's correction is for the gaps of all arms, under all conditions, on one data set by one metric; absolute and
    relative ones and contrasts are apart.
    """
    found: list[FamilyGap] = []
    for group in groups_of_methods(comparison, "families of methods"):
        compared = [line for line in group if not line.refused]
        sides = [
            [line for line in compared if comparison.families[line.method] == family]
            for family in ("contrastive", "non-contrastive")
        ]
        if all(sides) and len(gains_by_seed([*sides[0], *sides[1]])[0]):
            found += _gaps(*sides)
    return corrected(found, lambda one: (one.data, one.metric, one.relative, one.against == comparison.baseline))


def _gaps(contrastive: Sequence[Line], others: Sequence[Line]) -> Iterator[FamilyGap]:
    """The gap in the unit of the metric, and where all references are above zero in percent of them."""
    lines = [*contrastive, *others]
    seeds, gains = gains_by_seed(lines)
    references = np.array([line.reference or 0.0 for line in lines])
    for relative in (False, True) if (references > 0).all() else (False,):
        scaled = 100 * gains / references if relative else gains
        ours, theirs = (side.mean(axis=1) for side in np.split(scaled, [len(contrastive)], axis=1))
        yield FamilyGap(
            **estimated(seeds, (ours - theirs)[:, None], lines[0].direction != "neither"),
            **place_of(lines[0]),
            relative=relative,
            contrastive=tuple(line.method for line in contrastive),
            non_contrastive=tuple(line.method for line in others),
            gain_contrastive=float(ours.mean()),
            gain_non_contrastive=float(theirs.mean()),
        )
