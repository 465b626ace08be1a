"""Proof from the records that two runs differ in one factor, such as the arm, and in nothing else."""

import itertools
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sempairs.study.cells import Cell, Condition
from sempairs.study.records import Records, RunRecord

DECIDES = {"arm": (), "encoder": ("encoder",), "views": ("views",), "budget": ("training",)}
"""The tables of a run's settings that a factor decides. The arm decides the pair set, which is looked at apart."""


@dataclass(frozen=True)
class Row:
    """One thing that was looked at in both runs.

    Parameters
    ----------
    ours, theirs: what it is in each.
    problems: how it is not as it must be; of a note, how the two differ.
    """

    name: str
    ours: Any
    theirs: Any
    problems: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether it is as it must be."""
        return not self.problems


@dataclass(frozen=True)
class Match:
    """What two runs have in common.

    Parameters
    ----------
    rows: what must hold, or the two are not to be compared.
    notes: what may differ, and should be known.
    """

    rows: tuple[Row, ...]
    notes: tuple[Row, ...]

    @property
    def problems(self) -> tuple[str, ...]:
        """Why the two are not matched; empty if they are."""
        return tuple(problem for row in self.rows for problem in row.problems)


def prove(ours: RunRecord, theirs: RunRecord, factor: str = "arm") -> Match:
    """Look at everything that decides the weights of two runs.

    Parameters
    ----------
    factor: what the two are meant to differ in. For "arm" their pair sets must differ; for a factor of the condition
        they may, since an arm may look through the encoder of its own condition.
    """
    apart = ("pairs", "images", *DECIDES[factor])
    rows = [
        _same_entries("settings", _leaves(ours.settings, apart), _leaves(theirs.settings, apart)),
        _one_seed(ours, theirs),
        _known("images of the pool", ours.settings.get("images"), theirs.settings.get("images")),
        _known("number of pairs", ours.pairs.get("pairs"), theirs.pairs.get("pairs")),
    ]
    if factor != "budget":
        rows.append(_known("optimizer steps", ours.result.get("steps"), theirs.result.get("steps")))
        rows.append(_known("pairs seen", ours.result.get("pairs_seen"), theirs.result.get("pairs_seen")))
    notes = [
        _same("distinct images", ours.pairs.get("images"), theirs.pairs.get("images")),
        _same("purity", ours.pairs.get("purity"), theirs.pairs.get("purity")),
        _same_entries("machine and versions", _machine(ours), _machine(theirs)),
    ]
    firsts = _known("images that stand as a", ours.pairs.get("firsts"), theirs.pairs.get("firsts"))
    classes = ours.pairs.get("classes") or {}, theirs.pairs.get("classes") or {}
    if any(classes):
        rows.append(_same_entries("classes of a", *classes, "pairs of "))
        notes.insert(0, firsts)
    else:  # without labels only the very same images can show that the classes are the same
        rows.append(firsts)
    rows.append(_described(ours, theirs))
    if factor == "arm":
        rows.append(_two_pair_sets(ours, theirs))
    return Match(tuple(rows), tuple(notes))


def _same(name: str, ours: Any, theirs: Any) -> Row:
    return Row(name, ours, theirs, () if ours == theirs else (f"other {name}: {shown(ours)} and {shown(theirs)}",))


def _known(name: str, ours: Any, theirs: Any) -> Row:
    """A row that proves nothing if a record does not say what it is."""
    return Row(name, ours, theirs, (f"not recorded: {name}",)) if None in (ours, theirs) else _same(name, ours, theirs)


def _one_seed(ours: RunRecord, theirs: RunRecord) -> Row:
    """Whether both were trained with the seed that they stand for: a run under two seeds would count twice."""
    mine, other = (run.settings.get("training", {}).get("seed") for run in (ours, theirs))
    trained = zip((ours.cell, theirs.cell), (mine, other), strict=True)
    wrong = (f"{cell} was trained with seed {seed}" for cell, seed in trained if seed != cell.seed)
    return Row("seed", mine, other, (*_same("seed", ours.cell.seed, theirs.cell.seed).problems, *wrong))


def _same_entries(name: str, ours: Mapping[str, Any], theirs: Mapping[str, Any], of: str = "") -> Row:
    """A row of two tables, with a problem for each entry that differs."""
    rows = (_same(of + key, ours.get(key), theirs.get(key)) for key in dict.fromkeys([*ours, *theirs]))
    return Row(name, ours, theirs, tuple(problem for row in rows for problem in row.problems))


def _described(ours: RunRecord, theirs: RunRecord) -> Row:
    """Whether what is said of the pairs is said of those that each run was trained on."""
    wrong = [run.cell for run in (ours, theirs) if run.pairs.get("hash") != run.settings.get("pairs")]
    problems = tuple(f"the pairs described for {cell} are not those it was trained on" for cell in wrong)
    return Row("pairs described are those trained on", ours.pairs.get("hash"), theirs.pairs.get("hash"), problems)


def _two_pair_sets(ours: RunRecord, theirs: RunRecord) -> Row:
    """Whether the arms differ at all; a run differs from itself by exactly nothing, which says nothing."""
    hashes = ours.settings.get("pairs"), theirs.settings.get("pairs")
    return Row("the pair sets differ", *hashes, () if hashes[0] != hashes[1] else ("both arms have the same pairs",))


def _machine(run: RunRecord) -> dict[str, Any]:
    return _leaves({key: run.result.get(key) for key in ("device", "processes", "environment")})


def _leaves(table: Mapping[str, Any], but: Collection[str] = (), place: str = "") -> dict[str, Any]:
    """The values of nested tables by the path to each; `but` are keys of the first level that are left out."""
    leaves: dict[str, Any] = {}
    for key, value in table.items():
        if key not in but:
            leaves |= _leaves(value, (), f"{place}{key}.") if isinstance(value, Mapping) else {f"{place}{key}": value}
    return leaves


def shown(value: Any) -> str:
    """A value of a row as text; of a table of counts how many there are and how large they are."""
    if isinstance(value, Mapping):
        if value and all(isinstance(count, int) for count in value.values()):
            low, high = min(value.values()), max(value.values())
            return f"{len(value)}, {low:,} each" if low == high else f"{len(value)}, {low:,} to {high:,} each"
        return str(len(value))
    if isinstance(value, float):
        return f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


@dataclass(frozen=True)
class Matched:
    """One arm compared with another under one condition: the proofs of all seeds that both have.

    Parameters
    ----------
    proofs: one for each of `seeds`.
    lacking: what one of the two lacks and the other has, in sentences.
    """

    arm: str
    against: str
    condition: Condition
    seeds: tuple[int, ...]
    proofs: tuple[Match, ...]
    lacking: tuple[str, ...]

    @property
    def problems(self) -> tuple[str, ...]:
        """Why the two are not compared, each reason once; empty if they are matched."""
        return tuple(dict.fromkeys([*self.lacking, *(problem for proof in self.proofs for problem in proof.problems)]))


def matched(records: Records) -> tuple[Matched, ...]:
    """The proof of each comparison of a study of which there is a run, condition by condition.

    A study that is not finished compares the seeds that are there for both arms, if they are the same ones.
    """
    study, runs = records.study, {run.cell: run for run in records.runs}
    planned = set(study.cells)
    conditions = dict.fromkeys(cell.condition for cell in study.cells)
    found = []
    for condition, (arm, against) in itertools.product(conditions, study.comparisons):
        cells = [(Cell(arm, seed, condition), Cell(against, seed, condition)) for seed in study.seeds]
        cells = [both for both in cells if planned.issuperset(both)]
        ours, theirs = ({one[side].seed: runs[one[side]] for one in cells if one[side] in runs} for side in (0, 1))
        if ours or theirs:
            seeds = tuple(seed for seed in ours if seed in theirs)
            proofs = tuple(prove(ours[seed], theirs[seed]) for seed in seeds)
            found.append(Matched(arm, against, condition, seeds, proofs, lacking({arm: ours, against: theirs})))
    return tuple(found)


def lacking(seeds: Mapping[str, Collection[int]]) -> tuple[str, ...]:
    """Of two arms what one lacks and the other has: "seeds 1 and 2 of semantic are missing"."""
    sentences = []
    for arm, own in seeds.items():
        missing = [str(seed) for seed in dict.fromkeys(itertools.chain(*seeds.values())) if seed not in own]
        if missing:
            named = f"seeds {', '.join(missing[:-1])} and {missing[-1]}" if len(missing) > 1 else f"seed {missing[0]}"
            sentences.append(f"{named} of {arm} {'are' if len(missing) > 1 else 'is'} missing")
    return tuple(sentences)


@dataclass(frozen=True)
class Proof:
    """What was looked at in all comparisons of a study.

    Parameters
    ----------
    holds, of: in how many comparisons it is as it must be (of a note: alike), of how many.
    values: what it is in the runs, each value once, as text.
    """

    name: str
    holds: int
    of: int
    values: tuple[str, ...]


def proof_table(comparisons: Iterable[Matched], notes: bool = False) -> list[Proof]:
    """What was proved in how many comparisons; with `notes` what may differ, and in how many it does not."""
    looked: dict[str, list[list[Row]]] = {}
    for comparison in comparisons:
        own: dict[str, list[Row]] = {}
        for proof in comparison.proofs:
            for row in proof.notes if notes else proof.rows:
                own.setdefault(row.name, []).append(row)
        for name, rows in own.items():
            looked.setdefault(name, []).append(rows)
    table = []
    for name, every in looked.items():
        values = dict.fromkeys(shown(value) for rows in every for row in rows for value in (row.ours, row.theirs))
        table.append(Proof(name, sum(all(row.holds for row in rows) for rows in every), len(every), tuple(values)))
    return table
