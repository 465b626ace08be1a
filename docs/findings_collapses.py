"""Where docs/findings.md says which trainings collapsed: what such encoders score says little of their pairs."""

from collections import Counter
from collections.abc import Iterable, Mapping

from findings_words import table

from sempairs.report.limits import collapsed_runs
from sempairs.report.numbers import listed
from sempairs.report.places import place_of
from sempairs.study.claims import Evidence
from sempairs.study.records import RunRecord

ABOUT = """A training has collapsed when the embeddings of different images are all but equal at its end. Its scores are
in all tables and means of this page like those of any other: pairs that a method collapses on are no good to it.

"""


def collapses(found: Mapping[str, Evidence]) -> str:
    """Of each study, by method and arm."""
    rows = []
    for name, own in found.items():
        runs, failed = (_by_place(records, own) for records in (own.records.runs, collapsed_runs(own.records)))
        rows += [[name, place, arm, f"{n} of {runs[place, arm]}"] for (place, arm), n in failed.items()]
    return ABOUT + (table(("study", "training of", "pairs", "collapsed"), rows) if rows else "None has.\n")


def collapses_of(method: str, study: Evidence) -> str:
    """Of one method in a few words, nothing where none has: " (collapsed: 3 of 3 on random pairs)"."""
    runs, failed = (
        Counter(run.cell.arm for run in records if run.cell.method == method)
        for records in (study.records.runs, collapsed_runs(study.records))
    )
    said = [f"{n} of {runs[arm]} on {arm} pairs" for arm, n in failed.items()]
    return f" (collapsed: {listed(said)})" if said else ""


def _by_place(runs: Iterable[RunRecord], study: Evidence) -> Counter[tuple[str, str]]:
    return Counter((place_of(run.cell.condition, study.study), run.cell.arm) for run in runs)
