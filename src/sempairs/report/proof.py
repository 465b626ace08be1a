"""What the proof of matching leaves to be said: which comparisons were refused, and what may differ between arms."""

from collections.abc import Sequence
from dataclasses import dataclass

from sempairs.report.numbers import counted, listed_briefly, percent
from sempairs.report.places import place_of
from sempairs.study.matching import Matched, Proof
from sempairs.study.matrix import StudyFile
from sempairs.study.records import RunRecord

SETTINGS, HASH = "settings", 16  # the name of a row of the proof; letters of a hash


def values_of(proof: Proof) -> str:
    """What was found in the runs, in a few words."""
    if proof.name == SETTINGS:
        return "every entry but the pair set, in which the two must differ"
    if all(len(value) == HASH and value.isalnum() for value in proof.values) and len(proof.values) > 1:
        return counted(len(proof.values), "pair set")
    return listed_briefly(proof.values)


@dataclass(frozen=True)
class Refused:
    """Comparisons that are not made, and why."""

    what: str
    why: tuple[str, ...]


def refused(found: Sequence[Matched], study: StudyFile) -> list[Refused]:
    """What was refused; the conditions of one comparison that have the same reasons are one row."""
    rows: dict[tuple[str, str, tuple[str, ...]], list[str]] = {}
    for one in found:
        if one.problems:
            rows.setdefault((one.arm, one.against, one.problems), []).append(place_of(one.condition, study))
    return [
        Refused(f"{arm} against {against}, {'; '.join(places)}", why) for (arm, against, why), places in rows.items()
    ]


@dataclass(frozen=True)
class MayDiffer:
    """What the number of pairs leaves open, of the pair sets of one arm: the range over its runs."""

    arm: str
    images: str
    purity: str


def may_differ(runs: Sequence[RunRecord], arms: Sequence[str]) -> list[MayDiffer]:
    """Distinct images and purity of each arm that has runs."""
    rows = []
    for arm in arms:
        own = [run.pairs for run in runs if run.cell.arm == arm]
        images = [int(pairs["images"]) for pairs in own]
        shares = [pairs["purity"] for pairs in own if pairs.get("purity") is not None]
        if own:
            purity = _range(percent(min(shares)), percent(max(shares))) if shares else "unknown, no labels"
            rows.append(MayDiffer(arm, _range(f"{min(images):,}", f"{max(images):,}"), purity))
    return rows


def _range(low: str, high: str) -> str:
    return low if low == high else f"{low} to {high}"
