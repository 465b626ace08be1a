"""`sempairs sources`: look at image collections."""

import typer

from sempairs.cli import arguments

app = typer.Typer(no_args_is_help=True, help="Look at image collections.")


@app.command("list")
def list_() -> None:
    """The kinds of source there are."""
    from sempairs.cli.describe import print_family
    from sempairs.sources import SOURCES

    print_family(SOURCES)


@app.command()
def show(source: arguments.Source, set_: arguments.Assignments = None) -> None:
    """How many images, which classes, and which files were left out and why."""
    import numpy as np

    opened = arguments.opened(source, arguments.tables(set_, "source").get("source"))
    height, width, channels = opened.shape
    print(f"{opened.name}: {len(opened):,} images of {height} x {width}, {'grey' if channels == 1 else 'colour'}")
    print(f"fingerprint {opened.fingerprint}")
    if opened.labels is None:
        print("no labels")
    else:
        counts = np.bincount(opened.labels, minlength=len(opened.label_names))
        for name, count in zip(opened.label_names, counts, strict=True):
            print(f"{count:8,}  {name}")
    for bad in opened.quarantined:
        print(f"left out  {bad.id!r}: {bad.reason}")
