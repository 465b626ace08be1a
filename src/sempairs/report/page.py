"""The report of a study: one page that carries everything in it, and its comparisons as CSV, JSON and LaTeX."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from sempairs.core.files import write_text
from sempairs.report.abstract import abstract
from sempairs.report.against import against, treatment_sentence
from sempairs.report.arm_sections import arm_sections
from sempairs.report.change_figures import change_sections
from sempairs.report.contents import Contents, read_contents
from sempairs.report.cost import costs, machines
from sempairs.report.described import described
from sempairs.report.evaluation_figures import Drawn
from sempairs.report.evaluation_page import drawn
from sempairs.report.gain_figures import by_method, overviews
from sempairs.report.headline import RULE
from sempairs.report.limits import collapsed, collapsed_runs, limits
from sempairs.report.marks import Mark, marks_of
from sempairs.report.members import factor_levels, images_of
from sempairs.report.pictures import PIXELATED
from sempairs.report.places import place_of
from sempairs.report.proof import may_differ, refused, values_of
from sempairs.report.protocols import protocols
from sempairs.report.rank_figures import rank_figures
from sempairs.report.rendering import render_page
from sempairs.report.results import rows_of, to_csv, to_json, to_latex
from sempairs.report.roles import roles
from sempairs.report.runs import curve_blocks, designs, lineage
from sempairs.report.study_file import to_toml
from sempairs.report.summaries import across_table, gap_table
from sempairs.report.tables import has_room, sections
from sempairs.statistics import least_p
from sempairs.study.matching import proof_table

ROOM = 300_000  # letters for the pictures of evaluations


def write_report(folder: Path) -> Path:
    """Write `report.html`, `results.csv`, `results.json` and `results.tex` into a study's folder, from its records.

    Returns
    -------
    The path of the page.

    Raises
    ------
    UserError: the folder has no study, no run of it is finished, or a file of it is damaged.
    """
    return write_contents(read_contents(folder), folder)


def write_contents(contents: Contents, folder: Path) -> Path:
    """The same of what was read already."""
    page, rows = render(contents), rows_of(contents.comparison, contents.gains.pooled)
    write_text(folder / "results.csv", to_csv(rows))
    write_text(folder / "results.json", to_json(rows, contents.records))
    write_text(folder / "results.tex", to_latex(contents.gains))
    write_text(folder / "report.html", page)
    return folder / "report.html"


def render(contents: Contents) -> str:
    """The page as text: the same for the same contents and versions."""
    study, records, gains = contents.study, contents.records, contents.gains
    marks = marks_of([study.baseline, *(arm for arm in study.arms if arm != study.baseline)])
    height = next((own.images.shape[2] for own in contents.examples.values()), 0)
    compared, role = contents.comparison.matched, roles(study)
    return render_page(
        "study.html",
        study=study,
        marks=marks,
        places={arm: place for place, arm in enumerate(marks)},
        abstract=abstract(contents),
        pool=images_of(study.pool),
        arms=list(arm_sections(contents, marks)),
        factors=factor_levels(study),
        designs=designs(records),
        missing=records.missing,
        pixelated=height <= PIXELATED,
        compared=compared,
        pairs_of_runs=sum(len(one.proofs) for one in compared),
        proved=proof_table(compared),
        values_of=values_of,
        noted=proof_table(compared, notes=True),
        refused=refused(compared, study),
        may_differ=may_differ(records.runs, list(study.arms)),
        more_images=next((arm for arm in role if role[arm] == "more images"), ""),
        rule=RULE,
        pooling=gains.several,
        overviews=list(overviews(gains, marks)),
        by_method=list(by_method(gains, marks)),
        compared_arms=[arm for arm in study.arms if any(line.arm == arm and line.against for line in gains.lines)],
        ranks=list(rank_figures(contents.comparison, gains, marks)),
        across=across_table(gains),
        gaps=gap_table(contents.gaps, gains),
        changes=list(change_sections(gains, contents.changes, marks)),
        against=against(contents),
        treatment=treatment_sentence(contents),
        tables=list(sections(gains)),
        has_room=has_room(gains),
        least_p=least_p(len(study.seeds)) if len(study.seeds) > 1 else None,
        described=list(described(contents.comparison, study, marks)),
        seen=list(_seen(contents, marks)),
        shown_of=_shown_of(contents),
        collapses=collapsed(records),
        collapsed_runs=collapsed_runs(records),
        curves=list(curve_blocks(contents, marks)),
        runs=records.runs,
        costs=costs(records.runs, list(study.arms)),
        machines=machines(records.runs),
        limits=limits(records, contents.examples),
        protocols=protocols(records),
        lineage=lineage(records),
        study_toml=to_toml(study.model_dump(mode="json", by_alias=True)),
    )


def _seen(contents: Contents, marks: Mapping[str, Mark]) -> Iterator[tuple[str, list[Drawn]]]:
    """What evaluations kept to be looked at, as much as there is room for."""
    room = ROOM
    for place, (data, scores) in enumerate(contents.scores.items()):
        figures = []
        for figure in drawn(scores, marks, f"seen-{place}"):
            room -= len(figure.body)
            if room >= 0:
                figures.append(figure)
        if figures:
            yield contents.study.evaluate[data].title, figures


def _shown_of(contents: Contents) -> str:
    """Whose pictures are shown."""
    cell = contents.study.cells[0]
    return f"{place_of(cell.condition, contents.study)}, seed {cell.seed}"
