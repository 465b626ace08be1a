"""`sempairs describe`: what there is, with source, options and defaults, read from the code itself."""

import inspect
from typing import Annotated, Any, get_type_hints

import typer


def describe(
    name: Annotated[str | None, typer.Argument(help="A member, such as simclr, or a family, such as method.")] = None,
) -> None:
    """Show a method, encoder, source, rule, miner, view recipe or evaluation; without a name, all of them."""
    from sempairs.core.errors import UserError, suggest

    there = families()
    if name is None:
        for family in there.values():
            print_family(family)
    elif name in there:
        print_family(there[name])
    else:
        members = [family for family in there.values() if name in family]
        if not members:
            known = [*there, *(member for family in there.values() for member in family)]
            raise UserError(f"there is nothing called {name!r}", todo=suggest(name, known))
        for number, family in enumerate(members):
            print("\n" if number else "", end="")
            _print_member(family, name)


def print_family(family: Any) -> None:
    """The members of a family with the first line of what each is."""
    print(f"{family.kind}:")
    for name in family:
        doc = inspect.getdoc(family[name]) or ""
        print(f"  {name:20} {doc.splitlines()[0]}")


def _print_member(family: Any, name: str) -> None:
    from sempairs.core.settings import options_of

    member = family[name]
    # An option's type without what only the checks read.
    kinds = get_type_hints(member.__init__ if inspect.isclass(member) else member)
    print(f"{family.kind} {name}\n")
    module = inspect.getmodule(member)
    for text in (inspect.getdoc(module), inspect.getdoc(member)):
        print(f"{text}\n")
    print("options:")
    for option, parameter in options_of(member).items():
        default = "must be given" if parameter.default is parameter.empty else f"default {parameter.default!r}"
        kind = getattr(kinds[option], "__name__", None)
        kind = kind if kind in ("int", "float", "str", "bool") else str(kinds[option]).replace("typing.", "")
        print(f"  {option:20} {kind}, {default}")
    if recipe := getattr(member, "recipe", None):
        print("\ntraining options for a batch of 256, where none are given:")
        for option, value in recipe.items():
            print(f"  {option:20} {value}")


def families() -> dict[str, Any]:
    """All families, by the name of their kind, in the order of the pipeline."""
    from sempairs.encoders import ENCODERS
    from sempairs.evaluation import EVALUATIONS
    from sempairs.methods import METHODS
    from sempairs.pairs import RULES
    from sempairs.pairs.mining import MINERS
    from sempairs.sources import SOURCES
    from sempairs.views import STEPS, VIEWS

    registries = (SOURCES, RULES, MINERS, VIEWS, STEPS, ENCODERS, METHODS, EVALUATIONS)
    return {registry.kind: registry for registry in registries}
