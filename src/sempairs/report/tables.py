"""The tables of the page: for each setting and data set every metric that judges, methods together and one by one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sempairs.report.cells import TableRow, row_of
from sempairs.report.gain_figures import FAMILIES, POOLS
from sempairs.report.gains import Gains
from sempairs.report.numbers import counted, points
from sempairs.report.places import Setting, named
from sempairs.study.compare import Line
from sempairs.study.records import Metric

MOST_ROWS = 1500  # of single methods: with more, the page is too large to be sent around


@dataclass(frozen=True)
class Group:
    """Rows below a heading; "" for none."""

    heading: str
    rows: list[TableRow]


@dataclass(frozen=True)
class Block:
    """One metric of a data set in one setting.

    Parameters
    ----------
    pooled: methods together; empty where there is nothing to pool.
    by_method: one group for each method; empty where the page leaves them out.
    """

    title: str
    about: str
    pooled: list[Group]
    by_method: list[Group]


@dataclass(frozen=True)
class Section:
    """One data set in one setting."""

    title: str
    blocks: list[Block]


def sections(gains: Gains) -> Iterator[Section]:
    """All tables, the main setting first."""
    whole = has_room(gains)
    for place, setting in enumerate(gains.settings):
        for data in dict.fromkeys(metric.data for metric in gains.metrics):
            own = [metric for metric in gains.metrics if metric.data == data]
            blocks = [block for metric in own if (block := _block(gains, setting, metric, whole, place == 0))]
            if blocks:
                title = ", ".join(filter(None, (gains.study.evaluate[data].title, named(setting, gains.study))))
                yield Section(title, blocks)


def has_room(gains: Gains) -> bool:
    """Whether the page has room for all metrics and settings method by method."""
    return len(gains.lines) <= MOST_ROWS


def _block(gains: Gains, setting: Setting, metric: Metric, whole: bool, is_main: bool) -> Block | None:
    lines = gains.lines_of(setting, metric)
    if not lines:
        return None
    baseline = gains.study.baseline
    pools = [(pool, gains.pooled_of(setting, metric, pool)) for pool in ("all", *POOLS)]
    pooled = [
        Group(_pool_name(pool, len(own[0].methods)), [row_of(one, baseline) for one in own])
        for pool, own in pools
        if own and (whole or is_main or pool == "all")
    ]
    shown = whole or not pooled or (is_main and metric in gains.chosen[metric.data])
    return Block(metric.metric, _about(metric), pooled, _by_method(lines, gains) if shown else [])


def _pool_name(pool: str, methods: int) -> str:
    return f"All {counted(methods, 'method')} together" if pool == "all" else f"{pool}, {counted(methods, 'method')}"


def _by_method(lines: Sequence[Line], gains: Gains) -> list[Group]:
    """A group for each method, family by family; without headings where there is one method."""
    methods = list(dict.fromkeys(line.method for line in lines))
    ordered = sorted(methods, key=lambda method: FAMILIES.index(gains.families[method]))
    return [
        Group(
            f"{method} ({gains.families[method]})" if len(methods) > 1 else "",
            [row_of(line, gains.study.baseline) for line in lines if line.method == method],
        )
        for method in ordered
    ]


def _about(metric: Metric) -> str:
    """What a number of the table is over."""
    less = "; lower is better, a gain is a fall" if metric.direction == "lower" else ""
    return f"{metric.n:,} {metric.over}; differences in {points(metric.unit)}{less}"
