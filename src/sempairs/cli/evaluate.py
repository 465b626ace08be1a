"""`sempairs evaluate`: score an encoder, alone or beside others."""

from pathlib import Path
from typing import Annotated, Any

import typer

from sempairs.cli import arguments

MOST_ROWS = 8


def evaluate(
    encoder: Annotated[
        str, typer.Argument(help="A run, a folder with one run, an export, an encoder's name, or timm:MODEL.")
    ],
    on: Annotated[str, typer.Option(help="The labelled images to test on, such as fashion-mnist:split=test.")],
    train_on: Annotated[
        str | None, typer.Option(help="Labelled images to learn from. Default: a random half of --on.")
    ] = None,
    with_: Annotated[
        str,
        typer.Option("--with", help='Evaluations, with commas between; "default": all that need nothing else.'),
    ] = "knn,linear",
    against: Annotated[
        list[str] | None, typer.Option(help="Another encoder to compare with, item by item. May be repeated.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="A folder for scores and a page; what is in it is not computed again.")
    ] = None,
    set_: arguments.Assignments = None,
) -> None:
    """Score encoders on labelled images they were not tuned on (options: --set knn.k=10)."""
    from sempairs.core.errors import UserError
    from sempairs.encoders.opening import find_encoder
    from sempairs.evaluation.suite import each_evaluation
    from sempairs.report.evaluation_page import write_evaluation

    names = [encoder, *(against or [])]
    if len(set(names)) < len(names):
        raise UserError("an encoder cannot be compared with itself", got=encoder, todo="give another --against")
    specs, options = _wanted(with_, set_)
    train, test = _images(on, train_on, options.get("source"))
    scores: dict[str, list[Any]] = {name: [] for name in names}
    refused: list[tuple[str, str, Any]] = []
    for name in names:
        opened = find_encoder(name, options.get("encoder"), test)
        for spec, found in each_evaluation(opened, train, test, specs, None if out is None else out / "scores"):
            if isinstance(found, UserError):
                refused.append((name, spec.name, found))
            else:
                scores[name] += found
    if any(scores.values()):
        _print_table(scores, whole=out is None)
    if out is None:
        _print_protocols(scores)
    else:
        shown = {_short(name): own for name, own in scores.items()}
        shown = shown if len(shown) == len(scores) else scores  # two folders may have one last name
        page = write_evaluation(out, shown, train, test, [(_short(n), e, str(error)) for n, e, error in refused])
        print(f"page: {page}")
    if len(refused) == 1:
        raise refused[0][2]
    if refused:
        reasons = "; ".join(f"{evaluation}: {error.problem}" for _, evaluation, error in refused)
        raise UserError(f"{len(refused)} evaluations could not be made", got=reasons, todo="leave them out of --with")


def _wanted(names: str, assignments: list[str] | None) -> tuple[list[Any], dict[str, dict[str, Any]]]:
    """The evaluations that --with names, with their options, and the options of all tables."""
    from sempairs.evaluation import DEFAULT, EVALUATIONS

    parts = [part.strip() for part in names.split(",")]
    wanted = list(dict.fromkeys(name for part in parts for name in (DEFAULT if part == "default" else [part])))
    options = arguments.tables(assignments, "source", "encoder", *wanted)
    usual = DEFAULT if "default" in parts else {}
    specs = [arguments.named(EVALUATIONS, name, {**usual.get(name, {}), **options.get(name, {})}) for name in wanted]
    return specs, options


def _images(on: str, train_on: str | None, options: dict[str, Any] | None) -> tuple[Any, Any]:
    """The images to learn from and those to be tested on."""
    from sempairs.sources.sampling import split

    test = arguments.opened(on, options)
    if train_on is not None:
        return arguments.opened(train_on, options), test
    train, part = split(test, len(test) // 2)
    print(f"learning from {len(train):,} images of {test.name}, testing on the other {len(part):,}")
    return train, part


def _print_table(scores: dict[str, list[Any]], whole: bool) -> None:
    """One row for each number, one column for each encoder.

    Parameters
    ----------
    whole: all rows; else at most `MOST_ROWS` of each evaluation, as the page has the others.
    """
    from rich.console import Console
    from rich.table import Table

    from sempairs.report.numbers import measured

    table = Table("number", *(("value", "95% interval") if len(scores) == 1 else map(_short, scores)), "n")
    by_metric = {name: {score.metric: score for score in own} for name, own in scores.items()}
    numbers = dict.fromkeys((score.evaluation, score.metric) for own in scores.values() for score in own)
    printed: dict[str, int] = {}
    for evaluation, metric in numbers:
        printed[evaluation] = printed.get(evaluation, 0) + 1
        if not whole and printed[evaluation] > MOST_ROWS:
            continue
        found = [own.get(metric) for own in by_metric.values()]
        cells = ["" if s is None else measured(s.value, s.unit) for s in found]
        spans = ["" if s is None else " to ".join(measured(end, s.unit) for end in s.interval) for s in found]
        known = next(score for score in found if score is not None)
        row = (
            [*cells, *spans]
            if len(scores) == 1
            else [f"{a} ({b})" if a else "" for a, b in zip(cells, spans, strict=True)]
        )
        table.add_row(metric, *row, f"{known.n:,} {known.over}")
    Console().print(table)
    for evaluation, count in printed.items():
        if not whole and count > MOST_ROWS:
            print(f"{evaluation}: {count - MOST_ROWS} more numbers are on the page")


def _print_protocols(scores: dict[str, list[Any]]) -> None:
    from rich.console import Console
    from rich.markup import escape

    ways = dict.fromkeys((score.metric, score.protocol) for own in scores.values() for score in own)
    for metric, protocol in ways:
        Console().print(f"[bold]{escape(metric)}[/bold]: {escape(protocol)}", highlight=False)


def _short(name: str) -> str:
    """The last part of a path."""
    return Path(name).name or name
