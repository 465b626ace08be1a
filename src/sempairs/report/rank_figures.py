"""Ranks of the arms over data sets: the critical-difference diagram and what it says."""

from collections.abc import Iterator, Mapping

from sempairs.report.critical import critical_difference
from sempairs.report.gain_figures import Figure
from sempairs.report.gains import Gains
from sempairs.report.marks import Mark
from sempairs.report.numbers import counted, p_value
from sempairs.study.compare import Comparison
from sempairs.study.ranking import ranks


def rank_figures(comparison: Comparison, gains: Gains, marks: Mapping[str, Mark]) -> Iterator[Figure]:
    """A diagram for each metric that stands for two data sets or more."""
    metrics = dict.fromkeys(metric.metric for own in gains.chosen.values() for metric in own)
    for place, metric in enumerate(metrics):
        found = ranks(comparison, metric)
        if found is not None:
            body = critical_difference(
                found.names, found.ranks, found.critical_difference, found.cliques, marks, f"ranks-{place}"
            )
            told = "are not told apart" if found.p > found.alpha else "differ"
            p = p_value(found.p) if found.p < 0.001 else f"= {p_value(found.p)}"
            of = f"by {metric} over {counted(found.n, 'data set')}"
            yield Figure(f"Average ranks {of}, 1 is best; the arms {told}, p {p}", body)
