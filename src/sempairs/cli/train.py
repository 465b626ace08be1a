"""`sempairs train`: one training, on one process or on those that torchrun starts."""

from pathlib import Path
from typing import Annotated, Any

import typer

from sempairs.cli import arguments


def train(
    pairs: Annotated[str, typer.Argument(help="A pair set (Parquet), or images: then each is paired with itself.")],
    out: Annotated[Path, typer.Option(help="A folder of runs; the run gets a folder of its own in it.")] = Path("runs"),
    method: arguments.Method = "simclr",
    encoder: arguments.Encoder = "small-resnet",
    views: arguments.Views = "simclr",
    source: Annotated[str | None, typer.Option(help="The images, if they are elsewhere than when paired.")] = None,
    online: Annotated[
        str | None, typer.Option(help="Labelled images to score the encoder on while it trains: half to learn from.")
    ] = None,
    online_with: Annotated[str, typer.Option(help="By which evaluations, with commas between.")] = "knn",
    online_every: Annotated[int, typer.Option(min=1, help="How many steps lie between two.")] = 100,
    track: Annotated[
        list[str] | None, typer.Option(help="Show the run there too: tensorboard, mlflow, wandb. May be repeated.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print settings, size, time and memory from a few steps; train nothing.")
    ] = False,
    set_: arguments.Assignments = None,
) -> None:
    """Train an encoder on a pair set; a run that was stopped goes on (options: --set training.passes=50).

    On several GPUs, or processes: torchrun --nproc-per-node 4 -m sempairs train ...
    """
    from sempairs.core.runs import RunStore
    from sempairs.training import distributed
    from sempairs.training.loop import train as train_pairs
    from sempairs.training.trackers import TRACKERS
    from sempairs.training.trial import trial

    options = arguments.tables(set_, "source", *arguments.TRAINING)
    settings = arguments.training(method, encoder, views, options)
    trackers = [TRACKERS[name]() for name in track or []]
    with distributed.joined():
        with distributed.first_alone():
            pair_set, images = _opened(pairs, source, options.get("source"))
            watching = None if online is None else _online(online, online_with, online_every)
        if dry_run:
            tried = trial(pair_set, images, settings)
            if distributed.is_first():
                print(tried.in_words())
            return
        run = train_pairs(pair_set, images, settings, RunStore(out), online=watching, trackers=trackers)
        if distributed.is_first():
            seen, seconds = run.result["pairs_seen"], run.result["seconds"]
            print(f"{run.result['steps']:,} steps, {seen:,} pairs, {seconds:.0f} s")
            print(f"run: {run.folder}")


def _opened(pairs: str, source: str | None, options: dict[str, Any] | None) -> Any:
    """The pair set and its images."""
    from sempairs.pairs import PairSet
    from sempairs.pairs.rules import identity

    if pairs.endswith(".parquet"):
        pair_set = PairSet.load(Path(pairs))
        return pair_set, pair_set.open_source() if source is None else arguments.opened(source, options)
    images = arguments.opened(pairs, options)
    return identity(images), images


def _online(text: str, names: str, every: int) -> Any:
    """What scores the encoder now and then."""
    from sempairs.evaluation.online import online
    from sempairs.sources.sampling import split
    from sempairs.training.loop import Online

    whole = arguments.opened(text, None)
    whole.need_labels("an online evaluation")
    learn, test = split(whole, len(whole) // 2)
    return Online(online(learn, test, [name.strip() for name in names.split(",")]), every)
