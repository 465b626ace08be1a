"""The table of a study, one row for each arm, method, data set and metric: for the terminal, as CSV and as JSON."""

import csv
import io
import itertools
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from sempairs.report.contents import read_contents
from sempairs.report.limits import collapsed
from sempairs.report.numbers import (
    MINUS,
    counted,
    interval_in,
    measured,
    measured_difference,
    p_value,
    points,
    signed,
)
from sempairs.study.compare import Comparison, Line

Row = dict[str, Any]
SAYS = {"higher": "", "lower": " (lower is better)", "neither": " (describes)"}


def table_rows(comparison: Comparison) -> list[Row]:
    """The table in full precision; `values` has one value for each of `seeds`, what is not known is None."""
    return [_row(line, comparison.baseline) for line in comparison.lines]


def _row(line: Line, baseline: str) -> Row:
    row: Row = {
        "method": line.method,
        "data": line.data,
        "metric": line.metric,
        "arm": line.arm,
        "unit": line.unit,
        "seeds": list(line.seeds),
        "values": list(line.values),
        "mean": line.mean,
        **_ends("mean", line.interval),
        "baseline": baseline,
        "difference": line.difference,
        **_ends("difference", line.difference_interval),
        "p": line.p,
        "p_holm": line.p_holm,
        "relative_percent": line.relative,
        **_ends("items", line.items_interval),
        "n": line.n,
        "over": line.over,
        "verdict": line.verdict,
        "direction": line.direction,
        "protocol": line.protocol,
    }
    return row


def _ends(name: str, ends: tuple[float, float] | None) -> Row:
    low, high = ends or (None, None)
    return {f"{name}_low": low, f"{name}_high": high}


def to_csv(rows: list[Row]) -> str:
    """Rows as CSV. A list is one cell, its parts separated by spaces; what is not known is an empty cell."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow(rows[0])
    writer.writerows([_cell(value) for value in row.values()] for row in rows)
    return text.getvalue()


def _cell(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula: text that begins like one gets an apostrophe before it."""
    if isinstance(value, list):
        return " ".join(map(str, value))
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return "'" + value
    return value


def print_table(folder: Path, console: Console | None = None) -> None:
    """Print the table of a finished study.

    Raises
    ------
    UserError: the folder has no finished study.
    """
    contents = read_contents(folder)
    comparison, study = contents.comparison, contents.study
    console = console or Console()
    for (method, data), group in itertools.groupby(comparison.lines, key=lambda line: (line.method, line.data)):
        lines = list(group)
        title = f"{study.evaluate[data].title}; {method}, {counted(len(lines[0].seeds), 'seed')}"
        console.print(_terminal_table(title, lines, console.encoding))
        console.print()
    note = (
        f"diff.: {points(comparison.lines[0].unit)} from {comparison.baseline}, paired by seed; 95% intervals "
        "over seeds (t) and over test items (encoders fixed); rel.: the difference in percent of the baseline"
    )
    console.print(_shown(note, console.encoding, "dim"))
    for sentence in collapsed(contents):
        console.print(_shown(f"warning: {sentence}", console.encoding, "red"))


def _shown(text: str, encoding: str, style: str = "") -> Text:
    """Text without markup, in the signs that the terminal has."""
    has_minus = encoding.lower().startswith("utf")
    plain = text if has_minus else text.replace(MINUS, "-").encode(encoding, "replace").decode(encoding)
    return Text(plain, style=style)


def _terminal_table(title: str, lines: list[Line], encoding: str) -> Table:
    """The lines of one method on one data set; it fits a terminal of 80 columns."""
    table = Table(
        title=_shown(title, encoding), title_justify="left", title_style="bold", box=None, padding=(0, 1, 0, 0)
    )
    table.add_column("", overflow="fold")
    for heading in ("mean", "diff. over seeds", "over items", "rel. %", "Holm p"):
        table.add_column(heading, justify="right", overflow="fold")
    table.add_column("verdict", overflow="fold")
    for (metric, direction), group in itertools.groupby(lines, key=lambda line: (line.metric, line.direction)):
        table.add_row(_shown(metric + SAYS[direction], encoding, "bold"))
        for line in group:
            cells = (_shown(cell, encoding) for cell in _terminal_cells(line))
            judged = line.as_gain.verdict if line.direction != "neither" else ""
            table.add_row(*cells, style={"higher": "green", "lower": "red"}.get(judged, ""))
    return table


def _terminal_cells(line: Line) -> list[str]:
    """One row; the baseline has no difference."""
    mean = measured(line.mean, line.unit)
    if line.difference is None:
        return [f" {line.arm}", mean, "", "", "", "", line.verdict]
    over_seeds = f"{measured_difference(line.difference, line.unit)} {interval_in(line.difference_interval, line.unit)}"
    over_items = interval_in(line.items_interval, line.unit)
    relative = "" if line.relative is None else signed(line.relative)
    return [f" {line.arm}", mean, over_seeds, over_items, relative, p_value(line.p_holm), line.verdict]
