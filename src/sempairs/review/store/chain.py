"""The chain of events: each carries the hash of the one before, so that no change to the past goes unseen."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from sempairs.core.errors import UserError

COLUMNS = (
    "seq", "uuid", "at", "person", "pair", "task", "kind", "verdict", "supersedes", "lane", "swapped", "class_shown",
    "seconds", "text", "model", "status",
)  # fmt: skip
"""What an event says, and what its hash is taken over."""


def canonical(values: Any) -> str:
    """JSON with one spelling: sorted keys, no spaces, ASCII; numbers as the shortest text that gives them back."""
    return json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def genesis(values: Mapping[str, Any]) -> str:
    """Where the chain starts: the sha256 of all that never changes in a project."""
    return hashlib.sha256(canonical(values).encode()).hexdigest()


def link(previous: str, event: Mapping[str, Any]) -> str:
    """The hash of an event: sha256 of the hash of the one before and the event's canonical JSON."""
    said = canonical({name: event[name] for name in COLUMNS})
    return hashlib.sha256((previous + said).encode()).hexdigest()


def verify(events: Iterable[Mapping[str, Any]], start: str, end: tuple[int, str]) -> None:
    """Check every link.

    Parameters
    ----------
    events: all of them, in order.
    start: the hash that the chain begins with.
    end: number and hash of the last event.

    Raises
    ------
    UserError: an event was changed, taken out or put in; it names the first place that does not fit.
    """
    seq, previous = 0, start
    for event in events:
        seq += 1
        if (event["seq"], event["previous"], event["hash"]) != (seq, previous, link(previous, event)):
            raise _broken(seq)
        previous = event["hash"]
    if (seq, previous) != end:
        raise _broken(min(seq, end[0]) + 1)


def _broken(seq: int) -> UserError:
    return UserError(
        f"the review's chain is broken at event {seq}",
        got="an event that was changed, removed or added outside the program",
        todo="go back to a copy of the store that verifies",
    )
