"""Timing two things in turn, so that a machine that changes its speed changes it for both."""

import statistics
import time
from collections.abc import Callable
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
    pairs = []
    for _ in range(runs + 1):
        seconds = []
        for call in (ours, peer):
            began = clock()
            call()
            seconds.append(clock() - began)
        pairs.append(seconds)
    pairs = pairs[1:]
    ratios = [theirs / mine for mine, theirs in pairs]
    mine, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    return Row(
        name,
        unit,
        amount / mine,
        amount / theirs,
        peer_name,
        statistics.median(ratios),
        min(ratios),
        max(ratios),
        runs,
        aim,
    )
