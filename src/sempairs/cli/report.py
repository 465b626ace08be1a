"""`sempairs report`: rebuild a report from a study's folder."""

from pathlib import Path
from typing import Annotated

import typer


def report(folder: Annotated[Path, typer.Argument(help="A study's folder.")]) -> None:
    """Write report.html, results.csv and results.json of a finished study again, and print its table."""
    from sempairs.report.page import write_report
    from sempairs.report.table import print_table

    path = write_report(folder)
    print_table(folder)
    print(f"report: {path.resolve()}")
