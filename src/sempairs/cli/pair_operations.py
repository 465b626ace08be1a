"""`sempairs pairs filter | sample | cap | merge | split | diff | import | export`: new pair sets from old ones."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from sempairs.cli import arguments

Pairs = Annotated[Path, typer.Argument(help="A pair set (Parquet).")]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    for name, command in COMMANDS.items():
        app.command(name)(command)


def filter_(
    pairs: Pairs,
    out: arguments.Out,
    similarity_from: float | None = None,
    similarity_to: float | None = None,
    label: str | None = None,
    group: str | None = None,
    rule: str | None = None,
    verdict: str | None = None,
) -> None:
    """Keep the pairs that meet every condition given."""
    from sempairs.pairs.operations import filter_pairs

    conditions: dict[str, Any] = {"similarity_from": similarity_from, "similarity_to": similarity_to}
    conditions |= {"label": label, "group": group, "rule": rule, "verdict": verdict}
    _save(filter_pairs(_load(pairs), **conditions), out)


def sample(
    pairs: Pairs,
    out: arguments.Out,
    count: Annotated[int, typer.Option(help="How many pairs.")],
    seed: int = 0,
    balance: Annotated[bool, typer.Option("--balance", help="As many pairs of each class.")] = False,
) -> None:
    """Draw pairs at random."""
    from sempairs.pairs.operations import sample_pairs

    _save(sample_pairs(_load(pairs), count, seed=seed, balance=balance), out)


def cap(
    pairs: Pairs, out: arguments.Out, per_image: Annotated[int, typer.Option(help="Pairs an image may be in.")]
) -> None:
    """Let no image be in more than so many pairs; the most similar ones stay."""
    from sempairs.pairs import operations

    _save(operations.cap(_load(pairs), per_image), out)


def merge(sets: Annotated[list[Path], typer.Argument(help="Pair sets (Parquet).")], out: arguments.Out) -> None:
    """Put pair sets together; a pair that is in more than one is taken from the first."""
    from sempairs.pairs import operations

    _save(operations.merge([_load(path) for path in sets]), out)


def split(
    pairs: Pairs,
    parts: Annotated[list[str], typer.Argument(metavar="NAME=SHARE...", help="For example train=0.8 test=0.2.")],
    out: Annotated[Path, typer.Option(help="A folder; each part becomes NAME.parquet in it.")],
    seed: int = 0,
) -> None:
    """Split by image, so that no image is in two parts; pairs across parts are lost, and counted."""
    from sempairs.core.errors import UserError
    from sempairs.pairs import operations

    try:
        shares = {name: float(share) for name, share in (part.split("=") for part in parts)}
    except ValueError:
        raise UserError("a part is NAME=SHARE", got=" ".join(parts), todo="train=0.8 test=0.2") from None
    whole = _load(pairs)
    made = operations.split(whole, shares, seed=seed)
    for name, part in made.items():
        _save(part, out / f"{name}.parquet")
    print(f"{len(whole) - sum(map(len, made.values())):,} pairs had their images in two parts")


def diff(first: Pairs, second: Pairs) -> None:
    """Count the pairs that only one of two sets has."""
    from sempairs.pairs.operations import difference

    found = difference(_load(first), _load(second))
    print(f"{len(found.both):,} pairs in both, {len(found.only_first):,} only in {first},")
    print(f"{len(found.only_second):,} only in {second}")


def import_(
    file: Annotated[Path, typer.Argument(help="A list (.csv, .jsonl, .parquet) with a and b (image ids).")],
    source: arguments.Source,
    out: arguments.Out,
    set_: arguments.Assignments = None,
) -> None:
    """Make a pair set of a list of pairs (options: --set source.size=96)."""
    from sempairs.pairs.listed import listed

    images = arguments.opened(source, arguments.tables(set_, "source").get("source"))
    _save(listed(file, images), out)


def export(pairs: Pairs, out: arguments.Out) -> None:
    """Write the pairs as a list for other programs: .csv, .jsonl or .parquet, by the name."""
    from sempairs.pairs import listed

    listed.export(_load(pairs), out)


COMMANDS: dict[str, Callable[..., None]] = {
    "filter": filter_,
    "sample": sample,
    "cap": cap,
    "merge": merge,
    "split": split,
    "diff": diff,
    "import": import_,
    "export": export,
}


def _load(path: Path) -> Any:
    from sempairs.pairs import PairSet

    return PairSet.load(path)


def _save(pairs: Any, out: Path) -> None:
    arguments.check_parquet(out)
    pairs.save(out)
    print(f"{len(pairs):,} pairs, pair set {pairs.hash}: {out}")
