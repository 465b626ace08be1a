"""`sempairs study`: plan, run, watch and report a study file."""

from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(no_args_is_help=True, help="Run a study: arms x methods x seeds under matched conditions.")
File = Annotated[Path, typer.Argument(help="A study file (TOML).")]
Folder = Annotated[Path, typer.Argument(help="A study's folder.")]
Runs = Annotated[
    Path | None,
    typer.Option(help="Where trainings are kept, such as a folder that several studies share. Default: FOLDER/runs."),
]
Processes = Annotated[int, typer.Option(min=1, help="How many processes of this machine share the runs and its cores.")]


@app.command()
def plan(
    file: File,
    out: Annotated[Path | None, typer.Option(help="The study's folder, if it has begun: what is done counts.")] = None,
    runs: Runs = None,
    processes: Processes = 1,
    quick: Annotated[bool, typer.Option("--quick", help="Time nothing: runs, sizes and settings alone.")] = False,
) -> None:
    """Check a study file; print its runs, and the time and disk they take, by a few timed steps. Starts nothing."""
    from sempairs.cli.study_showing import show_plan
    from sempairs.study.matrix import Study
    from sempairs.study.plan import plan_study

    show_plan(plan_study(Study.load(file), out, runs=runs, processes=processes, timed=not quick))


@app.command()
def run(
    file: File,
    out: Annotated[Path, typer.Option(help="The study's folder.")],
    runs: Runs = None,
    shard: Annotated[
        str | None,
        typer.Option(
            metavar="NUMBER/PARTS",
            help="One part of the runs, counted from 1, for other machines to do the others. As a Slurm array: "
            "sbatch --array=1-8, --shard $SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT "
            "(with --array=0-7: $((SLURM_ARRAY_TASK_ID + 1))/8).",
        ),
    ] = None,
    processes: Processes = 1,
    report: Annotated[
        bool, typer.Option("--report/--no-report", help="Write the report when all runs are done.")
    ] = True,
) -> None:
    """Run what is missing of a study, then write its report. Stop and start it as you like."""
    from sempairs.core.errors import UserError
    from sempairs.study.processes import ends_as_interrupted
    from sempairs.study.shards import Shard

    if shard is not None and processes > 1:
        raise UserError("a part of a study is run by one process", got=f"--processes {processes}", todo="leave one out")
    part = None if shard is None else Shard.parse(shard)
    with ends_as_interrupted():
        run_and_report(file, out, runs=runs, shard=part, processes=processes, report=report)


@app.command()
def status(
    folder: Folder,
    runs: Runs = None,
    watch: Annotated[bool, typer.Option("--watch", help="Look again every two seconds, until it is done.")] = False,
) -> None:
    """Show how far a study is: what is done, at work and left, how fast, and what has collapsed."""
    from sempairs.cli.study_showing import show_status
    from sempairs.study.status import StatusReader

    show_status(StatusReader(folder, runs), watch)


@app.command()
def report(folder: Folder, runs: Runs = None) -> None:
    """Write the report of a study again, also of one that is not finished, from its JSON lines, and print its table."""
    from sempairs.core.errors import UserError
    from sempairs.study.collect import collect_again

    if not folder.is_dir():
        raise UserError(f"there is no folder {folder}", todo="give the folder of a study")
    collect_again(folder, runs or folder / "runs")
    _write_report(folder)


def run_and_report(
    file: Path, out: Path, *, runs: Path | None = None, shard: Any = None, processes: int = 1, report: bool = True
) -> None:
    """Run a study file into a folder; when all is done, print the table and say where the report is."""
    from sempairs.core.progress import say
    from sempairs.study.finished import is_finished
    from sempairs.study.matrix import Study
    from sempairs.study.runner import run_study

    study = Study.load(file)
    say(f"{study.file.title}: {len(study.cells)} runs into {out}")
    if processes > 1:
        _run_in_processes(study, file, out, runs, processes)
    else:
        run_study(study, out, runs=runs, shard=shard)
    left = sum(not is_finished(study, out, cell) for cell in study.cells)
    if left:
        say(f"this part is done; runs of other parts that are left: {left}")
    elif report:
        _write_report(out)


def _run_in_processes(study: Any, file: Path, out: Path, runs: Path | None, count: int) -> None:
    """Run all parts of a study at one time, showing how far it is."""
    from sempairs.cli.study_showing import Watching
    from sempairs.study.processes import run_in_processes
    from sempairs.study.runner import claim
    from sempairs.study.status import StatusReader

    claim(study, out)
    arguments = [str(file), "--out", str(out), "--no-report", *([] if runs is None else ["--runs", str(runs)])]
    with Watching(StatusReader(out, runs)) as look:
        run_in_processes(arguments, count, out / "logs", look)


def _write_report(folder: Path) -> None:
    from rich.console import Console

    from sempairs.report.contents import read_contents
    from sempairs.report.page import write_contents
    from sempairs.report.table import print_contents

    contents = read_contents(folder)  # once: comparing takes longest
    path = write_contents(contents, folder)
    print_contents(contents, Console())
    print(f"report: {path.resolve()}")
