"""What the records support: each arm against another one, paired by seed, where the two are proved to be matched."""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from sempairs.core.progress import progress
from sempairs.evaluation.base import Direction
from sempairs.statistics import t_interval
from sempairs.study.cells import Cell, Condition
from sempairs.study.estimates import Ends, Estimate, corrected, estimated, turned, turned_ends
from sempairs.study.families import Family, family_of
from sempairs.study.matching import Matched, lacking, matched
from sempairs.study.records import Metric, Records, Value


@dataclass(frozen=True, kw_only=True)
class Line(Estimate):
    """One arm under one condition, on one data set and by one metric, and its difference from another arm.

    Parameters
    ----------
    against: the arm it is compared with: the baseline or the other one of a contrast; "" for the baseline itself.
    evaluation: the metric's, by its registered name.
    direction: which values are the better ones.
    protocol: how the number was measured.
    values: one for each of `seeds`.
    mean, interval: over seeds; the 95% t interval is None with one seed.
    reference: the mean of `against` over the same seeds.
    relative: the difference in percent of `reference`; None if that is not above zero.
    items_interval: 95% interval of the difference over the `n` test items (`over`), these encoders fixed; None where
        the value is no mean over items.
    refused: why the two are not compared; "" where they are. Then nothing is said of a difference.
    """

    arm: str
    against: str
    condition: Condition
    data: str
    metric: str
    evaluation: str
    unit: str
    direction: Direction
    protocol: str
    n: int
    over: str
    values: tuple[float, ...]
    mean: float
    interval: Ends | None = None
    reference: float | None = None
    relative: float | None = None
    items_interval: Ends | None = None
    refused: str = ""

    @property
    def method(self) -> str:
        """The method's name in the study file."""
        return self.condition.method

    @property
    def as_gain(self) -> "Line":
        """The same with differences turned so that above zero is better: "less mCE" of a number that should be low."""
        if self.direction != "lower":
            return self
        return replace(
            turned(self),
            metric=f"less {self.metric}",
            relative=None if self.relative is None else -self.relative,
            items_interval=turned_ends(self.items_interval),
            direction="higher",
        )


@dataclass(frozen=True)
class Comparison:
    """All lines of a study: condition by condition, data set by data set, metric by metric.

    Parameters
    ----------
    matched: the proof of each comparison.
    families: of the methods, by their names in the study file.
    """

    baseline: str
    lines: tuple[Line, ...]
    matched: tuple[Matched, ...]
    families: Mapping[str, Family]


def compare(records: Records) -> Comparison:
    """Compare each arm with the baseline, and with the other arm of each contrast, wherever there are scores.

    Holm's correction is for the comparisons that are made together: those of all arms, under all conditions, with the
    baseline on one data set by one metric; the contrasts by themselves.
    """
    baseline, scores = records.study.baseline, _Scores(records)
    lines = corrected(scores.lines(), lambda line: (line.data, line.metric, line.against == baseline))
    families = {name: family_of(str(table["name"])) for name, table in records.study.methods.items()}
    return Comparison(baseline, lines, scores.matched, families)


class _Scores:
    """The records of a study, by where they belong."""

    def __init__(self, records: Records) -> None:
        self.study, self.metrics = records.study, records.metrics
        self.matched = matched(records)
        self._problems = {(one.arm, one.against, one.condition): one.problems for one in self.matched}
        self._runs = {run.cell: run.run for run in records.runs}
        self._values = {(value.cell, value.data, value.metric): value for value in records.values}
        self._items = {
            (one.arm, one.against, one.condition, one.data, one.metric): (one.low, one.high) for one in records.items
        }
        self._planned = frozenset(self.study.cells)

    def lines(self) -> Iterator[Line]:
        """In the order of the study file: the arms, each against the baseline but for itself, then the contrasts."""
        baseline = self.study.baseline
        arms = [(arm, "" if arm == baseline else baseline) for arm in self.study.arms]
        comparisons = dict.fromkeys([*arms, *self.study.comparisons])
        conditions = dict.fromkeys(cell.condition for cell in self.study.cells)
        metrics = [metric for data in self.study.evaluate for metric in self.metrics.values() if metric.data == data]
        with progress("comparing", len(conditions) * len(metrics), "metrics") as advance:
            for condition, metric in itertools.product(conditions, metrics):
                for arm, against in comparisons:
                    if ours := self._of(arm, against, condition, metric):
                        line = _line(ours, metric, against)
                        yield self._compared(line, ours, self._of(against, arm, condition, metric)) if against else line
                advance()

    def _of(self, arm: str, other: str, condition: Condition, metric: Metric) -> list[Value]:
        """The scores of an arm, of those seeds for which one of the other arm is planned as well."""
        cells = [
            Cell(arm, seed, condition)
            for seed in self.study.seeds
            if all(self._is_planned(Cell(side, seed, condition), metric.data) for side in (arm, other) if side)
        ]
        found = (self._values.get((cell, metric.data, metric.metric)) for cell in cells)
        return [value for value in found if value is not None]

    def _is_planned(self, cell: Cell, data: str) -> bool:
        return cell in self._planned and data in self.study.evaluations(cell)

    def _compared(self, line: Line, ours: list[Value], theirs: list[Value]) -> Line:
        """The line with its difference, or with why there is none."""
        place = line.arm, line.against, line.condition
        reasons = [*self._problems.get(place, ()), *self._unproved(ours), *self._unproved(theirs)]
        reasons += lacking({line.arm: line.seeds, line.against: [value.cell.seed for value in theirs]})
        if reasons:
            return replace(line, refused="; ".join(dict.fromkeys(reasons)))
        other = np.array([value.value for value in theirs])
        found = estimated(line.seeds, (np.array(line.values) - other)[:, None], line.direction != "neither")
        reference = float(other.mean())
        return replace(
            line,
            **found,
            reference=reference,
            relative=100 * found["difference"] / reference if reference > 0 else None,
            items_interval=self._items.get((*place, line.data, line.metric)),
        )

    def _unproved(self, values: list[Value]) -> Iterator[str]:
        """Scores of other runs than those whose settings the proof has looked at."""
        for value in values:
            if value.run != self._runs.get(value.cell):
                yield f"the score of {value.cell} is not of the run that is recorded"


def _line(values: list[Value], metric: Metric, against: str) -> Line:
    """The scores of one arm, at least one, not yet compared."""
    own = np.array([value.value for value in values])
    spread = t_interval(own) if len(own) > 1 else None
    variants = f" (and {len(metric.protocols) - 1} variants)" if len(metric.protocols) > 1 else ""
    return Line(
        verdict="undecided" if against else "baseline",
        arm=values[0].cell.arm,
        against=against,
        condition=values[0].cell.condition,
        seeds=tuple(value.cell.seed for value in values),
        data=metric.data,
        metric=metric.metric,
        evaluation=metric.evaluation,
        unit=metric.unit,
        direction=metric.direction,
        protocol=metric.protocols[0] + variants,
        n=metric.n,
        over=metric.over,
        values=tuple(own.tolist()),
        mean=float(own.mean()),
        interval=None if spread is None else (spread.low, spread.high),
    )
