"""`sempairs evaluate`: score an encoder."""

from typing import Annotated

import typer

from sempairs.cli import arguments


def evaluate(
    encoder: Annotated[str, typer.Argument(help="A run, a folder with one run, or the name of an encoder.")],
    on: Annotated[str, typer.Option(help="The labelled images to test on.")],
    train_on: Annotated[
        str | None, typer.Option(help="Labelled images to learn from. Default: a random half of --on.")
    ] = None,
    with_: Annotated[str, typer.Option("--with", help="Evaluations, with commas between.")] = "knn,linear",
    set_: arguments.Assignments = None,
) -> None:
    """Score an encoder's features on labelled images it was not tuned on (options: --set knn.k=10)."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from sempairs.encoders.opening import find_encoder
    from sempairs.evaluation import EVALUATIONS
    from sempairs.evaluation.suite import run_evaluations
    from sempairs.sources.sampling import split

    names = [name.strip() for name in with_.split(",")]
    options = arguments.tables(set_, "source", "encoder", *names)
    specs = [arguments.named(EVALUATIONS, name, options.get(name)) for name in names]
    test = arguments.opened(on, options.get("source"))
    test.need_labels("an evaluation")
    if train_on is not None:
        train = arguments.opened(train_on, options.get("source"))
    else:
        whole = test
        train, test = split(whole, len(whole) // 2)
        print(f"learning from {len(train):,} images of {whole.name}, testing on the other {len(test):,}")
    scores = run_evaluations(find_encoder(encoder, options.get("encoder"), test), train, test, specs)
    table = Table("evaluation", "value", "95% interval", "n")
    for score in scores:
        low, high = score.interval
        row = (f"{score.value:.1f} {score.unit}", f"{low:.1f} to {high:.1f}", f"{score.n:,} {score.over}")
        table.add_row(score.metric, *row)
    console = Console()
    console.print(table)
    for score in scores:
        console.print(f"[bold]{score.metric}[/bold]: {escape(score.protocol)}", highlight=False)
