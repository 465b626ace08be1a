"""Arms ranked over data sets, the methods averaged first: what a critical-difference diagram shows."""

import numpy as np

from sempairs.statistics import RankComparison, compare_ranks
from sempairs.study.compare import Comparison, Line


def ranks(comparison: Comparison, metric: str) -> RankComparison | None:
    """Rank the arms on every data set that has this metric, and compare them over the data sets.

    On each data set an arm has the mean over its seeds and all methods, with the study's first encoder, views and
    budget. An arm is ranked if nowhere there it is refused or lacks a score that the baseline has.

    Returns
    -------
    The comparison; None with fewer than two data sets or three arms, or by a metric of which none is the better end.
    """
    lines = [
        line for line in comparison.lines
        if line.metric == metric and line.direction != "neither"
        and line.against in ("", comparison.baseline) and not line.refused
    ]  # fmt: skip
    lines = [line for line in lines if _surroundings(line) == _surroundings(lines[0])]
    scores: dict[str, dict[tuple[str, str], float]] = {}
    for line in lines:
        sign = -1 if line.direction == "lower" else 1
        scores.setdefault(line.arm, {})[line.data, line.method] = sign * line.mean
    places = scores.get(comparison.baseline, {})
    arms = [arm for arm, own in scores.items() if own.keys() == places.keys()]
    data = list(dict.fromkeys(name for name, _ in places))
    if len(arms) < 3 or len(data) < 2:
        return None
    means = [
        [np.mean([score for (name, _), score in scores[arm].items() if name == one]) for arm in arms] for one in data
    ]
    return compare_ranks(np.array(means), arms)


def _surroundings(line: Line) -> tuple[str, str, str]:
    return line.condition.encoder, line.condition.views, line.condition.budget
