"""`sempairs cite`: BibTeX for what a run used, found by what the docstring of each part names as its source."""

import inspect
import re
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

import typer

from sempairs.cli.describe import families

SEMPAIRS = "2510.08722"
WITHOUT = {
    "timm": "cite the paper of the model; timm is https://github.com/huggingface/pytorch-image-models",
    "none": "images as they are",
}
"""Why nothing is cited for a member whose docstring names no paper."""


def cite(
    what: Annotated[str, typer.Argument(help="A run, a folder with one run, or a member, such as knn.")],
) -> None:
    """Print BibTeX: this package's paper and those of the run's method, encoder, views and mining rules."""
    parts = _parts(what)
    print(f"% sempairs\n{named_in(SEMPAIRS)[0]}")
    used: dict[str, list[str]] = {}
    for kind, name in parts:
        found = entries_of(families()[kind][name])
        for entry in found:
            used.setdefault(entry, []).append(f"{kind} {name}")
        if not found:
            print(f"\n% {kind} {name}: {WITHOUT.get(name, 'names no paper')}")
    for entry, users in used.items():
        print(f"\n% {', '.join(users)}\n{entry}")


def entries_of(member: Any) -> list[str]:
    """The BibTeX entries of the papers that a member's module names before its **Departure**."""
    page = inspect.getdoc(inspect.getmodule(member)) or ""
    return named_in(page.partition("**Departure**")[0])


def named_in(text: str) -> list[str]:
    """The entries whose arXiv id, or else whose title, stands in a text."""
    plain = _letters(text)
    found = []
    for entry in (files("sempairs.cli") / "citations.bib").read_text(encoding="utf-8").strip().split("\n\n"):
        fields = dict(re.findall(r"^  (\w+) = \{(.*)\},?$", entry, re.MULTILINE))
        if fields.get("eprint", "no id") in text or _letters(fields["title"]) in plain:
            found.append(entry)
    return found


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", " ", text.replace("{", "").replace("}", "")).lower()


def _parts(what: str) -> list[tuple[str, str]]:
    """Kind and name of everything a run used, or of the members called `what`."""
    from sempairs.core.errors import UserError, suggest
    from sempairs.encoders.opening import find_run

    there = families()
    if not Path(what).is_dir():
        parts = [(kind, what) for kind, family in there.items() if what in family]
        if not parts:
            names = [name for family in there.values() for name in family]
            raise UserError(f"there is no run and no member called {what!r}", todo=suggest(what, names))
        return parts
    run = find_run(Path(what))
    settings, rules = run.settings, run.result.get("rules", [])
    used = {"method": settings["method"], "encoder": settings["encoder"], "view recipe": settings["views"]}
    mined = [("mining rule", rule) for rule in rules if rule in there["mining rule"]]
    return [*((kind, table["name"]) for kind, table in used.items() if table["name"] in there[kind]), *mined]
