"""`sempairs`: puts the commands together and turns what goes wrong into one clear message."""

import errno
import sys
from typing import Annotated

import typer
from typer.core import TyperGroup

from sempairs import __version__
from sempairs.cli import cite, demo, describe, evaluate, export, pairs, review, sources, study, train
from sempairs.core.errors import UserError


class _Group(TyperGroup):
    """Errors that a user can cause end in a message and exit code 2, Ctrl-C in a sentence and 130; no traceback.

    The type of `ctx` is typer's own business: it moved between versions.
    """

    def list_commands(self, ctx):  # type: ignore[no-untyped-def]
        """In the order of the pipeline, not of the alphabet."""
        return [
            "demo", "sources", "pairs", "review", "train", "evaluate", "export", "study", "describe", "cite",
        ]  # fmt: skip

    def invoke(self, ctx):  # type: ignore[no-untyped-def]
        try:
            return super().invoke(ctx)
        except UserError as error:
            _say(f"error: {error}")
            raise typer.Exit(2) from None
        except KeyboardInterrupt:
            _say("stopped. What is finished is kept: the same command goes on where it was.")
            raise typer.Exit(130) from None
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise
            what = "the disk is full" if error.errno == errno.ENOSPC else (error.strerror or str(error)).lower()
            where = f" ({error.filename})" if error.filename else ""
            _say(f"error: {what}{where}\n  to do: mend it and run the same command; nothing half-written is left")
            raise typer.Exit(2) from None


def _say(text: str) -> None:
    print(text, file=sys.stderr)


app = typer.Typer(
    cls=_Group,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    help="Self-supervised visual representation learning with semantic pairs.",
)
app.command()(demo.demo)
app.add_typer(sources.app, name="sources")
app.add_typer(pairs.app, name="pairs")
app.add_typer(review.app, name="review")
app.command()(train.train)
app.command()(evaluate.evaluate)
app.command()(export.export)
app.add_typer(study.app, name="study")
app.command()(describe.describe)
app.command()(cite.cite)


def _print_version(wanted: bool | None) -> None:
    if wanted:
        print(f"sempairs {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[bool | None, typer.Option("--version", callback=_print_version, is_eager=True)] = None,
) -> None:
    """Self-supervised visual representation learning with semantic pairs."""


def main() -> None:
    """The console script."""
    app()


if __name__ == "__main__":
    main()
