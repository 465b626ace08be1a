"""The runs of a study: which designs asked for them, how their losses fell, and what each was made from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sempairs.core.files import hash_of
from sempairs.report.contents import Contents
from sempairs.report.figures import curves
from sempairs.report.gain_figures import Block, Figure
from sempairs.report.marks import Mark
from sempairs.report.places import Setting, named, place_of, settings_of
from sempairs.study.records import Records

PANELS = 12  # of loss curves; a study with more shows those of its main setting, without a line for each seed


@dataclass(frozen=True)
class DesignRow:
    """A design with the number of its levels and runs."""

    name: str
    kind: str
    arms: int
    conditions: int
    seeds: int
    runs: int
    missing: int


def designs(records: Records) -> list[DesignRow]:
    """The designs of a study; a run may stand in two."""
    rows, missing = [], set(records.missing)
    for name, design in records.study.designs.items():
        cells = records.study.cells_of({name: design})
        rows.append(
            DesignRow(
                name,
                design.kind,
                arms=len({cell.arm for cell in cells}),
                conditions=len({cell.condition for cell in cells}),
                seeds=len({cell.seed for cell in cells}),
                runs=len(cells),
                missing=len(missing.intersection(cells)),
            )
        )
    return rows


def curve_blocks(contents: Contents, marks: Mapping[str, Mark]) -> Iterator[Block]:
    """For each setting a panel of loss curves for each method; of a large study for the main setting alone."""
    runs, study = contents.records.runs, contents.study
    conditions = list(dict.fromkeys(run.cell.condition for run in runs))
    settings = settings_of(study)
    for place, setting in enumerate(settings if len(conditions) <= PANELS else settings[:1]):
        own = [condition for condition in conditions if Setting.of(condition) == setting]
        figures = [
            Figure(
                condition.method,
                curves([run for run in runs if run.cell.condition == condition], marks, f"curves-{place}-{number}",
                       seeds=len(conditions) <= PANELS),
            )
            for number, condition in enumerate(own)
        ]  # fmt: skip
        if figures:
            yield Block(named(setting, study), figures)


@dataclass(frozen=True)
class LineageRow:
    """A run and what it was made from: hashes of its settings without the pairs, and of its pair set.

    Arms that are matched have the same settings in one condition and seed.
    """

    arm: str
    condition: str
    seed: int
    run: str
    settings: str
    pairs: str


def lineage(records: Records) -> list[LineageRow]:
    """Every run of a study."""
    return [
        LineageRow(
            run.cell.arm,
            place_of(run.cell.condition, records.study),
            run.cell.seed,
            run.run,
            hash_of({key: value for key, value in run.settings.items() if key != "pairs"}),
            run.settings["pairs"],
        )
        for run in records.runs
    ]
