"""`sempairs pairs publish | verify | load`: a pair set as a folder for strangers, checked and read back."""

from pathlib import Path
from typing import Annotated, Any

import typer

from sempairs.cli import arguments

Folder = Annotated[Path, typer.Argument(help="A published folder.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(publish)
    app.command()(verify)
    app.command()(load)


def publish(
    pairs: Annotated[Path, typer.Argument(help="A pair set (Parquet).")],
    folder: Annotated[Path | None, typer.Argument(help="The folder to make; it must not exist.")] = None,
    answers: Annotated[Path | None, typer.Option(help="Your answers to the questions (TOML).")] = None,
    questions: Annotated[
        Path | None, typer.Option(help="Write the questions into this file, and publish nothing.")
    ] = None,
    review: Annotated[
        Path | None, typer.Option(help="What `sempairs review export` wrote: the votes and the certificate.")
    ] = None,
    images: Annotated[
        bool, typer.Option("--images", help="Publish the images too, if their licence lets you.")
    ] = False,
    leaks: Annotated[
        list[str] | None,
        typer.Option("--check-leaks-on", metavar="SOURCE", help="Look for its images among these. May be repeated."),
    ] = None,
    allow: Annotated[
        list[str] | None,
        typer.Option(
            help="Publish although: nc, nd, unknown (licence), leaks or no-leak-check. Recorded; may be repeated."
        ),
    ] = None,
    source: Annotated[str | None, typer.Option(help="The images, if they are elsewhere than when it was made.")] = None,
) -> None:
    """Publish a pair set as a folder with card, datasheet, Croissant, licence and sums."""
    from sempairs.core.errors import UserError
    from sempairs.pairs import PairSet
    from sempairs.pairs.duplicates import find_leaks, images_of
    from sempairs.pairs.publish import publish as publish_pairs
    from sempairs.pairs.publish import read_answers

    loaded = PairSet.load(pairs)
    if questions is not None:
        _write_questions(pairs, loaded, questions)
        return
    if folder is None or answers is None:
        todo = (
            f"sempairs pairs publish {pairs} DIR --answers answers.toml; --questions answers.toml writes the questions"
        )
        raise UserError("publishing needs a folder and your answers", todo=todo)
    given = read_answers(answers)
    annotations, certificate = (None, None) if review is None else _read_review(review)
    opened: Any = None
    if images or leaks:
        opened = loaded.open_source() if source is None else arguments.opened(source, None)
    found = {name: find_leaks(images_of(loaded, opened), arguments.opened(name, None)) for name in leaks or []}
    for each in found.values():
        print("\n".join(each.lines()))
    checked = publish_pairs(
        loaded, folder, answers=given, annotations=annotations, certificate=certificate, source=opened, images=images,
        leaks=found, allow=allow or [],
    )  # fmt: skip
    print("\n".join(checked.lines()))
    print(f"{len(loaded):,} pairs, pair set {loaded.hash}, published: {folder}")


def verify(folder: Folder) -> None:
    """Check a published folder, offline; exit code 1 if anything is wrong with it."""
    from sempairs.pairs.publish import verify as verify_folder

    checked = verify_folder(folder)
    print("\n".join(checked.lines()))
    if not checked.passed:
        print(f"{folder} is not what was published, or should not have been")
        raise typer.Exit(1)
    print(f"{folder} is what was published")


def load(folder: Folder, out: arguments.Out) -> None:
    """Read the pair set of a published folder back; it has the same hash."""
    from sempairs.pairs.publish import load as load_folder

    arguments.check_parquet(out)
    pairs = load_folder(folder)
    pairs.save(out)
    print(f"{len(pairs):,} pairs, pair set {pairs.hash}: {out}")


def _write_questions(path: Path, pairs: Any, out: Path) -> None:
    from sempairs.core.errors import UserError
    from sempairs.core.files import write_text
    from sempairs.pairs.publish.questions import template

    if out.exists():
        raise UserError(f"{out} exists already", todo="name another file: your answers are not written over")
    origin = pairs.origin
    write_text(
        out, template(path.stem, "" if origin.source is None else origin.source.name, origin.encoder is not None)
    )
    print(f"questions: {out}")


def _read_review(folder: Path) -> tuple[Any, dict[str, Any] | None]:
    """The votes and the certificate of an export. Raises UserError if it is none."""
    from sempairs.core.errors import UserError
    from sempairs.core.files import read_json
    from sempairs.pairs.publish.files import ANNOTATIONS, read_table

    votes, certificate = folder / ANNOTATIONS, folder / "certificate.json"
    if not votes.is_file():
        raise UserError(f"there is no review's export at {folder}", todo="make one with `sempairs review export`")
    return read_table(votes), read_json(certificate) if certificate.is_file() else None
