"""Settings are constructor signatures: the keyword-only parameters of a member are its options, checked by pydantic.

A parameter without a default must be given; positional parameters are what the program hands in (an encoder, a
source) and cannot be set. Unknown options, wrong types and unknown names end in a `UserError` that names the place.
"""

import inspect
import json
import tomllib
from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from sempairs.core.errors import UserError, suggest
from sempairs.core.registry import Registry

Model = TypeVar("Model", bound=BaseModel)


class Spec(BaseModel):
    """A member of a family with its options: `{name = "simclr", temperature = 0.2}` in a study file."""

    model_config = ConfigDict(frozen=True)
    name: str
    options: dict[str, Any] = {}

    def __str__(self) -> str:
        options = ", ".join(f"{key}={value!r}" for key, value in self.options.items())
        return f"{self.name}({options})"


def options_of(member: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    """The options of a member: its keyword-only parameters, by name."""
    parameters = inspect.signature(member).parameters
    return {name: p for name, p in parameters.items() if p.kind is p.KEYWORD_ONLY}


def check(
    member: Callable[..., Any], options: Mapping[str, Any], place: str, but: Collection[str] = ()
) -> dict[str, Any]:
    """All options of `member`: those given, checked, and the defaults of the others, as plain JSON values.

    `but` names keyword-only parameters that are no options: what the program hands in by name.

    Raises
    ------
    UserError: an option that does not exist (with the nearest one that does) or a value of the wrong type.
    """
    known = {name: option for name, option in options_of(member).items() if name not in but}
    for name in options:
        if name not in known:
            raise UserError(f"{place} has no option {name!r}", todo=suggest(name, known))
    fields: dict[str, Any] = {
        name: (p.annotation, ... if p.default is p.empty else p.default) for name, p in known.items()
    }
    model = create_model("Options", __config__=ConfigDict(strict=True), **fields)
    checked: dict[str, Any] = validate(model, options, place).model_dump(mode="json")
    return checked


def validate(model: type[Model], values: Mapping[str, Any], place: str) -> Model:
    """A pydantic model from plain values. Raises UserError that names the first place that is wrong."""
    try:
        # JSON mode: a TOML array is a tuple and an int is a float, but "3" is not a number.
        return model.model_validate_json(json.dumps(dict(values), default=str))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in (place, *first["loc"]))
        cause = first.get("ctx", {}).get("error")
        if isinstance(cause, UserError):  # an option that checks its own value
            raise UserError(f"{where}: {cause.problem}", got=cause.got, todo=cause.todo) from None
        got = None if first["type"] in ("missing", "extra_forbidden") else repr(first["input"])
        todo = "see `sempairs describe`"
        if first["type"] == "extra_forbidden" and len(first["loc"]) == 1:
            todo = suggest(str(first["loc"][0]), model.model_fields)
        raise UserError(f"{where}: {first['msg'].lower()}", got=got, todo=todo) from None


def resolve(registry: Registry, spec: str | Mapping[str, Any] | Spec, place: str | None = None) -> Spec:
    """A complete Spec from a name, from a study-file table `{name, ...options}` or from a partial Spec.

    Parameters
    ----------
    place: where it stands, for errors.
    """
    given, place = place, place or registry.kind
    if isinstance(spec, str):
        spec = Spec(name=spec)
    elif not isinstance(spec, Spec):
        table = dict(spec)
        if not isinstance(table.get("name"), str):
            raise UserError(f"{place} needs a name", got=table or "nothing", todo=f"valid names: {', '.join(registry)}")
        spec = Spec(name=table.pop("name"), options=table)
    if given and spec.name not in registry:
        todo = suggest(spec.name, registry)
        raise UserError(f"{place}: there is no {registry.kind} called {spec.name!r}", todo=todo)
    return Spec(name=spec.name, options=check(registry[spec.name], spec.options, f"{place} {spec.name!r}"))


def build(registry: Registry, spec: str | Mapping[str, Any] | Spec, *given: Any) -> Any:
    """Make the member that `spec` names; `given` are its positional parameters."""
    resolved = resolve(registry, spec)
    member = registry[resolved.name]
    # Tuples become lists in JSON; the annotation says which they are, so validate once more into Python values.
    fields: dict[str, Any] = {name: (p.annotation, ...) for name, p in options_of(member).items()}
    values = create_model("Options", **fields).model_validate(resolved.options)
    return member(*given, **{name: getattr(values, name) for name in fields})


def parse_spec(text: str) -> Spec:
    """`"shapes:n=100,size=32"` as a name with options; values are TOML literals or words."""
    name, _, rest = text.partition(":")
    parts = [part.strip() for part in rest.split(",") if part.strip()]
    if any("=" not in part for part in parts):
        raise UserError("options follow a name as NAME:OPTION=VALUE", got=text, todo="for example pca:dim=64")
    return Spec(name=name, options=parse_assignments([f"options.{part}" for part in parts]).get("options", {}))


def parse_assignments(assignments: list[str]) -> dict[str, dict[str, Any]]:
    """`["method.temperature=0.2", ...]` as `{"method": {"temperature": 0.2}}`; values are TOML literals or words."""
    tables: dict[str, dict[str, Any]] = {}
    for text in assignments:
        key, equals, value = text.partition("=")
        table, dot, option = key.strip().partition(".")
        if not (equals and dot and table and option):
            raise UserError("an option is set as TABLE.OPTION=VALUE", got=text, todo="--set method.temperature=0.2")
        try:
            parsed = tomllib.loads(f"value = {value}")["value"]
        except tomllib.TOMLDecodeError:
            parsed = value.strip()
        tables.setdefault(table, {})[option] = parsed
    return tables
