"""`sempairs pairs duplicates | without-duplicates | leaks | without-leaks`: images that show the same."""

from pathlib import Path
from typing import Annotated, Any

import typer

from sempairs.cli import arguments

Pairs = Annotated[Path, typer.Argument(help="A pair set (Parquet).")]
Levels = Annotated[
    list[str] | None, typer.Option("--level", help="bytes, pixels or phash; may be repeated. Default: all three.")
]
Distance = Annotated[int, typer.Option(help="How many of the 64 bits of two pHashes may differ.")]
Correlation = Annotated[float, typer.Option(help="How much their grey pixels must correlate; -1 trusts pHash alone.")]
Encoder = Annotated[
    str | None, typer.Option("--features", help="Compare features too: an encoder's name, or a trained one's folder.")
]
Similarity = Annotated[float, typer.Option(help="Cosine similarity that two features must have.")]
Elsewhere = Annotated[
    str | None, typer.Option("--source", help="The images, if they are elsewhere than when it was made.")
]
DISTANCE, CORRELATION, SIMILARITY = 6, 0.99, 0.995
"""Those of `Criteria`, which would load NumPy; a test holds the two together."""


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(duplicates)
    app.command("without-duplicates")(without_duplicates)
    app.command()(leaks)
    app.command("without-leaks")(without_leaks)


def duplicates(
    source: arguments.Source,
    out: Annotated[Path, typer.Option(help="The couples, one a line: a, b, level, distance (Parquet).")],
    sheet: Annotated[Path | None, typer.Option(help="A picture of 24 of the couples, drawn at random (PNG).")] = None,
    level: Levels = None,
    distance: Distance = DISTANCE,
    correlation: Correlation = CORRELATION,
    features: Encoder = None,
    similarity: Similarity = SIMILARITY,
    set_: arguments.Assignments = None,
) -> None:
    """Find images that show the same thing (options: --set source.size=96, features.dim=64)."""
    from sempairs.core.errors import UserError

    if out.suffix != ".parquet":
        raise UserError("the couples are a Parquet file", got=str(out), todo=f"--out {out.with_suffix('.parquet')}")
    criteria = _criteria(level, distance, correlation, similarity)
    options = arguments.tables(set_, "source", "features")
    images = arguments.opened(source, options.get("source"))
    found = _found(images, criteria, features, options.get("features"))
    found.save(out)
    print("\n".join(found.lines()))
    print(f"couples: {out}")
    if sheet is not None:
        _draw(found, images, sheet)


def without_duplicates(
    pairs: Pairs,
    out: arguments.Out,
    level: Levels = None,
    distance: Distance = DISTANCE,
    correlation: Correlation = CORRELATION,
    features: Encoder = None,
    similarity: Similarity = SIMILARITY,
    source: Elsewhere = None,
    set_: arguments.Assignments = None,
) -> None:
    """Leave out pairs of two images that show the same thing; an image with itself stays (--set features.dim=64)."""
    from sempairs.pairs import PairSet, operations

    arguments.check_parquet(out)
    criteria = _criteria(level, distance, correlation, similarity)
    options = arguments.tables(set_, "features")
    loaded = PairSet.load(pairs)
    images = loaded.open_source() if source is None else arguments.opened(source, None)
    found = _found(images, criteria, features, options.get("features"))
    kept = operations.without_duplicates(loaded, images, found)
    kept.save(out)
    print("\n".join(found.lines()))
    print(f"{len(loaded) - len(kept):,} pairs left out; {len(kept):,} pairs, pair set {kept.hash}: {out}")


def leaks(
    pairs: Pairs,
    on: Annotated[str, typer.Option(help="The images to evaluate on: whatever a source can be.")],
    level: Levels = None,
    distance: Distance = DISTANCE,
    correlation: Correlation = CORRELATION,
    features: Encoder = None,
    similarity: Similarity = SIMILARITY,
    source: Elsewhere = None,
    set_: arguments.Assignments = None,
) -> None:
    """Look for images of a pair set among those to evaluate on; exit code 1 if there are any (--set on.size=96)."""
    from sempairs.encoders.mining import seen_through
    from sempairs.encoders.opening import find_encoder
    from sempairs.pairs import PairSet
    from sempairs.pairs.duplicates import find_leaks, images_of

    criteria = _criteria(level, distance, correlation, similarity)
    options = arguments.tables(set_, "on", "features")
    loaded = PairSet.load(pairs)
    images = loaded.open_source() if source is None else arguments.opened(source, None)
    shown, evaluation = images_of(loaded, images), arguments.opened(on, options.get("on"))
    seen = None
    if features is not None:
        encoder = find_encoder(features, options.get("features"), images)
        seen = (seen_through(encoder, shown), seen_through(encoder, evaluation))
    found = find_leaks(shown, evaluation, seen, criteria)
    print("\n".join(found.lines()))
    if len(found.leaked):
        raise typer.Exit(1)


def without_leaks(
    pairs: Pairs,
    on: Annotated[str, typer.Option(help="The images to evaluate on: whatever a source can be.")],
    out: arguments.Out,
    level: Levels = None,
    distance: Distance = DISTANCE,
    correlation: Correlation = CORRELATION,
    source: Elsewhere = None,
    set_: arguments.Assignments = None,
) -> None:
    """Leave out pairs with an image that also stands among those to evaluate on (--set on.size=96)."""
    from sempairs.pairs import PairSet, operations

    arguments.check_parquet(out)
    criteria = _criteria(level, distance, correlation, SIMILARITY)
    options = arguments.tables(set_, "on")
    loaded = PairSet.load(pairs)
    images = loaded.open_source() if source is None else arguments.opened(source, None)
    kept = operations.without_leaks(loaded, images, arguments.opened(on, options.get("on")), criteria)
    kept.save(out)
    print(f"{len(loaded) - len(kept):,} pairs left out; {len(kept):,} pairs, pair set {kept.hash}: {out}")


def _criteria(levels: list[str] | None, distance: int, correlation: float, similarity: float) -> Any:
    from sempairs.pairs.duplicates import Criteria

    asked = {} if levels is None else {"levels": tuple(levels)}
    return Criteria(**asked, distance=distance, correlation=correlation, similarity=similarity)


def _found(images: Any, criteria: Any, features: str | None, options: dict[str, Any] | None) -> Any:
    from sempairs.encoders.mining import find_features
    from sempairs.pairs.duplicates import find_duplicates

    seen = None if features is None else find_features(features, options, images)
    return find_duplicates(images, seen, criteria)


def _draw(found: Any, images: Any, path: Path) -> None:
    from sempairs.core.files import atomic_write
    from sempairs.report.sheet import choose, contact_sheet

    if not any(map(len, found.found.values())):
        print("no contact sheet: there are no couples")
        return
    couples = found.pairs(images)
    with atomic_write(path) as file:
        contact_sheet(couples, images, choose(couples, 24, "random")).save(file, "PNG")
    print(f"contact sheet: {path}")
