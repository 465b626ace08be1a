import pytest

from sempairs.core.errors import UserError
from sempairs.core.registry import Registry


def test_a_member_is_imported_when_it_is_asked_for():
    family = Registry("function", {"root": "math:sqrt", "missing": "no_such_module:x"})
    assert list(family) == ["root", "missing"]  # listing imports nothing
    assert family["root"](4) == 2


def test_an_unknown_name_shows_the_nearest_one_and_all():
    family = Registry("method", {"simclr": "a:b", "byol": "a:c"})
    with pytest.raises(UserError, match=r"no method called 'simclear'(?s:.*)did you mean 'simclr'.*byol, simclr"):
        family["simclear"]


def test_adding_a_name_twice_is_refused():
    family = Registry("method", {"simclr": "a:b"})
    family.add("mine", lambda: 1)
    assert family["mine"]() == 1
    with pytest.raises(UserError, match="exists already"):
        family.add("simclr", lambda: 1)
