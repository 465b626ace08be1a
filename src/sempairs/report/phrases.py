"""Phrases that the sentences of a report are made of."""

import itertools
from collections.abc import Sequence

from sempairs.report.gains import Gains
from sempairs.report.numbers import interval_in, listed, measured_difference, points
from sempairs.report.places import Setting, named
from sempairs.study.compare import Line
from sempairs.study.pooling import Pooled


def gain_phrase(one: Line | Pooled) -> str:
    """A gain with its interval over seeds: "+3.4 points [+2.1, +4.7]"."""
    gain = f"{measured_difference(one.difference or 0.0, one.unit)} {points(one.unit)}"
    return gain + (f" {interval_in(one.difference_interval, one.unit)}" if one.difference_interval else "")


def figures(found: Sequence[Line | Pooled], gains: Gains) -> str:
    """Gains with where they were found: "on garments knn by byol +3.6 [+2.1, +5.0], linear +1.2 points; on ..."."""
    parts = []
    for (setting, data), own in itertools.groupby(found, key=lambda one: (_setting(one), one.data)):
        alike = [(unit, list(group)) for unit, group in itertools.groupby(own, key=lambda one: one.unit)]
        values = [f"{', '.join(_brief(one, gains) for one in group)} {points(unit)}" for unit, group in alike]
        where = named(setting, gains.study)
        parts.append(f"on {data}{f' ({where})' if where else ''} {', '.join(values)}")
    return "; ".join(parts)


def _brief(one: Line | Pooled, gains: Gains) -> str:
    value = f"{one.metric}{_by(one, gains)} {measured_difference(one.difference or 0.0, one.unit)}"
    return value + (f" {interval_in(one.difference_interval, one.unit)}" if one.difference_interval else "")


def _setting(one: Line | Pooled) -> Setting:
    return Setting.of(one.condition) if isinstance(one, Line) else Setting(one.encoder, one.views, one.budget)


def _by(one: Line | Pooled, gains: Gains) -> str:
    return f" by {one.method}" if isinstance(one, Line) and len(gains.study.methods) > 1 else ""


def quoted(names: Sequence[str]) -> str:
    """Names in quotation marks: “a”, “b” and “c”."""
    return listed([f"“{name}”" for name in names])


def capital(text: str) -> str:
    """With a capital at the start."""
    return text[:1].upper() + text[1:]
