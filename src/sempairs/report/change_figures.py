"""How gains change with views, encoder, budget and wrong pairs: small panels to one scale, and the changes as rows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sempairs.report import ablation
from sempairs.report.gain_figures import Figure
from sempairs.report.gains import Gains
from sempairs.report.marks import Mark
from sempairs.report.numbers import counted, interval_in, measured_difference, p_value, percent
from sempairs.report.places import FACTORS, Setting
from sempairs.report.plain_table import PlainTable
from sempairs.report.tables import has_room
from sempairs.study.compare import Line
from sempairs.study.interactions import Change
from sempairs.study.pooling import Pooled
from sempairs.study.records import Metric

HEAD = (
    "Methods",
    "Change",
    "First gain",
    "Gain",
    "Difference",
    "95% over seeds (t)",
    "p after Holm",
    "p, signs flipped",
)


@dataclass(frozen=True)
class Section:
    """One factor on one data set."""

    title: str
    arms: list[str]
    figures: list[Figure]
    numbers: PlainTable | None


@dataclass(frozen=True)
class _Level:
    """Where a gain stands: on the x axis at `place`, by its name; with a part of the gains."""

    place: float
    name: str
    gains: list[Line | Pooled]


def change_sections(gains: Gains, changes: Sequence[Change], marks: Mapping[str, Mark]) -> Iterator[Section]:
    """For each factor with two levels or more, and each data set by the first metric that stands for it."""
    for factor in FACTORS:
        names = gains.study.levels[factor]
        for number, (data, metrics) in enumerate(gains.chosen.items() if len(names) > 1 else ()):
            whole = number == 0 or has_room(gains)
            levels = [
                _Level(float(place), name, _all_of(gains, _setting(gains, factor, name), metrics[0], whole))
                for place, name in enumerate(names)
            ]
            rows = [
                _change_row(one, gains)
                for one in sorted(changes, key=lambda one: one.pool == "")
                if (one.factor, one.data) == (factor, data)
                and one.metric in _names(metrics[0])
                and not one.refused
                and (whole or one.pool)
            ]
            title = f"{factor}: {gains.study.evaluate[data].title}, {metrics[0].metric}"
            yield from _section(title, levels, metrics[0].unit, rows, marks, f"{factor}-{data}")
    yield from _noise_sections(gains, marks)


def _noise_sections(gains: Gains, marks: Mapping[str, Mark]) -> Iterator[Section]:
    """The gains of arms that differ in their share of false neighbours, each under the name it has in the file."""
    arms = gains.study.arms
    shares = sorted({arm.noise[0] for arm in arms.values() if arm.noise[0]})
    noisy = {arm.of for arm in arms.values() if arm.noise[0]}
    for number, (data, metrics) in enumerate(gains.chosen.items() if shares else ()):
        whole = number == 0 or has_room(gains)
        all_gains = _all_of(gains, gains.settings[0], metrics[0], whole) if gains.settings else []
        levels = [
            _Level(share, percent(share).replace(".0%", "%"),
                   [one for one in all_gains if arms[one.arm].noise[0] == share and arms[one.arm].of in noisy])
            for share in (0.0, *shares)
        ]  # fmt: skip
        title = f"share of false neighbours: {gains.study.evaluate[data].title}, {metrics[0].metric}"
        first = {name: arm.of or name for name, arm in arms.items()}
        yield from _section(title, levels, metrics[0].unit, [], marks, f"noise-{data}", first)


def _names(metric: Metric) -> tuple[str, str]:
    return metric.metric, f"less {metric.metric}"


def _setting(gains: Gains, factor: str, level: str) -> Setting:
    """The main setting with another level of one factor."""
    first = {name: gains.study.levels[name][0] for name in FACTORS}
    return Setting(**{**first, factor: level})


def _all_of(gains: Gains, setting: Setting, metric: Metric, whole: bool) -> list[Line | Pooled]:
    """What is compared with the baseline in a setting, methods together, and one by one if it is to be the `whole`."""
    found: list[Line | Pooled] = [*gains.pooled_of(setting, metric)]
    if whole or not found:
        found += gains.lines_of(setting, metric)
    return [one for one in found if one.difference is not None and one.against == gains.study.baseline]


def _section(
    title: str,
    levels: Sequence[_Level],
    unit: str,
    rows: list[tuple[str, tuple[str, ...]]],
    marks: Mapping[str, Mark],
    name: str,
    same: Mapping[str, str] | None = None,
) -> Iterator[Section]:
    """One section, if there are gains at two levels or more; arms of which `same` says the same are one line."""
    there = [level for level in levels if level.gains]
    if len(there) < 2:
        return
    panels = {
        panel: _lines(there, panel, marks, same or {})
        for panel in dict.fromkeys(_panel(one) for level in there for one in level.gains)
    }
    limits = ablation.limits_of(line for lines in panels.values() for line in lines)
    ticks = [(level.place, level.name) for level in there]
    figures = [
        Figure(panel, ablation.panel(lines, ticks, limits, unit, f"{name}-{number}".replace(" ", "-")))
        for number, (panel, lines) in enumerate(panels.items())
    ]
    arms = dict.fromkeys(line.arm for lines in panels.values() for line in lines)
    yield Section(title, list(arms), figures, PlainTable(title, HEAD, 2, rows) if rows else None)


def _panel(one: Line | Pooled) -> str:
    return f"{counted(len(one.methods), 'method')} together" if isinstance(one, Pooled) else one.method


def _lines(
    levels: Sequence[_Level], panel: str, marks: Mapping[str, Mark], same: Mapping[str, str]
) -> tuple[ablation.Line, ...]:
    """One line for each arm, which goes by the name and the sign of the arm that it begins with."""
    found: dict[str, tuple[str, list[ablation.Point]]] = {}
    for level in levels:
        for one in level.gains:
            if _panel(one) == panel:
                _, own = found.setdefault(same.get(one.arm, one.arm), (one.arm, []))
                own.append(ablation.Point(level.place, one.difference or 0.0, one.difference_interval))
    return tuple(ablation.Line(arm, marks[arm], tuple(own)) for arm, own in found.values())


def _change_row(one: Change, gains: Gains) -> tuple[str, tuple[str, ...]]:
    who = f"{one.pool} ({len(one.methods)})" if one.pool else one.methods[0]
    three = (one.gain_first, one.gain, one.difference)
    return one.arm, (
        who + ("" if one.against == gains.study.baseline else f", against {one.against}"),
        f"{one.first} to {one.level}",
        *(measured_difference(value or 0.0, one.unit) for value in three),
        interval_in(one.difference_interval, one.unit),
        p_value(one.p_holm),
        p_value(one.p_permutation),
    )
