"""`sempairs train`: one training."""

from pathlib import Path
from typing import Annotated

import typer

from sempairs.cli import arguments


def train(
    pairs: Annotated[str, typer.Argument(help="A pair set (Parquet), or images: then each is paired with itself.")],
    out: Annotated[Path, typer.Option(help="A folder of runs; the run gets a folder of its own in it.")] = Path("runs"),
    method: arguments.Method = "simclr",
    encoder: arguments.Encoder = "small-resnet",
    views: arguments.Views = "simclr",
    source: Annotated[str | None, typer.Option(help="The images, if they are elsewhere than when paired.")] = None,
    set_: arguments.Assignments = None,
) -> None:
    """Train an encoder on a pair set; a run that was stopped goes on (options: --set training.passes=50)."""
    from sempairs.core.runs import RunStore
    from sempairs.pairs import PairSet
    from sempairs.pairs.rules import identity
    from sempairs.training.loop import train as train_pairs

    options = arguments.tables(set_, "source", *arguments.TRAINING)
    settings = arguments.training(method, encoder, views, options)
    if pairs.endswith(".parquet"):
        pair_set = PairSet.load(Path(pairs))
        images = pair_set.open_source() if source is None else arguments.opened(source, options.get("source"))
    else:
        images = arguments.opened(pairs, options.get("source"))
        pair_set = identity(images)
    run = train_pairs(pair_set, images, settings, RunStore(out))
    seen, seconds = run.result["pairs_seen"], run.result["seconds"]
    print(f"{run.result['steps']:,} steps, {seen:,} pairs, {seconds:.0f} s")
    print(f"run: {run.folder}")
