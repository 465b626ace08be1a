"""Your own views: a list of steps, or one list for the first image of a pair and another for the second.

    views = { name = "custom", steps = [{ op = "crop", min = 0.2 }, { op = "rotate", degrees = 15 }, { op = "grey" }] }

`sempairs describe "view step"` lists the steps, docs/views.md shows them. Crop, flip, rotate and shear are one resample
(`views.geometry`), so they stand first, in this order.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Annotated, Any, ClassVar

import numpy as np
from jaxtyping import Float, Int64, UInt8
from pydantic import AfterValidator
from torch import Tensor

from sempairs.core.errors import UserError
from sempairs.core.settings import Spec, build
from sempairs.views import STEPS
from sempairs.views.sampling import check_size
from sempairs.views.steps import Step, check_order, make_views

Table = dict[str, Any]


def step_of(table: Mapping[str, Any]) -> Step:
    """The step that a table describes. Raises UserError if it has no op, an unknown one, or wrong options."""
    options = dict(table)
    op = options.pop("op", None)
    if not isinstance(op, str):
        raise UserError("a step needs an op", got=dict(table), todo=f"valid names: {', '.join(STEPS)}")
    step: Step = build(STEPS, Spec(name=op, options=options))
    return step


def complete(tables: tuple[Table, ...]) -> tuple[Table, ...]:
    """The same steps with all their options. Raises UserError if one is wrong, or their order."""
    steps = []
    for number, table in enumerate(tables):
        try:
            steps.append(step_of(table))
        except UserError as error:
            raise UserError(f"step {number}: {error.problem}", got=error.got, todo=error.todo) from None
    check_order(steps)
    return tuple({"op": table["op"], **asdict(step)} for table, step in zip(tables, steps, strict=True))


Steps = Annotated[tuple[Table, ...], AfterValidator(complete)]


@dataclass(frozen=True, kw_only=True)
class CustomViews:
    """The views of a list of steps (see `sempairs.views.custom`).

    Parameters
    ----------
    steps: a table for each step, with its `op` and options; an empty list shows whole frames.
    second: the steps of view 1, of the second image of a pair, where they are not those of view 0.
    size: the side of a view in pixels; None keeps the frames' own height and width.
    """

    views: ClassVar[int] = 2
    steps: Steps
    second: Steps | None = None
    size: int | None = None

    def __post_init__(self) -> None:
        check_size(self.size)
        _ = self.made  # wrong steps are found here, wherever the recipe comes from

    @cached_property
    def made(self) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
        """The steps of view 0 and of view 1."""
        lists = (self.steps, self.steps if self.second is None else self.second)
        first, second = (tuple(step_of(table) for table in complete(tables)) for tables in lists)
        return first, second

    def __call__(
        self, frames: UInt8[Tensor, "n h w c"], seed: int, counters: Int64[np.ndarray, " n"], view: int = 0
    ) -> Float[Tensor, "n c s t"]:
        """View number `view` of each frame, with values in [0, 1]."""
        return make_views(self.made[view % 2], frames, seed, counters, self.size)
