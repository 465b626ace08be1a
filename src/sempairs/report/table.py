"""The table of a study, one row for each arm, method, data set and metric: for the terminal, as CSV and as JSON."""

import csv
import io
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from sempairs.report.contents import read_contents
from sempairs.report.numbers import MINUS, counted, decimal, interval, p_value, points, signed
from sempairs.study.compare import Comparison, Line

Row = dict[str, Any]


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
        "protocol": line.protocol,
    }
    return row


def _ends(name: str, ends: tuple[float, float] | None) -> Row:
    low, high = ends or (None, None)
    return {f"{name}_low": low, f"{name}_high": high}


def to_csv(rows: list[Row]) -> str:
    """Rows as CSV. A list is one cell, its parts separated by spaces; what is not known is an empty cell."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
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
    for method, data in dict.fromkeys((line.method, line.data) for line in comparison.lines):
        lines = [line for line in comparison.lines if (line.method, line.data) == (method, data)]
        title = f"{study.evaluate[data].title} · {method} · {counted(len(lines[0].seeds), 'seed')}"
        console.print(_terminal_table(title, lines, _plain(console)))
    note = (
        f"difference: from {comparison.baseline!r}, paired by seed; "
        "95% intervals: t over seeds, and over test items with the encoders fixed; p: Holm-corrected"
    )
    console.print(Text(note, style="dim"))


def _plain(console: Console) -> bool:
    """Whether the terminal cannot show a true minus sign."""
    return not console.encoding.lower().startswith("utf")


def _terminal_table(title: str, lines: list[Line], plain: bool) -> Table:
    """The lines of one method on one data set."""
    unit = points(lines[0].unit)
    table = Table(title=Text(title), title_justify="left", title_style="bold")
    table.add_column("metric")
    table.add_column("arm")
    for heading in ("mean", f"difference\n({unit})", "over seeds", "over items", "relative\n(%)", "Holm p"):
        table.add_column(heading, justify="right")
    table.add_column("verdict")
    metric = lines[0].metric
    for line in lines:
        if line.metric != metric:
            table.add_section()
        cells = [line.arm, f"{decimal(line.mean)}{'%' if line.unit == '%' else ' ' + line.unit}"]
        if line.difference is not None and line.relative is not None:
            cells += [signed(line.difference), interval(line.difference_interval), interval(line.items_interval)]
            cells += [signed(line.relative), p_value(line.p_holm), line.verdict]
        name = line.metric if line.metric != metric or line is lines[0] else ""
        metric = line.metric
        texts = [Text(cell.replace(MINUS, "-") if plain else cell) for cell in (name, *cells)]
        table.add_row(*texts, style={"higher": "green", "lower": "red"}.get(line.verdict, ""))
    return table
