"""The runs of a study: an arm and a seed under a condition, and the designs that say which of them are made."""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from pydantic import Field

from sempairs.core.errors import UserError, suggest
from sempairs.study.tables import Closed

FACTORS = ("method", "encoder", "views", "budget")
LEVELS = {"method": "methods", "encoder": "encoders", "views": "views", "budget": "budgets"}
"""Each factor's table in a study file, which names its levels."""


@dataclass(frozen=True)
class Condition:
    """Everything that decides a run but its pairs and its seed; each part is a name of the study file."""

    method: str
    encoder: str
    views: str
    budget: str

    def to_json(self) -> dict[str, str]:
        """As plain values."""
        return {factor: getattr(self, factor) for factor in FACTORS}


@dataclass(frozen=True)
class Cell:
    """One training of a study."""

    arm: str
    seed: int
    condition: Condition

    @property
    def method(self) -> str:
        """The method's name in the study file."""
        return self.condition.method

    def __str__(self) -> str:
        return f"{self.method} on {self.arm} pairs, seed {self.seed}"

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return {"arm": self.arm, "seed": self.seed, **self.condition.to_json()}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Cell":
        """The inverse of `to_json`; other keys are left alone."""
        return cls(value["arm"], value["seed"], Condition(**{factor: value[factor] for factor in FACTORS}))


class Design(Closed):
    """Which cells are made. Arms and seeds are crossed with every condition; a list that is not given means all levels.

    Parameters
    ----------
    kind: which conditions. "product": every combination of the levels; "one-at-a-time": the first level of every
        factor, and from there each other level of the factors in `vary`, one factor at a time; "list": the `rows`.
    arms, seeds: of every condition.
    methods, encoders, views, budgets: names of levels, for a product and for one-at-a-time.
    vary: factors, by the name of their table, for one-at-a-time.
    rows: for each condition the levels of its factors, {method = ..., encoder = ..., views = ..., budget = ...}; the
        first level of a factor that a row does not name.
    """

    kind: Literal["product", "one-at-a-time", "list"] = "product"
    arms: tuple[str, ...] = ()
    seeds: tuple[int, ...] = ()
    methods: tuple[str, ...] = ()
    encoders: tuple[str, ...] = ()
    views: tuple[str, ...] = ()
    budgets: tuple[str, ...] = ()
    vary: tuple[Literal["methods", "encoders", "views", "budgets"], ...] = ()
    rows: tuple[dict[Literal["method", "encoder", "views", "budget"], str], ...] = Field(default=())


def cells_of(
    designs: Iterable[Design], levels: Mapping[str, Sequence[str]], arms: Sequence[str], seeds: Sequence[int]
) -> list[Cell]:
    """The cells of all designs, each once, seed by seed, so that a study that is stopped early has whole comparisons.

    Parameters
    ----------
    levels: names of the levels of each factor, in the order of the file.
    """
    cells = dict.fromkeys(itertools.chain.from_iterable(_cells(design, levels, arms, seeds) for design in designs))
    return sorted(cells, key=lambda cell: seeds.index(cell.seed))


def _cells(
    design: Design, levels: Mapping[str, Sequence[str]], arms: Sequence[str], seeds: Sequence[int]
) -> Iterator[Cell]:
    own = design.arms or arms
    for seed, condition, arm in itertools.product(design.seeds or seeds, _conditions(design, levels), own):
        yield Cell(arm, seed, condition)


def _conditions(design: Design, levels: Mapping[str, Sequence[str]]) -> list[Condition]:
    own = {factor: getattr(design, LEVELS[factor]) or levels[factor] for factor in FACTORS}
    first = Condition(**{factor: own[factor][0] for factor in FACTORS})
    if design.kind == "product":
        return [Condition(*combination) for combination in itertools.product(*own.values())]
    if design.kind == "list":
        return [replace(first, **{str(factor): name for factor, name in row.items()}) for row in design.rows]
    varied = [factor for factor in FACTORS if LEVELS[factor] in design.vary]
    return [first, *(replace(first, **{factor: name}) for factor in varied for name in own[factor][1:])]


def check_design(
    design: Design, levels: Mapping[str, Sequence[str]], arms: Sequence[str], seeds: Sequence[int], place: str
) -> None:
    """See that a design names what there is, and has what its kind needs.

    Raises
    ------
    UserError: a level, arm or seed that the study does not have; `vary` or `rows` with another kind, or missing.
    """
    known: dict[str, Sequence[Any]] = {LEVELS[factor]: levels[factor] for factor in FACTORS}
    for table, there in {**known, "arms": arms, "seeds": seeds}.items():
        for name in getattr(design, table):
            if name not in there:
                todo = suggest(str(name), map(str, there))
                raise UserError(f"{place}.{table}: {name!r} is not in the study", todo=todo)
    for row in design.rows:
        for factor, name in row.items():
            if name not in levels[factor]:
                raise UserError(f"{place}.rows: {name!r} is not in the study", todo=suggest(name, levels[factor]))
    for option, kind in (("vary", "one-at-a-time"), ("rows", "list")):
        if bool(getattr(design, option)) != (design.kind == kind):
            raise UserError(
                f"{place}: a design of the kind {kind!r} has {option!r}, and no other has it",
                got=f"kind {design.kind!r}" + (f" with {option}" if getattr(design, option) else f" without {option}"),
                todo=f'kind = "{kind}"' if getattr(design, option) else f"set {option}, or use another kind",
            )
