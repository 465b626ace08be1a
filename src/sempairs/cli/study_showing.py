"""What `sempairs study plan` and `status` print."""

import contextlib
import time
from collections.abc import Sequence
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from sempairs.core.progress import say
from sempairs.report.numbers import counted, duration
from sempairs.study.cells import FACTORS, Cell, Condition
from sempairs.study.matrix import StudyFile
from sempairs.study.plan import Row, StudyPlan
from sempairs.study.status import Status, StatusReader
from sempairs.study.timing import Span

SIGNS = {"done": "●", "collapsed": "✗", "working": "◐", "left": "·"}
PLAIN = {"done": "#", "collapsed": "x", "working": "o", "left": "."}
STYLES = {"done": "green", "collapsed": "red", "working": "yellow", "left": "dim"}
REFRESH = 2.0  # seconds
LINE = 30.0  # seconds between two lines where there is no terminal


def show_plan(plan: StudyPlan) -> None:
    """Print factors, designs, runs with their time, the total, disk, and what all runs share."""
    console, file = Console(), plan.study.file
    console.print(Text(file.title, style="bold"))
    if file.about:
        console.print(Text(file.about))
    for table in (_factors(file), _designs(plan), _runs(plan)):
        console.print()
        console.print(table)
    console.print()
    for line in _totals(plan):
        console.print(Text(line))
    console.print()
    console.print(_shared(plan.rows))


def _factors(file: StudyFile) -> Table:
    table = Table("factor", "levels", box=None, padding=(0, 2, 0, 0), header_style="bold")
    arms = [f"{name} (baseline)" if name == file.baseline else name for name in file.arms]
    table.add_row("arm", Text(f"{len(arms)}: {'; '.join(arms)}"))
    for factor, levels in file.levels.items():
        table.add_row(factor, Text(f"{len(levels)}: {', '.join(levels)}"))
    table.add_row("seed", f"{len(file.seeds)}: {', '.join(map(str, file.seeds))}")
    table.add_row("tested on", Text(f"{len(file.evaluate)}: {', '.join(file.evaluate)}"))
    return table


def _designs(plan: StudyPlan) -> Table:
    table = Table("design", "kind", "runs", box=None, padding=(0, 2, 0, 0), header_style="bold")
    for name, count in plan.designs.items():
        table.add_row(Text(name), plan.study.file.designs[name].kind, f"{count:,}")
    if len(plan.designs) > 1:
        table.add_row("together", "each run once", f"{plan.runs:,}")
    return table


def _runs(plan: StudyPlan) -> Table:
    """A row for each condition."""
    shown = _differing([row.condition for row in plan.rows])
    table = Table(*shown, box=None, padding=(0, 2, 0, 0), header_style="bold")
    for heading in ("runs", "done", "steps", "training", "evaluation", "all that are left"):
        table.add_column(heading, justify="right")
    for row in plan.rows:
        whole = None if row.training is None or row.evaluation is None else row.training + row.evaluation
        left = "" if whole is None else duration((whole * (row.runs - row.done)).likely)
        names = [Text(getattr(row.condition, factor)) for factor in shown]
        mark = " *" if row.measured else ""
        times = [_one(row.training) + mark, _one(row.evaluation), left]
        table.add_row(*names, f"{row.runs:,}", f"{row.done:,}", f"{row.steps:,}", *times)
    return table


def _differing(conditions: Sequence[Condition]) -> list[str]:
    """The factors that tell conditions apart; the method always."""
    return [f for f in FACTORS if f == "method" or len({getattr(condition, f) for condition in conditions}) > 1]


def _one(span: Span | None) -> str:
    return "not timed" if span is None else duration(span.likely)


def _totals(plan: StudyPlan) -> list[str]:
    left = plan.runs - plan.done
    if not left:
        return [f"all {plan.runs:,} runs are done"]
    place = f"{counted(plan.processes, 'process', 'processes')} of {counted(plan.threads, 'thread')}"
    lines = [f"{left:,} of {plan.runs:,} runs are left"]
    if plan.seconds is not None:
        span = plan.seconds
        ends = f"{duration(span.low)} to {duration(span.high)}"
        lines[0] += f": about {duration(span.likely)} ({ends}) on {plan.device} by {place}"
    if any(row.measured for row in plan.rows):
        lines.append("* by the runs that are done; the others by timed steps and an evaluation of an untrained encoder")
    elif plan.seconds is not None:
        lines.append("by timed steps and an evaluation of an untrained encoder; making the pairs is not counted")
    kept = f"{_bytes(plan.kept)} of encoders" + (" and scores" if plan.scores_known else "; scores come to it")
    lines.append(f"disk: {kept}, and {_bytes(plan.passing)} of checkpoints while it runs")
    return lines


