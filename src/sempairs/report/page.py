"""The report: one page that carries everything in it, and the same table as CSV and JSON."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from sempairs.core.files import write_json, write_text
from sempairs.pairs.audit import Audit
from sempairs.report.conditions import conditions, member
from sempairs.report.contents import Contents, read_contents
from sempairs.report.evaluation_page import drawn
from sempairs.report.figures import curves, forest, forest_limits, histogram
from sempairs.report.limits import limits
from sempairs.report.marks import Mark, marks_of
from sempairs.report.pictures import PIXELATED, Picture, pictures
from sempairs.report.rendering import render_page
from sempairs.report.study_file import to_toml
from sempairs.report.table import table_rows, to_csv
from sempairs.report.wording import findings, merged
from sempairs.study.compare import Line
from sempairs.study.matrix import Arm


@dataclass(frozen=True)
class ArmSection:
    """One arm as the page shows it."""

    name: str
    arm: Arm
    mark: Mark
    audit: Audit
    pictures: list[Picture]
    histogram: Markup | None

    @property
    def differing(self) -> int:
        """How many of the example pairs are of different classes."""
        return sum(not picture.same_class for picture in self.pictures)

    @property
    def recipe(self) -> str:
        """How the pairs were made, with all options that the study file gives."""
        if self.arm.miner is None:
            return f"rule {member(self.arm.rule or {})}"
        return f"miner {member(self.arm.miner)}, on features of {member(self.arm.features or {})}"

    @property
    def partners(self) -> tuple[float, int, float]:
        """Of the pool's images: the mean number of partners, the largest, and the share that has none."""
        images = sum(self.audit.partners)
        total = sum(number * count for number, count in enumerate(self.audit.partners))
        return total / images, len(self.audit.partners) - 1, self.audit.partners[0] / images


@dataclass(frozen=True)
class ResultSection:
    """The scores of one method on one data set."""

    method: str
    title: str
    lines: list[Line]
    forest: Markup | None


def write_report(folder: Path) -> Path:
    """Write `report.html`, `results.csv` and `results.json` into a finished study's folder, from what is in it.

    Returns
    -------
    The path of the page.

    Raises
    ------
    UserError: the folder has no study, the study is not finished, or a file of it is damaged.
    """
    contents = read_contents(folder)
    page, rows = render(contents), table_rows(contents.comparison)
    write_text(folder / "results.csv", to_csv(rows))
    write_json(folder / "results.json", rows)
    write_text(folder / "report.html", page)
    return folder / "report.html"


def render(contents: Contents) -> str:
    """The page as text: the same for the same contents and versions."""
    study, comparison = contents.study, contents.comparison
    marks = marks_of([comparison.baseline, *(arm for arm in study.arms if arm != comparison.baseline)])
    height = next(iter(contents.examples.values())).images.shape[2]
    return render_page(
        "study.html",
        study=study,
        pool=_pool(study.pool.source, study.pool.images),
        baseline=comparison.baseline,
        findings=findings(comparison, contents.controls),
        arms=list(_arm_sections(contents, marks)),
        marks=marks,
        pixelated=height <= PIXELATED,
        conditions=conditions(contents),
        results=list(_result_sections(contents, marks)),
        protocols=[(metric, merged(ways)) for metric, ways in contents.protocols.items()],
        shown_of=f"{next(iter(study.methods))}, seed {study.seeds[0]}",
        seen=[
            (study.evaluate[data].title, list(drawn(scores, marks, f"seen-{place}")))
            for place, (data, scores) in enumerate(contents.scores.items())
        ],
        curves=[
            (method, curves([run for run in contents.trainings if run.method == method], marks, f"curves-{place}"))
            for place, method in enumerate(study.methods)
        ],
        limits=limits(contents),
        trainings=contents.trainings,
        study_toml=to_toml(study.model_dump(mode="json", by_alias=True)),
    )


def _pool(source: dict[str, Any], images: int | None) -> str:
    """What the pairs are made of."""
    return f"{'all' if images is None else f'{images:,}'} images of {member(source)}"


def _arm_sections(contents: Contents, marks: dict[str, Mark]) -> Iterator[ArmSection]:
    for place, (name, arm) in enumerate(contents.study.arms.items()):
        audit, similarity = contents.audits[name], contents.audits[name].similarity
        figure = similarity and histogram(
            similarity["edges"], [(marks[name], similarity["counts"])], f"similarity-{place}"
        )
        yield ArmSection(name, arm, marks[name], audit, pictures(contents.examples[name]), figure or None)


def _result_sections(contents: Contents, marks: dict[str, Mark]) -> Iterator[ResultSection]:
    """One section for each method and data set; those of one method share their x axis."""
    lines = contents.comparison.lines
    groups = itertools.groupby(lines, key=lambda line: (line.method, line.data))
    for place, ((method, data), group) in enumerate(groups):
        own = list(group)
        compared = [line for line in _in_points(own) if line.difference is not None]
        limits = forest_limits(_in_points([line for line in lines if line.method == method]))
        figure = forest(compared, marks, limits, f"forest-{place}") if compared else None
        yield ResultSection(method, contents.study.evaluate[data].title, own, figure)


def _in_points(lines: Sequence[Line]) -> list[Line]:
    """What one axis can hold: the lines in percent that judge, as gains."""
    return [line.as_gain for line in lines if line.unit == "%" and line.direction != "neither"]
