from dataclasses import dataclass
from typing import Literal

import pytest

from sempairs.core.errors import UserError
from sempairs.core.registry import Registry
from sempairs.core.settings import Spec, build, parse_assignments, resolve


@dataclass(frozen=True, kw_only=True)
class Thing:
    must: int
    ratio: float = 0.5
    sizes: tuple[int, ...] = (1, 2)
    kind: Literal["a", "b"] = "a"


def with_given(source: str, *, k: int = 1) -> tuple[str, int]:
    return source, k


FAMILY = Registry("thing", {})
FAMILY.add("thing", Thing)
FAMILY.add("with-given", with_given)


def test_resolving_fills_in_every_default():
    spec = resolve(FAMILY, {"name": "thing", "must": 3})
    assert spec == Spec(name="thing", options={"must": 3, "ratio": 0.5, "sizes": [1, 2], "kind": "a"})
    assert resolve(FAMILY, spec) == spec  # resolving twice changes nothing


def test_building_gives_python_values_and_what_the_program_hands_in():
    assert build(FAMILY, {"name": "thing", "must": 3, "sizes": [4], "ratio": 1}) == Thing(must=3, sizes=(4,), ratio=1.0)
    assert build(FAMILY, "with-given", "images") == ("images", 1)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"name": "thing"}, "thing 'thing'.must: field required"),
        ({"name": "thing", "must": "3"}, r"must: input should be a valid integer(?s:.*)got: '3'"),
        ({"name": "thing", "must": 3.5}, "must: input should be a valid integer"),
        ({"name": "thing", "must": 3, "ratoi": 1.0}, r"no option 'ratoi'(?s:.*)did you mean 'ratio'"),
        ({"name": "thing", "must": 3, "kind": "c"}, r"kind: input should be 'a' or 'b'(?s:.*)got: 'c'"),
        ({"name": "with-given", "source": "x"}, "no option 'source'"),
        ({"name": "thong"}, "did you mean 'thing'"),
        ({"must": 3}, "thing needs a name"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(table, message):
    with pytest.raises(UserError, match=message):
        resolve(FAMILY, table)


def test_assignments_are_toml_literals_or_words():
    given = ["method.temperature=0.2", "views.flip=0", "source.split=test", "x.list=[1, 2]", "x.on=true"]
    assert parse_assignments(given) == {
        "method": {"temperature": 0.2},
        "views": {"flip": 0},
        "source": {"split": "test"},
        "x": {"list": [1, 2], "on": True},
    }


@pytest.mark.parametrize("text", ["temperature=0.2", "method.temperature", "method.=1", ".k=1"])
def test_a_malformed_assignment_is_refused(text):
    with pytest.raises(UserError, match=r"TABLE\.OPTION=VALUE"):
        parse_assignments([text])


@pytest.mark.parametrize(
    ("place", "message"), [(None, "^there is no thing called"), ("arms.own", "^arms.own: there is")]
)
def test_a_name_that_is_unknown_is_named_with_the_place_that_was_given(place, message):
    with pytest.raises(UserError, match=message):
        resolve(FAMILY, {"name": "thin"}, place)