def _shared(rows: Sequence[Row]) -> Table:
    """The settings that are the same in all conditions, by table."""
    table = Table("the same for every run", "", box=None, padding=(0, 2, 0, 0), header_style="bold")
    each = [row.settings.to_json() for row in rows]
    for name, first in each[0].items():
        same = {key: value for key, value in first.items() if all(own[name].get(key, _ABSENT) == value for own in each)}
        same.pop("seed", None)
        options = [f"{key} = {value}" for key, value in same.items() if value is not None]
        table.add_row(name, Text(", ".join(options) or "differs"))
    return table


_ABSENT: Any = object()


def _bytes(count: int) -> str:
    """Bytes for people."""
    for unit, size in (("GB", 1e9), ("MB", 1e6)):
        if count >= size:
            return f"{count / size:,.1f} {unit}"
    return f"{count / 1e3:,.0f} kB"


def show_status(reader: StatusReader, watch: bool) -> None:
    """Print how far a study is; with `watch` again and again until it is done or Ctrl-C."""
    console = Console()
    if not watch:
        console.print(status_table(reader.read(), console.encoding))
        return
    with contextlib.suppress(KeyboardInterrupt), Watching(reader, console) as look:
        while not look():
            time.sleep(REFRESH)


class Watching:
    """A live table of a study's status; where there is no terminal, a line now and then."""

    def __init__(self, reader: StatusReader, console: Console | None = None) -> None:
        self._reader, self._console = reader, console or Console(stderr=True)
        self._live = Live(console=self._console, auto_refresh=False) if self._console.is_terminal else None
        self._looked = self._said = -LINE
        self._told = False

    def __enter__(self) -> "Watching":
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, *_: Any) -> None:
        if self._live is not None:
            self._live.stop()

    def __call__(self) -> bool:
        """Look again if it is time to; returns whether the study was done at the last look."""
        now = time.monotonic()
        if now - self._looked >= REFRESH:
            self._looked, self._status = now, self._reader.read()
            if self._live is not None:
                self._live.update(status_table(self._status, self._console.encoding), refresh=True)
            elif now - self._said >= LINE and not self._told:
                self._said, self._told = now, self._status.is_done
                say(summary(self._status))
        return self._status.is_done


def status_table(status: Status, encoding: str) -> RenderableType:
    """A row for each condition, a column for each arm (or the other way round), a sign for each seed."""
    signs = SIGNS if encoding.lower().startswith("utf") else PLAIN
    cells = status.study.cells
    conditions, arms = list(dict.fromkeys(cell.condition for cell in cells)), list(status.study.file.arms)
    shown = _differing(conditions)
    names = {condition: " ".join(getattr(condition, factor) for factor in shown) for condition in conditions}
    state = {cell: _state(cell, status) for cell in cells}

    def signs_of(arm: str, condition: Condition) -> Text:
        text = Text()
        for seed in status.study.file.seeds:
            own = state.get(Cell(arm, seed, condition))
            text.append(signs[own] if own else " ", style=STYLES[own] if own else "")
        return text

    sideways = len(arms) > max(len(conditions), 8)
    table = Table("", box=None, padding=(0, 2, 0, 0), header_style="bold")
    for heading in names.values() if sideways else arms:
        table.add_column(Text(heading))
    if sideways:
        for arm in arms:
            table.add_row(Text(arm), *(signs_of(arm, condition) for condition in conditions))
    else:
        for condition, name in names.items():
            table.add_row(Text(name), *(signs_of(arm, condition) for arm in arms))
    legend = Text("a sign for each seed: ")
    for name in ("done", "working", "left", "collapsed"):
        legend.append(f"{signs[name]} {name}  ", style=STYLES[name])
    lines = [Text(line) for line in (summary(status), *_details(status))]
    return Group(Text(status.study.file.title, style="bold"), table, legend, *lines)


def _state(cell: Cell, status: Status) -> str:
    if cell in status.done:
        return "collapsed" if cell in status.collapsed else "done"
    return "working" if any(one.cell == cell for one in status.working) else "left"


def summary(status: Status) -> str:
    """How far it is, in a line."""
    total, done, working = len(status.study.cells), len(status.done), len(status.working)
    if status.is_done:
        return f"all {total:,} runs are done"
    text = f"{done:,} of {total:,} runs are done, {working} at work, {total - done - working:,} left"
    if status.left is not None:
        text += f"; {status.rate:,.0f} runs an hour, about {duration(status.left)} left"
    return text


def _details(status: Status) -> list[str]:
    lines = []
    for one in status.working:
        stage = "its encoder is evaluated" if one.share == 1 else f"{one.share:.0%} of its training"
        lines.append(f"at work: {_where(one.cell, status)} ({stage})")
    if status.last is not None:
        cell, ago = status.last
        lines.append(f"last finished: {_where(cell, status)}, {duration(ago)} ago")
    lines += [f"{_where(cell, status)}: {said}" for cell, said in status.collapsed.items()]
    return lines


def _where(cell: Cell, status: Status) -> str:
    """A run by what tells it apart."""
    shown = _differing([own.condition for own in status.study.cells])
    return f"{' '.join(getattr(cell.condition, factor) for factor in shown)} on {cell.arm} pairs, seed {cell.seed}"
