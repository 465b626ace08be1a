"""`sempairs study`: plan and run a study file."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Run a study: arms x methods x seeds under matched conditions.")
File = Annotated[Path, typer.Argument(help="A study file (TOML).")]


@app.command()
def plan(file: File) -> None:
    """Check a study file and list its runs; starts nothing."""
    from sempairs.study.matrix import Cell, Study

    study = Study.load(file)
    for number, cell in enumerate(study.cells, start=1):
        print(f"{number:4}  {cell}")
    print("\nthe same for every run of a method, but for the seed:")
    for method in study.file.methods:
        settings = study.settings(Cell(study.file.baseline, method, study.file.seeds[0])).to_json()
        for table, options in settings.items():
            print(
                f"  {table:9} " + ", ".join(f"{key} = {value}" for key, value in options.items() if value is not None)
            )


@app.command()
def run(file: File, out: Annotated[Path, typer.Option(help="The study's folder.")]) -> None:
    """Run what is missing of a study, then write its report. Stop and start it as you like."""
    run_and_report(file, out)


def run_and_report(file: Path, out: Path) -> None:
    """Run a study file into a folder, print the table and say where the report is."""
    from sempairs.core.progress import say
    from sempairs.report.page import write_report
    from sempairs.report.table import print_table
    from sempairs.study.matrix import Study
    from sempairs.study.runner import run_study

    study = Study.load(file)
    say(f"{study.file.title}: {len(study.cells)} runs into {out}")
    run_study(study, out)
    path = write_report(out)
    print_table(out)
    print(f"report: {path.resolve()}")
