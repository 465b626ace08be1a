"""The comparisons of a study as files beside its page: all of them as CSV and JSON, the main ones as LaTeX."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sempairs.report.cells import row_of
from sempairs.report.gains import Gains, label
from sempairs.report.latex import booktabs
from sempairs.report.numbers import counted, interval_in, measured_difference, p_value, points, signed
from sempairs.report.places import Setting, named
from sempairs.study.compare import Comparison, Line
from sempairs.study.estimates import Ends
from sempairs.study.pooling import Pooled
from sempairs.study.records import Metric, Records

Row = dict[str, Any]
Group = tuple[str, list[list[str]]]
ALL = "(methods together)"
PAGE_ROWS = 40  # of a LaTeX table, so that it is no taller than a page


def rows_of(comparison: Comparison, together: Iterable[Pooled]) -> list[Row]:
    """Every comparison to six digits, then methods together; what is not known is None.

    The differences of single methods are of the values as they are; those of methods together are gains: above zero is
    better in either direction of the metric.
    """
    return [_rounded(row) for row in (*map(_line_row, comparison.lines), *map(_pooled_row, together))]


def _rounded(row: Row) -> Row:
    """Scores are kept to six decimals; more digits of what is made of them would say nothing."""
    return {key: [_six(one) for one in value] if isinstance(value, list) else _six(value) for key, value in row.items()}


def _six(value: Any) -> Any:
    return float(f"{value:.6g}") if isinstance(value, float) else value


def _line_row(line: Line) -> Row:
    values = {"values": list(line.values), "mean": line.mean, **_ends("mean", line.interval)}
    more = {
        "n": line.n,
        "over": line.over,
        "items": line.items_interval,
        "refused": line.refused,
    }
    return _row(line, {**line.condition.to_json()}, "", 1, values, more)


def _pooled_row(one: Pooled) -> Row:
    place = {"method": ALL, "encoder": one.encoder, "views": one.views, "budget": one.budget}
    values: Row = {"values": [], "mean": None, **_ends("mean", None)}
    more = {"n": None, "over": "", "items": None, "refused": ""}
    return _row(one, place, one.pool, len(one.methods), values, more)


def _row(one: Line | Pooled, place: Row, pool: str, methods: int, values: Row, more: Row) -> Row:
    return {
        **place,
        "pool": pool,
        "methods": methods,
        "data": one.data,
        "metric": one.metric,
        "arm": one.arm,
        "against": one.against,
        "unit": one.unit,
        "direction": one.direction,
        "seeds": list(one.seeds),
        **values,
        "differences": list(one.differences),
        "difference": one.difference,
        **_ends("difference", one.difference_interval),
        **_ends("bootstrap", one.bootstrap_interval),
        **_ends("items", more["items"]),
        "relative_percent": one.relative,
        "p": one.p,
        "p_holm": one.p_holm,
        "p_permutation": one.p_permutation,
        "detectable": one.detectable,
        "equivalent_within": one.equivalent_within,
        "verdict": one.verdict,
        "refused": more["refused"],
        "n": more["n"],
        "over": more["over"],
    }


def _ends(name: str, ends: Ends | None) -> Row:
    low, high = ends or (None, None)
    return {f"{name}_low": low, f"{name}_high": high}


def to_json(rows: list[Row], records: Records) -> str:
    """The rows, one a line, with how each metric was measured on each data set."""
    protocols = [
        {"data": one.data, "metric": one.metric, "protocols": one.protocols} for one in records.metrics.values()
    ]
    parts = (",\n".join(json.dumps(one, allow_nan=False) for one in own) for own in (protocols, rows))
    return '{{"protocols": [\n{}\n],\n"comparisons": [\n{}\n]}}\n'.format(*parts)


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


HEAD = ("Arm", "Score", "Gain", "95% interval", "Relative", "p (Holm)")


def to_latex(gains: Gains) -> str:
    """In the main setting a LaTeX table for each metric that stands for a data set, methods together and one by one."""
    metrics = [metric for own in gains.chosen.values() for metric in own]
    tables = [
        table
        for setting in gains.settings[:1]
        for number, metric in enumerate(metrics)
        if gains.lines_of(setting, metric)
        for table in _latex_tables(gains, setting, metric, str(number))
    ]
    about = "Needs \\usepackage{booktabs}; ± is the sample standard deviation over seeds (n - 1)."
    return f"% {about}\n" + "\n".join(tables)


def _latex_tables(gains: Gains, setting: Setting, metric: Metric, number: str) -> Iterator[str]:
    """One table, or several where the methods are too many for a page."""
    lines, together = gains.lines_of(setting, metric), gains.pooled_of(setting, metric)
    groups = [(method, [_cells(line, gains) for line in lines if line.method == method])
              for method in dict.fromkeys(line.method for line in lines)]  # fmt: skip
    if together:
        methods = counted(len(together[0].methods), "method")
        groups.insert(0, (f"{methods} together", [_cells(one, gains) for one in together]))
    where = ", ".join(filter(None, (gains.study.evaluate[metric.data].title, named(setting, gains.study))))
    seeds = counted(len(gains.study.seeds), "seed")
    caption = (
        f"{where}: {lines[0].metric}, {metric.n:,} {metric.over}. Score: mean ± sample s.d. over {seeds}. "
        f"Gain: difference to {gains.study.baseline} in {points(metric.unit)}, paired by seed, with its 95% t-interval "
        "over seeds; p: paired t-test, corrected by Holm’s method for the comparisons of this data set and metric."
    )
    pages = _pages(groups)
    for page, own in enumerate(pages):
        part = f" Part {page + 1} of {len(pages)}." if len(pages) > 1 else ""
        yield booktabs(HEAD, own, caption + part, f"tab:gains-{number}" + (f"-{page + 1}" if page else ""))


def _pages(groups: Sequence[Group]) -> list[list[Group]]:
    """The groups, as many together as there is room for."""
    pages: list[list[Group]] = [[]]
    for group in groups:
        if pages[-1] and sum(len(rows) + 1 for _, rows in (*pages[-1], group)) > PAGE_ROWS:
            pages.append([])
        pages[-1].append(group)
    return pages


def _cells(one: Line | Pooled, gains: Gains) -> list[str]:
    name = label(one, gains.study.baseline)
    mean, spread = row_of(one, gains.study.baseline).cells[:2]
    score = f"{mean} ± {spread}" if spread not in ("", "–") else mean
    if one.difference is None:
        return [name, score, "–" if one.against else "", "", "", ""]
    relative = "–" if one.relative is None else f"{signed(one.relative)}%"
    gain = measured_difference(one.difference, one.unit)
    return [name, score, gain, interval_in(one.difference_interval, one.unit), relative, p_value(one.p_holm)]
