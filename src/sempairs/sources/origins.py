"""Data that can be had in several ways: the first way that gives it whole."""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from sempairs.core.errors import UserError

log = logging.getLogger(__name__)

Found = TypeVar("Found")


class Unavailable(Exception):
    """The data cannot be had in this way, and why."""


def first_whole(
    name: str, origins: Mapping[str, Callable[[], Path]], read: Callable[[Path], Found], todo: str
) -> Found:
    """What `read` makes of the folder of the first origin that has everything.

    Parameters
    ----------
    name: of the data, for people.
    origins: the ways, by what they are called; each gives a folder, or raises Unavailable, as `read` may do.
    todo: what to do if all fail.

    Raises
    ------
    UserError: every way failed; it says how each did.
    """
    failures = []
    for origin, folder_of in origins.items():
        try:
            found = read(folder_of())
        except Unavailable as reason:
            failures.append(f"{origin}: {reason}")
        else:
            log.info("%s from %s", name, "; ".join([*failures, origin]))
            return found
    raise UserError(f"{name} cannot be had", got="".join(f"\n    {failure}" for failure in failures), todo=todo)
