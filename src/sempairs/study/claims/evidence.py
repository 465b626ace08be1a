"""What a study found, asked by claims: the gain of each method, of methods together, and what is missing."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from sempairs.statistics import holm
from sempairs.study.cells import Condition
from sempairs.study.claims.scores import claimed
from sempairs.study.claims.verdicts import Effect
from sempairs.study.compare import Line, compare
from sempairs.study.estimates import Estimate
from sempairs.study.families import family_of
from sempairs.study.interactions import Change, FamilyGap, changes, family_gaps
from sempairs.study.pooling import POOLS, Pool, Pooled, pooled
from sempairs.study.records import Records

REFERENCE = "reference"


class Evidence:
    """The records of a study, and all comparisons that claims are judged by.

    Parameters
    ----------
    records: of the study, whole or not.
    """

    def __init__(self, records: Records) -> None:
        self.records = claimed(records)
        self.study = self.records.study
        self.comparison = compare(self.records)
        self._lines: dict[tuple[str, ...], list[Line]] = {}
        for line in self.comparison.lines:
            self._lines.setdefault((line.arm, line.against, line.data, line.metric), []).append(line)
        self.families = {name: str(family_of(str(table["name"]))) for name, table in self.study.methods.items()}

    @cached_property
    def _pools(self) -> dict[tuple[str, ...], Pooled]:
        """By family, arms, score and level."""
        return {
            (one.pool, one.arm, one.against, one.data, one.metric, *_level(one)): one for one in pooled(self.comparison)
        }

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """From the first level of each factor to its others."""
        return changes(self.records, self.comparison)

    @cached_property
    def family_gaps(self) -> tuple[FamilyGap, ...]:
        """Of contrastive and other methods."""
        return family_gaps(self.comparison)

    def metrics(self, data: str) -> list[str]:
        """Of a data set, those that there are scores of."""
        there = {(value.data, value.metric) for value in self.records.values}
        return [metric for own, metric in self.records.metrics if own == data and (own, metric) in there]

    def lines(self, arm: str, data: str, metric: str, against: str = "", **at: str) -> list[Line]:
        """The comparison of each method but the references.

        Parameters
        ----------
        against: the baseline if it is not given.
        at: encoder, views, budget; the study's first one if it is not given.
        """
        level = {factor: at.get(factor) or self.study.levels[factor][0] for factor in ("encoder", "views", "budget")}
        return [
            line.as_gain
            for line in self._lines.get((arm, against or self.study.baseline, data, metric), ())
            if all(getattr(line.condition, factor) == own for factor, own in level.items())
            and self.families[line.method] != REFERENCE
        ]

    def by_method(self, arm: str, data: str, metric: str, against: str = "", **at: str) -> tuple[Effect, ...]:
        """The gain of each method, corrected for one another."""
        lines = self.lines(arm, data, metric, against, **at)
        corrected = iter(holm([line.p for line in lines if line.p is not None]).tolist())
        return tuple(
            effect_of(
                line,
                line.method,
                family=self.families[line.method],
                relative=line.relative,
                value=line.mean,
                reference=line.reference,
                p_holm=None if line.p is None else next(corrected),
                problem=line.refused,
            )
            for line in lines
        )

    def pooled(
        self, arm: str, data: str, metric: str, against: str = "", pool: Pool = "all", **at: str
    ) -> Effect | None:
        """The gain of all methods together, averaged within each seed; that of a single one; None if there is none."""
        families = POOLS[pool]
        lines = [one for one in self.lines(arm, data, metric, against, **at) if self.families[one.method] in families]
        if len(lines) < 2:
            own = self.by_method(arm, data, metric, against, **at)
            return next((effect for effect in own if effect.family in families), None)
        name = f"{len(lines)} methods together"
        refused = "; ".join(dict.fromkeys(line.refused for line in lines if line.refused))
        one = self._pools.get((pool, arm, lines[0].against, data, metric, *_level(lines[0].condition)))
        if one is None:
            return Effect(of=name, data=data, metric=metric, unit=lines[0].unit, problem=refused or "no seed in common")
        compared = [line for line in lines if not line.refused]
        return effect_of(
            one,
            name,
            relative=one.relative,
            value=float(np.mean([line.mean for line in compared])),
            reference=float(np.mean([line.reference or 0.0 for line in compared])),
            problem=refused,
        )

    def controls(self, data: str, metric: str) -> list[Effect]:
        """What each negative control brings, all methods together."""
        arms = [name for name, arm in self.study.arms.items() if arm.control]
        found = (self.pooled(arm, data, metric) for arm in arms)
        return [replace(effect, of=f"control, {effect.of}") for effect in found if effect]

    def problems(self, arms: Iterable[str], data: Sequence[str], effects: Sequence[Effect]) -> tuple[str, ...]:
        """Why nothing can be said of these arms on these data sets: what is not finished, refused or not there at all.

        References are not asked for.
        """
        arms, scored = set(arms), {(value.cell, value.data) for value in self.records.values}
        wanted = [
            [(cell, place) for place in data if place in self.study.evaluations(cell)]
            for cell in self.study.cells
            if cell.arm in arms and self.families[cell.method] != REFERENCE
        ]
        wanted = [places for places in wanted if places]
        done = sum(scored.issuperset(places) for places in wanted)
        found = [f"{done} of {len(wanted)} runs are finished"] if done < len(wanted) else []
        if absent := sorted(arms - set(self.study.arms)):
            found.append(f"the study has no arm {' and no arm '.join(absent)}")
        if not effects:
            found.append(f"there are no scores on {' and '.join(data)}")
        refused = (problem for effect in effects if effect.problem for problem in effect.problem.split("; "))
        # What is refused because a seed is missing is said by the count of runs.
        found += [f"refused: {why}" for why in refused if not (done < len(wanted) and why.endswith("missing"))]
        found += ["one seed has no interval" for effect in effects if effect.n == 1]
        return tuple(dict.fromkeys(found))


def _level(at: Condition | Pooled) -> tuple[str, str, str]:
    return at.encoder, at.views, at.budget


def effect_of(one: Estimate, of: str, **fields: Any) -> Effect:
    """An estimate as an effect."""
    place = {name: getattr(one, name) for name in ("data", "metric", "unit")}
    return Effect(
        of=of, **place, n=len(one.seeds), difference=one.difference, interval=one.difference_interval, **fields
    )
