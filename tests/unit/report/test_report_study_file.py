"""A study written as TOML and read back by the standard library."""

import tomllib
from importlib.resources import files
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sempairs.report.study_file import to_toml

# TOML has no null; surrogates are no text.
TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=8)
PLAIN = st.booleans() | st.integers(-(2**62), 2**62) | st.floats(allow_nan=False, allow_infinity=False) | TEXT
VALUES = st.recursive(PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3))


@given(st.dictionaries(TEXT, VALUES, max_size=5))
def test_toml_gives_the_same_values_back(tables: dict[str, Any]) -> None:
    assert tomllib.loads(to_toml(tables)) == tables


def test_what_is_none_is_left_out() -> None:
    assert tomllib.loads(to_toml({"a": None, "b": {"c": None, "d": [{"e": None}]}})) == {"b": {"d": [{}]}}


def test_the_demo_comes_back_as_it_was() -> None:
    demo = tomllib.loads(files("sempairs.study").joinpath("demo.toml").read_text())
    assert tomllib.loads(to_toml(demo)) == demo
