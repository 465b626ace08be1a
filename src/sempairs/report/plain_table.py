"""A table of the page whose rows are arms and whose cells are text."""

from dataclasses import dataclass


@dataclass(frozen=True)
class PlainTable:
    """One table.

    Parameters
    ----------
    head: above the cells; the first column is the arm.
    text: how many of the columns after the arm hold words.
    rows: the arm, and the cells.
    """

    title: str
    head: tuple[str, ...]
    text: int
    rows: list[tuple[str, tuple[str, ...]]]
