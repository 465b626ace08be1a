"""Timing things in turn, so that a machine that changes its speed changes it for all of them."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """One line of the results.

    Parameters
    ----------
    name: what was measured.
    ours, peer: in `unit` per second; medians over `runs` pairs of runs.
    peer_name: what ours is compared with.
    ratio: how many times as fast ours is; the median of the ratios of the pairs.
    low, high: the smallest and the largest ratio.
    aim: the ratio we want, or None.
    """

    name: str
    unit: str
    ours: float
    peer: float
    peer_name: str
    ratio: float
    low: float
    high: float
    runs: int
    aim: float | None = None

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)


@dataclass(frozen=True)
class Peer:
    """What ours is compared with: a call that does the same amount of work, and the ratio we want, if any."""

    name: str
    call: Callable[[], object]
    aim: float | None = None


def compare(
    name: str,
    unit: str,
    amount: int,
    ours: Callable[[], object],
    peer_name: str,
    peer: Callable[[], object],
    runs: int = 7,
    clock: Callable[[], float] = time.perf_counter,
    aim: float | None = None,
) -> Row:
    """Run `ours` and `peer` in turn, `runs` times after one warm-up; each call does `amount` units of work."""
    return compare_all(name, unit, amount, ours, [Peer(peer_name, peer, aim)], runs, clock)[0]


def compare_all(
    name: str,
    unit: str,
    amount: int,
    ours: Callable[[], object],
    peers: Sequence[Peer],
    runs: int = 7,
    clock: Callable[[], float] = time.perf_counter,
) -> list[Row]:
    """The same with several peers, all in turn: a row for each."""

    def timed(call: Callable[[], object]) -> Callable[[], float]:
        def seconds() -> float:
            began = clock()
            call()
            return clock() - began

        return seconds

    stopped = [Peer(peer.name, timed(peer.call), peer.aim) for peer in peers]
    for call in (ours, *(peer.call for peer in peers)):
        call()
    return rows(name, unit, amount, timed(ours), stopped, runs)


def rows(name: str, unit: str, amount: int, ours: Callable[[], float], peers: Sequence[Peer], runs: int) -> list[Row]:
    """As `compare_all` of calls that time themselves and return seconds; no warm-up."""
    mine, *theirs = zip(*[[ours(), *(peer.call() for peer in peers)] for _ in range(runs)], strict=True)
    made = []
    for peer, seconds in zip(peers, theirs, strict=True):
        ratios = [their / my for my, their in zip(mine, seconds, strict=True)]
        speeds = (amount / statistics.median(mine), amount / statistics.median(seconds))
        spread = (statistics.median(ratios), min(ratios), max(ratios))
        made.append(Row(name, unit, speeds[0], speeds[1], peer.name, *spread, runs, peer.aim))
    return made
