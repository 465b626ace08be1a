"""`sempairs sources`: look at image collections, and write their features."""

from pathlib import Path
from typing import Annotated

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
    import time

    import numpy as np

    from sempairs.core.progress import say

    began = time.monotonic()
    opened = arguments.opened(source, arguments.tables(set_, "source").get("source"))
    seconds = time.monotonic() - began
    say(f"opened in {seconds:.1f} s ({len(opened) / seconds:,.0f} images/s)")
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


@app.command()
def prepare(
    name: Annotated[str, typer.Argument(help="A data set of the transfer suite: food101, cifar10, pets, ...")],
    folder: Annotated[Path, typer.Argument(help="Where its official archives are; data sets may share it.")],
    unverified: Annotated[
        bool, typer.Option("--unverified", help="Take archives whose md5 is not the authors' as well.")
    ] = False,
    bad_share: Annotated[
        float, typer.Option(min=0, max=1, help="The share of images that may be missing or unreadable.")
    ] = 0.1,
) -> None:
    """Prepare a data set from its official archives, so that it opens at once; says which files are wanted."""
    from sempairs.sources.preparing import prepare as prepare_set

    record = prepare_set(name, str(folder), verified=not unverified, bad_share=bad_share).record
    counts = ", ".join(f"{count:,} {split}" for split, count in record["splits"].items())
    print(f"{name}: {counts}, {record['left_out']:,} left out; {len(record['classes']) or 'several'} classes")
    print(f"sha256 of {name}.parquet {record['sha256']}")
    print(f"open it with --set source.root={folder} --set source.dataset={name} and the source `prepared`")


@app.command()
def features(
    source: arguments.Source,
    out: arguments.Out,
    features: Annotated[str, typer.Option(help="An encoder's name, the folder of a trained one, or a file.")] = "pca",
    engine: arguments.Engines = None,
    workers: arguments.Workers = None,
    address: arguments.Address = None,
    gpus: arguments.Gpus = 0,
    work: arguments.WorkFolder = None,
    set_: arguments.Assignments = None,
) -> None:
    """Write the features of every image as Parquet (options: --set features.dim=16)."""
    from sempairs.encoders.mining import find_features
    from sempairs.pairs.mining.feature_files import save_features

    arguments.check_parquet(out, "a file of features")
    place = arguments.work_of(engine, workers, address, gpus, work)
    options = arguments.tables(set_, "source", "features")
    images = arguments.opened(source, options.get("source"))
    seen = find_features(features, options.get("features"), images, place)
    save_features(seen, images, out)
    print(f"{len(images):,} x {seen.values.shape[1]:,} features of encoder {seen.encoder}: {out}")
