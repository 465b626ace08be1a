"""The forest plots of a study: each data set with all methods together, and each arm method by method."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from sempairs.report.forest import Row, forest, limits_of
from sempairs.report.gains import Gains, label
from sempairs.report.marks import Mark
from sempairs.report.numbers import counted
from sempairs.report.places import Setting, named
from sempairs.study.compare import Line
from sempairs.study.pooling import Pool, Pooled
from sempairs.study.records import Metric

FAMILIES = ("contrastive", "non-contrastive", "reference", "other")
POOLS: tuple[Pool, ...] = ("contrastive", "non-contrastive")


@dataclass(frozen=True)
class Figure:
    """A figure with its title."""

    title: str
    body: Markup


@dataclass(frozen=True)
class Block:
    """Figures that are compared by eye: they share their x axis where they share a unit."""

    title: str
    figures: list[Figure]


def overviews(gains: Gains, marks: Mapping[str, Mark]) -> Iterator[Block]:
    """For each setting a panel for each data set: its metrics, and in each of them the arms, methods together."""
    for place, setting in enumerate(gains.settings):
        panels: list[tuple[str, str, list[Row]]] = []
        for data, metrics in gains.chosen.items():
            for unit in dict.fromkeys(metric.unit for metric in metrics):
                own = [metric for metric in metrics if metric.unit == unit]
                rows = [row for metric in own for row in _overview_rows(gains, setting, metric, marks)]
                if rows:
                    panels.append((gains.study.evaluate[data].title, unit, rows))
        if panels:
            yield Block(named(setting, gains.study), _drawn(panels, f"overview-{place}"))


def _overview_rows(gains: Gains, setting: Setting, metric: Metric, marks: Mapping[str, Mark]) -> list[Row]:
    found: Sequence[Line | Pooled] = gains.pooled_of(setting, metric) or gains.lines_of(setting, metric)
    order = list(gains.study.arms)  # a contrast stands below its arm
    compared = sorted((one for one in found if one.difference is not None), key=lambda one: order.index(one.arm))
    rows = [
        _row(one, one.arm if one.against == gains.study.baseline else f"… vs {one.against}", marks) for one in compared
    ]
    return [Row(found[0].metric), *rows] if rows else []


def by_method(gains: Gains, marks: Mapping[str, Mark]) -> Iterator[Block]:
    """In the main setting for the first metric of each data set: a panel for each comparison, methods by family."""
    setting = gains.settings[0] if gains.settings else None
    for place, (data, metrics) in enumerate(gains.chosen.items()):
        if setting is None or not gains.several:
            return
        lines, metric = gains.lines_of(setting, metrics[0]), metrics[0]
        together = [one for pool in (*POOLS, "all") for one in gains.pooled_of(setting, metric, pool)]
        panels = []
        for comparison in dict.fromkeys((line.arm, line.against) for line in lines if line.difference is not None):
            own = [line for line in lines if (line.arm, line.against) == comparison and line.difference is not None]
            pools = {one.pool: one for one in together if (one.arm, one.against) == comparison}
            panels.append((label(own[0], gains.study.baseline), metric.unit, _method_rows(own, pools, gains, marks)))
        if panels:
            title = ", ".join(filter(None, (gains.study.evaluate[data].title, lines[0].metric)))
            yield Block(title, _drawn(panels, f"methods-{place}"))


def _method_rows(
    lines: Sequence[Line], pools: Mapping[Pool, Pooled], gains: Gains, marks: Mapping[str, Mark]
) -> list[Row]:
    rows = []
    for family in FAMILIES:
        own = [line for line in lines if gains.families[line.method] == family]
        if own:
            rows += [Row(family), *(_row(line, line.method, marks) for line in own)]
        rows += [_row(one, f"{counted(len(one.methods), 'method')} together", marks) for pool, one in pools.items()
                 if pool == family]  # fmt: skip
    if "all" in pools:
        rows.append(_row(pools["all"], f"all {counted(len(pools['all'].methods), 'method')}", marks))
    return rows


def _row(one: Line | Pooled, name: str, marks: Mapping[str, Mark]) -> Row:
    items = one.items_interval if isinstance(one, Line) else None
    return Row(name, marks[one.arm], one.difference, one.difference_interval, items, isinstance(one, Pooled))


def _drawn(panels: Sequence[tuple[str, str, list[Row]]], name: str) -> list[Figure]:
    """The panels of a block; those of one unit have one x axis."""
    limits = {unit: limits_of(row for _, own, rows in panels if own == unit for row in rows) for _, unit, _ in panels}
    return [
        Figure(title, forest(rows, limits[unit], unit, f"{name}-{place}"))
        for place, (title, unit, rows) in enumerate(panels)
    ]
