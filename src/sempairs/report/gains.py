"""What was compared, as gains, and where each of them belongs: the figures, tables and sentences are made from it."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sempairs.report.headline import headlines
from sempairs.report.places import Setting, settings_of
from sempairs.study.compare import Comparison, Line
from sempairs.study.families import Family
from sempairs.study.matrix import StudyFile
from sempairs.study.pooling import Pool, Pooled, pooled
from sempairs.study.records import Metric, Records


@dataclass(frozen=True)
class Gains:
    """The lines of a study that judge, turned so that above zero is better.

    Parameters
    ----------
    lines: of all arms, with those of the baseline and those that were refused.
    pooled: methods together.
    metrics: that judge, in the order of the data sets.
    chosen: of these, the ones that stand for each data set (`headline`).
    """

    study: StudyFile
    lines: tuple[Line, ...]
    pooled: tuple[Pooled, ...]
    metrics: tuple[Metric, ...]
    chosen: dict[str, list[Metric]]
    families: Mapping[str, Family]

    @classmethod
    def of(cls, records: Records, comparison: Comparison) -> "Gains":
        """From a comparison."""
        judging = [metric for metric in records.metrics.values() if metric.direction != "neither"]
        metrics = tuple(metric for data in records.study.evaluate for metric in judging if metric.data == data)
        lines = tuple(_gain(line) for line in comparison.lines if line.direction != "neither")
        together = tuple(_renamed(one) for one in pooled(comparison) if one.direction != "neither")
        return cls(records.study, lines, together, metrics, headlines(metrics), comparison.families)

    @functools.cached_property
    def settings(self) -> list[Setting]:
        """Those that have lines, the main one first."""
        there = {Setting.of(line.condition) for line in self.lines}
        return [setting for setting in settings_of(self.study) if setting in there]

    @property
    def several(self) -> bool:
        """Whether there are methods to be pooled."""
        return bool(self.pooled)

    def lines_of(self, setting: Setting, metric: Metric) -> list[Line]:
        """All arms and methods on one data set by one metric."""
        return self._lines.get((setting, metric.data, _name(metric)), [])

    def pooled_of(self, setting: Setting, metric: Metric, pool: Pool = "all") -> list[Pooled]:
        """All arms on one data set by one metric, methods together."""
        return self._pooled.get((setting, metric.data, _name(metric), pool), [])

    @functools.cached_property
    def _lines(self) -> dict[tuple[Setting, str, str], list[Line]]:
        found: dict[tuple[Setting, str, str], list[Line]] = {}
        for line in self.lines:
            found.setdefault((Setting.of(line.condition), line.data, line.metric), []).append(line)
        return found

    @functools.cached_property
    def _pooled(self) -> dict[tuple[Setting, str, str, Pool], list[Pooled]]:
        found: dict[tuple[Setting, str, str, Pool], list[Pooled]] = {}
        for one in self.pooled:
            place = Setting(one.encoder, one.views, one.budget), one.data, one.metric, one.pool
            found.setdefault(place, []).append(one)
        return found


def _renamed(one: Pooled) -> Pooled:
    """A pool, which is a gain already, by the name that lines have as gains."""
    return replace(one, metric=f"less {one.metric}", direction="higher") if one.direction == "lower" else one


def _gain(line: Line) -> Line:
    """A line as a gain; the baseline's, which has none, is renamed alone."""
    gain = line.as_gain
    return gain if line.against else replace(gain, verdict=line.verdict)


def _name(metric: Metric) -> str:
    """What a line of this metric is called once it is a gain (`Line.as_gain`)."""
    return f"less {metric.metric}" if metric.direction == "lower" else metric.metric


def label(line: Line | Pooled, baseline: str) -> str:
    """An arm, with the one it is compared with where that is not the baseline."""
    return line.arm if line.against in ("", baseline) else f"{line.arm} against {line.against}"
