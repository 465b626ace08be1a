"""What the numbers support: each arm against the baseline, paired by seed, and again over the test items."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np
from pydantic import TypeAdapter

from sempairs.evaluation.base import Direction
from sempairs.statistics import holm, paired_difference, paired_items_interval, t_interval
from sempairs.study.matrix import Study
from sempairs.study.results import Result

Verdict = Literal["baseline", "higher", "lower", "undecided"]


@dataclass(frozen=True)
class Line:
    """One arm, method, data set and metric.

    Parameters
    ----------
    values: one for each seed, in the order of `seeds`.
    mean, interval: over seeds; the 95% t-interval is None with one seed.
    difference, difference_interval, p: arm minus baseline in points, paired by seed (t); None for the baseline.
    p_holm: `p` corrected for all comparisons of the study (Holm).
    relative: the difference in percent of the baseline's mean; None if that is 0.
    items_interval: 95% interval of the difference over the `n` test items (`over`), these encoders fixed; None where
        the value is no mean over items.
    verdict: by `difference_interval`: "higher" or "lower" where it excludes zero.
    direction: which values are the better ones. A number that only describes ("neither") has no p, so that the
        correction is for the comparisons that judge.
    """

    arm: str
    method: str
    data: str
    metric: str
    unit: str
    protocol: str
    n: int
    over: str
    seeds: tuple[int, ...]
    values: tuple[float, ...]
    mean: float
    interval: tuple[float, float] | None
    difference: float | None = None
    difference_interval: tuple[float, float] | None = None
    p: float | None = None
    p_holm: float | None = None
    relative: float | None = None
    items_interval: tuple[float, float] | None = None
    verdict: Verdict = "baseline"
    direction: Direction = "higher"

    @property
    def as_gain(self) -> "Line":
        """The same with differences turned so that above zero is better: "less mCE" of a number that should be low."""
        if self.direction != "lower":
            return self
        turned: dict[Verdict, Verdict] = {"higher": "lower", "lower": "higher"}
        return replace(
            self,
            metric=f"less {self.metric}",
            difference=None if self.difference is None else -self.difference,
            difference_interval=_turned(self.difference_interval),
            relative=None if self.relative is None else -self.relative,
            items_interval=_turned(self.items_interval),
            verdict=turned.get(self.verdict, self.verdict),
            direction="higher",
        )


def _turned(ends: tuple[float, float] | None) -> tuple[float, float] | None:
    return None if ends is None else (-ends[1], -ends[0])


@dataclass(frozen=True)
class Comparison:
    """All lines of a study, grouped by method, data set and metric, in the order of the study file."""

    baseline: str
    lines: tuple[Line, ...]

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Comparison":
        """The inverse of `to_json`."""
        return TypeAdapter(cls).validate_python(value)


def compare(results: Sequence[Result], study: Study) -> Comparison:
    """Compare each arm with the baseline on every method, data set and metric.

    Parameters
    ----------
    results: all results of the study: each arm with each seed.
    """
    cells: dict[tuple[str, str, str, str], list[Result]] = {}
    for result in results:
        cells.setdefault((result.method, result.data, result.score.metric, result.arm), []).append(result)
    groups = dict.fromkeys(key[:3] for key in cells)
    lines = [
        _line(cells[*group, arm], cells[*group, study.file.baseline]) for group in groups for arm in study.file.arms
    ]
    corrected = iter(holm(np.array([line.p for line in lines if line.p is not None])))
    lines = [line if line.p is None else replace(line, p_holm=float(next(corrected))) for line in lines]
    return Comparison(study.file.baseline, tuple(lines))


def _line(own: list[Result], baseline: list[Result]) -> Line:
    """One line of the comparison. Both lists are in the order of the seeds."""
    first = own[0].score
    values = np.array([result.score.value for result in own])
    spread = t_interval(values) if len(values) > 1 else None
    line = Line(
        arm=own[0].arm,
        method=own[0].method,
        data=own[0].data,
        metric=first.metric,
        unit=first.unit,
        protocol=first.protocol,
        n=first.n,
        over=first.over,
        seeds=tuple(result.seed for result in own),
        values=tuple(values.tolist()),
        mean=float(values.mean()),
        interval=None if spread is None else (spread.low, spread.high),
        direction=first.direction,
    )
    if own[0].arm == baseline[0].arm:
        return line
    reference = np.array([result.score.value for result in baseline])
    assert [r.seed for r in own] == [r.seed for r in baseline], "an arm lacks a seed"
    ours, theirs = (np.stack([result.score.outcomes for result in side]) for side in (own, baseline))
    items = paired_items_interval(ours, theirs) if ours.size else None
    difference = float(values.mean() - reference.mean())
    line = replace(
        line,
        difference=difference,
        relative=100.0 * difference / float(reference.mean()) if reference.any() else None,
        items_interval=None if items is None else (items.low, items.high),
        verdict="undecided",
    )
    if len(values) == 1:
        return line
    paired = paired_difference(values, reference)
    low, high = paired.low, paired.high
    verdict: Verdict = "higher" if low > 0 else "lower" if high < 0 else "undecided"
    p = None if line.direction == "neither" else paired.p
    return replace(line, difference_interval=(low, high), p=p, verdict=verdict)
