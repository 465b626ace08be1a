"""Progress with rate and ETA on anything that takes more than a moment; silent where nobody looks.

On a terminal it is one live bar; in a log it is a line every ten seconds; `quiet()` turns it off.
"""

import contextlib
import sys
import time
from collections.abc import Iterator
from contextvars import ContextVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

LOG_SECONDS = 10.0
_quiet: ContextVar[bool] = ContextVar("quiet", default=False)


class Bar:
    """What the worker sees: call it with how much was done."""

    def __call__(self, done: int = 1) -> None:
        """Say that `done` more units are finished."""

    def note(self, text: str) -> None:
        """Show a short text, such as the loss, beside the bar."""


class _LiveBar(Bar):
    def __init__(self, progress: Progress, task: int) -> None:
        self._progress, self._task = progress, task

    def __call__(self, done: int = 1) -> None:
        self._progress.advance(self._task, done)  # type: ignore[arg-type]

    def note(self, text: str) -> None:
        self._progress.update(self._task, note=text)  # type: ignore[arg-type]


class _LogBar(Bar):
    def __init__(self, title: str, total: int, unit: str, start: int) -> None:
        self._title, self._total, self._unit, self._done, self._start = title, total, unit, start, start
        self._began = self._said = time.monotonic()
        self._note = ""

    def __call__(self, done: int = 1) -> None:
        self._done += done
        now = time.monotonic()
        if now - self._said >= LOG_SECONDS:
            self._said = now
            rate = (self._done - self._start) / (now - self._began)
            eta = (self._total - self._done) / max(rate, 1e-9)
            line = f"{self._title}: {self._done}/{self._total} {self._unit}, {rate:.0f}/s, {eta:.0f} s left"
            print(f"{line} {self._note}".rstrip(), file=sys.stderr, flush=True)

    def note(self, text: str) -> None:
        self._note = text


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:,.0f} {task.fields['unit']}/s", style="cyan")


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """No progress inside this block."""
    token = _quiet.set(True)
    try:
        yield
    finally:
        _quiet.reset(token)


def say(text: str) -> None:
    """A line for the person who waits, on the error stream; silent inside `quiet()`."""
    if not _quiet.get():
        print(text, file=sys.stderr, flush=True)


@contextlib.contextmanager
def progress(title: str, total: int, unit: str, start: int = 0) -> Iterator[Bar]:
    """Show how far a piece of work is.

    Parameters
    ----------
    title: what is being done.
    total: how many units there are.
    unit: what a unit is, in the plural ("pairs", "images").
    start: units that were done before, in an earlier process.
    """
    if _quiet.get():
        yield Bar()
    elif not sys.stderr.isatty():
        yield _LogBar(title, total, unit, start)
    else:
        columns = (
            TextColumn("{task.description}"), BarColumn(bar_width=None), MofNCompleteColumn(), _Rate(),
            TimeRemainingColumn(compact=True), TextColumn("[dim]{task.fields[note]}"),
        )  # fmt: skip
        with Progress(*columns, console=Console(stderr=True), expand=True) as live:
            yield _LiveBar(live, live.add_task(title, total=total, completed=start, unit=unit, note=""))
