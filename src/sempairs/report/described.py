"""Metrics that describe and do not judge, of one kind together: a bar for each arm, and the numbers as a table."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from sempairs.report.bars import Bar, bars
from sempairs.report.marks import Mark
from sempairs.report.numbers import counted, measured
from sempairs.report.places import Setting, named, settings_of
from sempairs.statistics import t_interval
from sempairs.study.compare import Comparison, Line
from sempairs.study.matrix import StudyFile

FEWEST, PREFIX = 2, "invariance"  # names that make a figure; what the names of two evaluations begin with


@dataclass(frozen=True)
class Described:
    """One evaluation on one data set: bars, and for each metric a row with a cell for each arm."""

    title: str
    about: str
    unit: str
    arms: list[str]
    figure: Markup | None
    rows: list[tuple[str, list[str]]]


def described(comparison: Comparison, study: StudyFile, marks: Mapping[str, Mark]) -> Iterator[Described]:
    """By setting, data set, evaluation and unit; with figures in the main setting."""
    groups: dict[tuple[Setting, str, str, str], list[Line]] = {}
    for line in comparison.lines:
        # Each arm once: a contrast has a second line of the same values.
        if line.direction == "neither" and line.against in ("", comparison.baseline):
            key = Setting.of(line.condition), line.data, line.evaluation, line.unit
            groups.setdefault(key, []).append(line)
    order = settings_of(study)
    main = min((key[0] for key in groups), key=order.index, default=None)
    for place, key in enumerate(sorted(groups, key=lambda key: order.index(key[0]))):
        setting, data, evaluation, unit = key
        own = groups[key]
        methods = _complete(own)
        found = {metric: _bars(own, metric, methods) for metric in dict.fromkeys(line.metric for line in own)}
        short = _without_prefix(list(found))
        rows = {short[metric]: values for metric, values in found.items()}
        title = ", ".join(filter(None, (study.evaluate[data].title, f"{evaluation} ({unit})", named(setting, study))))
        over = f"Mean over {counted(len(methods), 'method')} and " if len(methods) > 1 else "Mean over "
        arms = [arm for arm in study.arms if any(bar.arm == arm for values in rows.values() for bar in values)]
        yield Described(
            title=title,
            about=f"{over}{counted(len(own[0].seeds), 'seed')}; the line is the 95% interval over seeds.",
            unit=unit,
            arms=arms,
            figure=bars(rows, marks, unit, f"described-{place}") if len(rows) >= FEWEST and setting == main else None,
            rows=[(name, [_cell(values, arm, unit) for arm in arms]) for name, values in rows.items()],
        )


def _complete(lines: Sequence[Line]) -> list[str]:
    """The methods that have the most arms: of a study that is not finished, others have fewer."""
    arms: dict[str, set[str]] = {}
    for line in lines:
        arms.setdefault(line.method, set()).add(line.arm)
    most = max(map(len, arms.values()))
    return [method for method, own in arms.items() if len(own) == most]


def _bars(lines: Sequence[Line], metric: str, methods: Sequence[str]) -> list[Bar]:
    """Of each arm that every method has, the mean over methods within each seed, and over seeds."""
    by_arm: dict[str, list[Line]] = {}
    for line in lines:
        if line.metric == metric and line.method in methods:
            by_arm.setdefault(line.arm, []).append(line)
    found = []
    for arm, own in by_arm.items():
        if len(own) == len(methods) and len({line.seeds for line in own}) == 1:
            by_seed = np.mean([line.values for line in own], axis=0)
            ends = t_interval(by_seed) if len(by_seed) > 1 else None
            found.append(Bar(arm, float(by_seed.mean()), None if ends is None else (ends.low, ends.high)))
    return found


def _cell(values: Sequence[Bar], arm: str, unit: str) -> str:
    bar = next((bar for bar in values if bar.arm == arm), None)
    if bar is None:
        return "–"
    reach = f" ± {measured((bar.seeds[1] - bar.seeds[0]) / 2, unit)}" if bar.seeds else ""
    return measured(bar.value, unit) + reach


def _without_prefix(names: Sequence[str]) -> dict[str, str]:
    """Names without what most of them begin with: "invariance rotation" as "rotation", "invariance" as "all"."""
    return {name: name.removeprefix(PREFIX).strip() or "all" for name in names}
