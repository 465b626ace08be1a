"""A resolved study as TOML text, so that the page itself holds all that is needed to run the study again."""

import json
from collections.abc import Mapping
from typing import Any


def to_toml(tables: Mapping[str, Any]) -> str:
    """Write plain values as TOML: `tomllib.loads` gives them back, without what was None."""
    present = {key: value for key, value in tables.items() if value is not None}
    plain = [f"{_key(key)} = {_value(value)}\n" for key, value in present.items() if not isinstance(value, Mapping)]
    parts = ["".join(plain)] if plain else []
    for key, value in present.items():
        if isinstance(value, Mapping):
            rows = (f"{_key(name)} = {_value(item)}\n" for name, item in value.items() if item is not None)
            parts.append(f"[{_key(key)}]\n" + "".join(rows))
    return "\n".join(parts)


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items() if v is not None) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    return _string(value) if isinstance(value, str) else json.dumps(value)


def _key(key: str) -> str:
    """A key as it is where TOML allows that, else in quotes."""
    bare = key.isascii() and key.replace("-", "").replace("_", "").isalnum()
    return key if bare else _string(key)


def _string(text: str) -> str:
    """JSON's escapes are TOML's, except that TOML forbids a raw DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
