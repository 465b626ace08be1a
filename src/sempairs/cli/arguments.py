"""Arguments that several commands share."""

from pathlib import Path
from typing import Annotated, Any

import typer

Source = Annotated[
    str,
    typer.Argument(
        help="A folder of images, a CSV or Parquet table, an IDX file, or a named source (`sempairs describe source`)."
    ),
]
Assignments = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="TABLE.OPTION=VALUE",
        help="Set an option, for example source.size=96 or training.passes=50. May be repeated.",
    ),
]
Out = Annotated[Path, typer.Option(help="Where the result goes.")]


def tables(assignments: list[str] | None, *known: str) -> dict[str, dict[str, Any]]:
    """The options given by `--set`, by table. Raises UserError for a table this command does not have."""
    from sempairs.core.errors import UserError, suggest
    from sempairs.core.settings import parse_assignments

    parsed = parse_assignments(assignments or [])
    for name in parsed:
        if name not in known:
            raise UserError(f"this command has no options {name}.*", todo=suggest(name, known))
    return parsed


def named(registry: Any, name: str, options: dict[str, Any] | None) -> Any:
    """The complete Spec of a registered name with options from `--set`."""
    from sempairs.core.settings import Spec, resolve

    return resolve(registry, Spec(name=name, options=options or {}))


def opened(text: str, options: dict[str, Any] | None) -> Any:
    """The source that an argument names, with options from `--set`; says what was left out of it."""
    from sempairs.core.progress import say
    from sempairs.core.settings import Spec
    from sempairs.sources.opening import guess_spec, open_source

    spec = guess_spec(text)
    source = open_source(Spec(name=spec.name, options={**spec.options, **(options or {})}))
    for bad in source.quarantined[:5]:
        say(f"left out {bad.id!r}: {bad.reason}")
    if len(source.quarantined) > 5:
        say(f"... and {len(source.quarantined) - 5} more; `sempairs sources show` lists them")
    return source


def check_parquet(out: Path) -> None:
    """Raise UserError, before any work is done, unless a pair set can be written under this name."""
    from sempairs.core.errors import UserError

    if out.suffix != ".parquet":
        raise UserError("a pair set is a Parquet file", got=str(out), todo=f"--out {out.with_suffix('.parquet')}")
