"""`sempairs review`: people judge pairs, and the result is certified."""

from pathlib import Path
from typing import Annotated, Any

import typer

from sempairs.cli import arguments

app = typer.Typer(no_args_is_help=True, help="Let people judge pairs fast; certify and export the result.")
Store = Annotated[
    str,
    typer.Option(
        help="Where the review is kept: a file (review.sqlite), sqlite:///FILE, or postgresql://USER@HOST/DATABASE."
    ),
]
Address = Annotated[
    str, typer.Option(help="The address to listen on. Any but this machine's own lets others in who have a link.")
]
Port = Annotated[int, typer.Option(min=0, max=65535, help="0 for the review's own, the same every day.")]
Browser = Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page in the browser.")]
As = Annotated[str | None, typer.Option("--as", help="Who judges. Default: your name on this machine.")]
Names = Annotated[
    list[str] | None,
    typer.Option("--host", help="A name by which others call this machine; needed with --address 0.0.0.0."),
]


@app.command()
def create(
    pairs: Annotated[Path, typer.Argument(help="A pair set (Parquet).")],
    store: Store,
    name: Annotated[str | None, typer.Option(help="The project's name. Default: that of the file.")] = None,
    source: Annotated[str | None, typer.Option(help="The images, if they are elsewhere than when it was made.")] = None,
    features: Annotated[
        str | None, typer.Option(help="An encoder, or a file of features, by which the queue is ordered. Default: pca.")
    ] = "pca",
    gold: Annotated[
        Path | None, typer.Option(help="Hidden questions: a pair set with verdicts that are known to be right.")
    ] = None,
    gold_by_label: Annotated[
        int | None, typer.Option(min=2, help="So many hidden questions, made from the images' labels.")
    ] = None,
    set_: arguments.Assignments = None,
) -> None:
    """Begin a review (options: --set review.votes=2, review.question="...", review.wanted=0.95, features.dim=16)."""
    from sempairs.cli.review_making import make
    from sempairs.pairs import PairSet

    options = arguments.tables(set_, "review", "features")
    loaded = PairSet.load(pairs)
    images = loaded.open_source() if source is None else arguments.opened(source, None)
    review = make(
        store, loaded, images, name=name or pairs.stem, options=options, features=features,
        gold=None if gold is None else PairSet.load(gold), gold_by_label=gold_by_label,
    )  # fmt: skip
    try:
        print(f"{review.store.name}: {len(loaded):,} pairs in {len(review.store.strata)} strata")
        print(f"sempairs review serve --store {store}")
    finally:
        review.close()


@app.command()
def serve(
    store: Store,
    as_: As = None,
    address: Address = "127.0.0.1",
    port: Port = 0,
    host: Names = None,
    browser: Browser = True,
) -> None:
    """Open the page on which people judge. Stop it with Ctrl-C; nothing that was shown as saved is lost."""
    from sempairs.cli.review_making import serve_review

    serve_review(store, as_, address, port, host or [], browser)


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="The folder of the two projects.")] = Path("review-demo"),
    pairs: Annotated[str, typer.Option(help="Which to open: fashion-mnist or shapes.")] = "fashion-mnist",
    as_: As = None,
    port: Port = 0,
    browser: Browser = True,
    serve: Annotated[bool, typer.Option("--serve/--no-serve", help="Open the page when it is made.")] = True,
) -> None:
    """Make two ready projects, mined pairs of Fashion-MNIST and of `shapes`, and open one of them."""
    from sempairs.cli.review_making import make_demo, serve_review

    made = make_demo(out, pairs)
    print(f"two projects in {out}: " + ", ".join(path.name for path in made.values()))
    if serve:
        serve_review(str(made[pairs]), as_, "127.0.0.1", port, [], browser)


@app.command()
def status(store: Store) -> None:
    """How far a review is: by stratum, by person, and what its certificate lacks."""
    from sempairs.cli.review_showing import show_status

    _with(store, show_status)


@app.command()
def certify(
    store: Store,
    out: Annotated[Path | None, typer.Option(help="The certificate as JSON.")] = None,
) -> None:
    """Say which precision the judged sample supports. Exit code 1 if it is not the wanted one yet."""
    from sempairs.cli.review_showing import show_certificate

    if not _with(store, lambda review: show_certificate(review, out)):
        raise typer.Exit(1)


@app.command()
def export(
    store: Store,
    out: Annotated[
        Path, typer.Option(help="A folder: pairs, votes, verdicts as CSV, certificate and the chain of events.")
    ],
) -> None:
    """Write the reviewed pair set with its votes, its certificate and the chain of all events."""
    from sempairs.cli.review_showing import write_export

    _with(store, lambda review: write_export(review, out))


@app.command("import")
def import_(
    store: Store,
    verdicts: Annotated[Path, typer.Argument(help="A list with pair_id and verdict (.csv, .jsonl, .parquet).")],
    as_: Annotated[str, typer.Option("--as", help="Who judged, where the list does not say.")] = "imported",
    simulated: Annotated[bool, typer.Option("--simulated", help="No person made these verdicts.")] = False,
) -> None:
    """Take over verdicts that were made elsewhere; all of the list, or nothing where a row is wrong."""
    from sempairs.cli.review_showing import take_over

    _with(store, lambda review: take_over(review, verdicts, as_, simulated))


@app.command()
def invite(
    store: Store,
    name: Annotated[str, typer.Argument(help="Who is to judge.")],
    url: Annotated[
        str | None, typer.Option(help="Where the page is served. Default: this machine, at the review's own port.")
    ] = None,
) -> None:
    """Print a link, good once and for a day, by which another person enters a review that is served."""

    from sempairs.web.serving import own_port

    def invited(review: Any) -> None:
        at = (url or f"http://127.0.0.1:{own_port(review)}").rstrip("/")
        print(f"{at}/enter?token={review.store.make_token(review.person(name), minutes=24 * 60.0)}")

    _with(store, invited)


def _with(store: str, work: Any) -> Any:
    from sempairs.cli.review_making import store_url
    from sempairs.review.session import Review

    review = Review.open(store_url(store))
    try:
        return work(review)
    finally:
        review.close()
