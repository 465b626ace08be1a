"""Sharing out a study: parts that processes or machines can run at one time, so that no two train the same run."""

import re
from dataclasses import dataclass

from sempairs.core.errors import UserError
from sempairs.study.cells import Cell
from sempairs.study.matrix import Study

EXAMPLES = "for 4 parts use 1/4, 2/4, 3/4 and 4/4; of an array that counts from 0: $((SLURM_ARRAY_TASK_ID + 1))/4"


@dataclass(frozen=True)
class Shard:
    """Part `number` of `of` parts of a study's runs, counted from 1."""

    number: int = 1
    of: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.number <= self.of:
            raise UserError("there is no such part of the study", got=f"{self.number}/{self.of}", todo=EXAMPLES)

    @classmethod
    def parse(cls, text: str) -> "Shard":
        """The part that "2/8" means. Raises UserError for anything else."""
        match = re.fullmatch(r"(\d+)/(\d+)", text)
        if match is None:
            raise UserError("a part of a study is given as NUMBER/PARTS", got=text, todo=EXAMPLES)
        return cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    def cells(self, study: Study) -> list[Cell]:
        """Its runs. Arms that look through another arm's encoder go with it, so that no encoder is trained twice."""
        linked = {name for name, arm in study.file.arms.items() if arm.through is not None}
        linked |= {arm.through for arm in study.file.arms.values() if arm.through is not None}
        parts = dict.fromkeys(_part(cell, linked) for cell in study.cells)
        own = set(list(parts)[self.number - 1 :: self.of])
        return [cell for cell in study.cells if _part(cell, linked) in own]


def _part(cell: Cell, linked: set[str]) -> tuple[object, ...]:
    """What cannot be split further."""
    return (cell.condition, cell.seed) if cell.arm in linked else (cell,)
