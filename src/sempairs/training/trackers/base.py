"""What every tracker is told of a run, and how: no training fails of it."""

import copy
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable
from weakref import WeakSet

from sempairs.core.progress import say


@runtime_checkable
class Tracker(Protocol):
    """Told of one run. Its constructor says whether its library is there; all else may raise whatever it likes."""

    def begin(self, name: str, title: str, settings: dict[str, Any], folder: Path, resumed_at: int) -> None:
        """A run begins, or goes on.

        Parameters
        ----------
        name: the hash that names the run.
        title: for people.
        settings: what the run is, nested.
        folder: of the run; `metrics.jsonl` in it has no line beyond step `resumed_at`.
        resumed_at: steps that were done before; the lines to come are of later steps. 0 at the beginning.
        """

    def log(self, line: dict[str, Any]) -> None:
        """A line of `metrics.jsonl`, with its line of `speed.jsonl` as "speed": numbers, texts or tables of them."""

    def end(self, result: dict[str, Any] | None) -> None:
        """The run is done, with this result; None if it was stopped."""


_left_alone: WeakSet[Tracker] = WeakSet()


def tell(trackers: Sequence[Tracker], what: Literal["begin", "log", "end"], *given: Any) -> None:
    """Call this method of each tracker, whatever they do of it.

    One that raises is left alone until its next run begins, and its error is said, once. Each is given copies, so that
    none can change what the training goes on with.
    """
    for tracker in trackers:
        if what == "begin":
            _left_alone.discard(tracker)
        if tracker not in _left_alone:
            try:
                getattr(tracker, what)(*copy.deepcopy(given))
            except Exception as error:
                _left_alone.add(tracker)
                say(
                    f"warning: {type(tracker).__name__} failed and is left alone; the training goes on, and "
                    f"metrics.jsonl has all of it\n  {type(error).__name__}: {error}"
                )


def flat(table: dict[str, Any]) -> dict[str, Any]:
    """Nested tables as one: `{"features": {"std": 0.4}}` becomes `{"features/std": 0.4}`."""
    return dict(_leaves(table, ""))


def numbers(line: dict[str, Any]) -> dict[str, float]:
    """The numbers of a line of `metrics.jsonl` by name, but for its step; texts, truth values and None are left out."""
    return {
        name: float(value)
        for name, value in flat(line).items()
        if name != "step" and isinstance(value, int | float) and not isinstance(value, bool)
    }


def _leaves(table: dict[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{prefix}{name}/")
        else:
            yield prefix + name, value
