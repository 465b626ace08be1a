"""What a study took: the seconds of its trainings and evaluations."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from sempairs.report.numbers import counted, listed
from sempairs.study.records import RunRecord


@dataclass(frozen=True)
class Cost:
    """Seconds of the runs of one method; of training by arm, in the order of the arms (None for an arm without runs).

    Parameters
    ----------
    training, evaluation: totals.
    """

    method: str
    runs: int
    by_arm: tuple[float | None, ...]
    training: float
    evaluation: float


def costs(runs: Sequence[RunRecord], arms: Sequence[str]) -> list[Cost]:
    """One row for each method, with the median seconds of a training on each arm."""
    rows = []
    for method in dict.fromkeys(run.cell.method for run in runs):
        own = [run for run in runs if run.cell.method == method]
        by_arm = ([_trained(run) for run in own if run.cell.arm == arm] for arm in arms)
        medians = tuple(statistics.median(seconds) if seconds else None for seconds in by_arm)
        rows.append(Cost(method, len(own), medians, sum(map(_trained, own)), sum(map(_evaluated, own))))
    return rows


def _trained(run: RunRecord) -> float:
    return float(run.result["seconds"])


def _evaluated(run: RunRecord) -> float:
    return sum(run.seconds.values())


def machines(runs: Sequence[RunRecord]) -> str:
    """On what the runs were made: "cpu (torch 2.14.1, threads 1): 12 runs"."""
    count: dict[str, int] = {}
    for run in runs:
        versions = ", ".join(f"{name} {value}" for name, value in run.result["environment"].items())
        place = f"{run.result['device']} ({versions})"
        count[place] = count.get(place, 0) + 1
    return listed([f"{place}: {counted(number, 'run')}" for place, number in count.items()])
