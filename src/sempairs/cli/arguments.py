"""Arguments that several commands share."""

import enum
from pathlib import Path
from typing import Annotated, Any

import typer

Source = Annotated[
    str,
    typer.Argument(
        help="A folder of images, a CSV or Parquet table, an IDX file, or a named source (`sempairs describe source`), "
        "to which options may be added: shapes:n=500."
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


class Engine(enum.StrEnum):
    """Who computes work units."""

    local = "local"
    ray = "ray"


Engines = Annotated[
    Engine | None,
    typer.Option(
        "--engine",
        help="Compute in resumable work units: by several processes of this machine, or by a Ray cluster.",
    ),
]
Workers = Annotated[int | None, typer.Option(min=1, help="With --engine local: how many processes.")]
Address = Annotated[str | None, typer.Option(help='With --engine ray: of the cluster ("auto", ray://HOST:PORT).')]
Gpus = Annotated[float, typer.Option(min=0, help="With --engine ray: GPUs of each worker, or a share of one.")]
WorkFolder = Annotated[
    Path | None, typer.Option("--work", help="Where units are kept, seen by all workers. Default: the cache folder.")
]
Method = Annotated[str, typer.Option(help="`sempairs describe method` lists them.")]
Encoder = Annotated[str, typer.Option(help="`sempairs describe encoder` lists them.")]
Views = Annotated[str, typer.Option(help="How views are augmented.")]
TRAINING = ("method", "encoder", "views", "training")
"""The tables of options that `training` reads."""


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


def training(method: str, encoder: str, views: str, options: dict[str, dict[str, Any]]) -> Any:
    """The settings of a training from the names of its parts, with options from `--set`."""
    from sempairs.training.settings import TrainSettings

    names = {"method": method, "encoder": encoder, "views": views}
    tables = {table: {"name": name, **options.get(table, {})} for table, name in names.items()}
    return TrainSettings.resolve({**tables, "training": options.get("training", {})})


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


def check_parquet(out: Path, what: str = "a pair set") -> None:
    """Raise UserError, before any work is done, unless `what` can be written under this name."""
    from sempairs.core.errors import UserError

    if out.suffix != ".parquet":
        raise UserError(f"{what} is a Parquet file", got=str(out), todo=f"--out {out.with_suffix('.parquet')}")


def work_of(engine: Engine | None, workers: int | None, address: str | None, gpus: float, folder: Path | None) -> Any:
    """The place of work units that was asked for, or None. Raises UserError for options without their engine."""
    from sempairs.core.errors import UserError
    from sempairs.core.files import cache_folder
    from sempairs.core.work import Work

    needs = {"--workers": (workers, "local"), "--address": (address, "ray"), "--gpus": (gpus or None, "ray")}
    for name, (value, wanted) in needs.items():
        if value is not None and engine != wanted:
            raise UserError(f"{name} is an option of --engine {wanted}", got=f"--engine {engine or 'not given'}")
    if engine is None:
        return None
    return Work(folder or cache_folder() / "work", engine.value, workers, address, gpus)
