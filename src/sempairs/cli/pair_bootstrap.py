"""`sempairs pairs bootstrap`: train, mine, train on what was mined, and so on."""

import enum
from pathlib import Path
from typing import Annotated

import typer

from sempairs.cli import arguments


class Start(enum.StrEnum):
    """What a round trains from."""

    fresh = "fresh"
    previous = "previous"


def add_to(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("bootstrap")(bootstrap)


def bootstrap(
    source: arguments.Source,
    out: Annotated[Path, typer.Option(help="A folder of its own; the same command goes on in it.")],
    rounds: Annotated[int, typer.Option(help="How often to mine.", min=1)] = 3,
    miner: Annotated[str, typer.Option(help="A mining rule (`sempairs describe 'mining rule'`).")] = "mutual",
    features: Annotated[
        str | None, typer.Option(help="An encoder that round 1 mines through. Default: that of round 0.")
    ] = None,
    method: arguments.Method = "simclr",
    encoder: arguments.Encoder = "small-resnet",
    views: arguments.Views = "simclr",
    start: Annotated[
        Start, typer.Option(help="Train each round from fresh weights or the previous ones.")
    ] = Start.fresh,
    control: Annotated[bool, typer.Option(help="Also train on augmented pairs for as many steps in all.")] = True,
    on: Annotated[
        str | None, typer.Option(help="Labelled images to score each round on by k-NN, half by half.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the trainings.")] = 0,
    set_: arguments.Assignments = None,
) -> None:
    """Mine through what was trained on what was mined (options: --set miner.k=10, training.passes=5, on.split=test)."""
    from rich.console import Console

    from sempairs.encoders import ENCODERS
    from sempairs.evaluation import EVALUATIONS
    from sempairs.pairs.mining import MINERS
    from sempairs.report.rounds import rounds_table, verdict
    from sempairs.sources.sampling import split
    from sempairs.study.bootstrap import Exam, Plan
    from sempairs.study.bootstrap import bootstrap as bootstrap_pairs

    options = arguments.tables(set_, "source", "miner", "features", "on", "knn", *arguments.TRAINING)
    options["training"] = {"seed": seed, **options.get("training", {})}
    plan = Plan(
        rounds=rounds,
        miner=arguments.named(MINERS, miner, options.get("miner")),
        training=arguments.training(method, encoder, views, options),
        start=start.value,
        features=None if features is None else arguments.named(ENCODERS, features, options.get("features")),
        control=control,
    )
    images = arguments.opened(source, options.get("source"))
    exam = None
    if on is not None:
        labelled = arguments.opened(on, options.get("on"))
        labelled.need_labels("an evaluation")
        learn, test = split(labelled, len(labelled) // 2)
        exam = Exam(learn, test, arguments.named(EVALUATIONS, "knn", options.get("knn")))
    console = Console()
    done = bootstrap_pairs(images, plan, out, exam, lambda rounds: console.print(rounds_table(rounds)))
    print(verdict(done))
    print(f"pairs: {out / f'round-{plan.rounds:02}' / 'pairs.parquet'}")
