"""A family of members chosen by name: methods, encoders, view recipes, pairing rules, sources, evaluations.

A family is one table, `name -> "module:attribute"`, written where the family lives. A member is imported when it is
asked for, so listing names is instant and nothing depends on the order of imports.
"""

import importlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sempairs.core.errors import UserError, suggest

Member = Callable[..., Any]


class Registry:
    """A named table of members.

    Parameters
    ----------
    kind: what a member is called in messages, for example "method".
    members: `name -> "module:attribute"`; the attribute is a class or a function whose keyword-only parameters are
        its options.
    """

    def __init__(self, kind: str, members: Mapping[str, str]) -> None:
        self.kind = kind
        self._members: dict[str, str | Member] = dict(members)

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __contains__(self, name: object) -> bool:
        return name in self._members

    def __getitem__(self, name: str) -> Member:
        """The member called `name`. Raises UserError with the nearest valid name if there is none."""
        if name not in self._members:
            raise UserError(f"there is no {self.kind} called {name!r}", todo=suggest(name, self._members))
        member = self._members[name]
        if isinstance(member, str):
            module, _, attribute = member.partition(":")
            member = self._members[name] = getattr(importlib.import_module(module), attribute)
        return member

    def add(self, name: str, member: Member) -> None:
        """Add a member of your own. Raises UserError if the name is taken."""
        if name in self._members:
            raise UserError(f"the {self.kind} {name!r} exists already", todo="choose another name")
        self._members[name] = member
