"""The comparisons of a study in the terminal: methods together first, then each method; 80 columns are enough."""

import itertools
from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from sempairs.report.contents import Contents
from sempairs.report.gains import Gains, label
from sempairs.report.limits import collapsed
from sempairs.report.numbers import (
    MINUS,
    counted,
    interval_in,
    measured,
    measured_difference,
    p_value,
    signed,
)
from sempairs.report.places import named
from sempairs.report.tables import has_room
from sempairs.study.compare import Line
from sempairs.study.pooling import Pooled


def print_contents(contents: Contents, console: Console) -> None:
    """Print what a study found, finished or not."""
    for title, found in _parts(contents.gains):
        console.print(_table(title, found, contents, console.encoding))
        console.print()
    baseline = contents.study.baseline
    note = (
        f"gain: difference from {baseline}, paired by seed, above zero is better; 95% intervals over seeds (t) and "
        "over test items (encoders fixed); rel.: in percent of that arm. All comparisons, method by method, are in "
        "results.csv."
    )
    console.print(_shown(note, console.encoding, "dim"))
    for sentence in _warnings(contents):
        console.print(_shown(f"warning: {sentence}", console.encoding, "red"))


def _warnings(contents: Contents) -> Iterator[str]:
    """What a reader of the table must know."""
    yield from collapsed(contents.records)
    refused = [one for one in contents.comparison.matched if one.problems]
    if refused:
        yield f"{counted(len(refused), 'comparison')} refused, since the runs are not matched; the report says why."
    if contents.records.missing:
        missing = counted(len(contents.records.missing), "run")
        yield f"the study is not finished: {missing} of {len(contents.study.cells)} missing."


def _parts(gains: Gains) -> Iterator[tuple[str, Sequence[Line | Pooled]]]:
    """The tables with their titles: methods together, then each method, of several by what stands for a data set.

    Of a large study methods together alone, and by what stands for a data set.
    """
    large = gains.several and not has_room(gains)
    for method in (None,) if large else (None, *gains.study.methods):
        for setting, data in itertools.product(gains.settings, gains.chosen):
            few = large or (gains.several and method is not None)
            own = gains.chosen[data] if few else [metric for metric in gains.metrics if metric.data == data]
            title = ", ".join(filter(None, (gains.study.evaluate[data].title, named(setting, gains.study))))
            if method is None:
                together = [one for metric in own for one in gains.pooled_of(setting, metric)]
                if together:
                    yield f"{title}; {counted(len(together[0].methods), 'method')} together", together
                continue
            lines = [line for metric in own for line in gains.lines_of(setting, metric) if line.method == method]
            if lines:
                yield f"{title}; {method}, {counted(len(lines[0].seeds), 'seed')}", lines


def _shown(text: str, encoding: str, style: str = "") -> Text:
    """Text without markup, in the signs that the terminal has."""
    has_minus = encoding.lower().startswith("utf")
    plain = text if has_minus else text.replace(MINUS, "-").encode(encoding, "replace").decode(encoding)
    return Text(plain, style=style)


def _table(title: str, found: Sequence[Line | Pooled], contents: Contents, encoding: str) -> Table:
    """The lines of one method, or of several together, on one data set."""
    table = Table(
        title=_shown(title, encoding), title_justify="left", title_style="bold", box=None, padding=(0, 1, 0, 0)
    )
    table.add_column("", overflow="fold")
    for heading in ("mean", "gain over seeds", "over items", "rel. %", "Holm p"):
        table.add_column(heading, justify="right", overflow="fold")
    table.add_column("verdict", overflow="fold")
    for metric, group in itertools.groupby(found, key=lambda one: one.metric):
        table.add_row(_shown(metric, encoding, "bold"))
        for one in group:
            cells = (_shown(cell, encoding) for cell in _cells(one, contents.study.baseline))
            table.add_row(*cells, style={"higher": "green", "lower": "red"}.get(one.verdict, ""))
    return table


def _cells(one: Line | Pooled, baseline: str) -> list[str]:
    """One row; the baseline has no gain, and what is refused says so."""
    name, mean = f" {label(one, baseline)}", measured(one.mean, one.unit) if isinstance(one, Line) else ""
    if one.difference is None:
        return [name, mean, "", "", "", "", "refused" if one.against else one.verdict]
    over_seeds = f"{measured_difference(one.difference, one.unit)} {interval_in(one.difference_interval, one.unit)}"
    over_items = interval_in(one.items_interval, one.unit) if isinstance(one, Line) else ""
    relative = "" if one.relative is None else signed(one.relative)
    return [name, mean, over_seeds, over_items, relative, p_value(one.p_holm), one.verdict]
