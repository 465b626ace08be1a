"""Tasks for work units: they must be importable by the workers."""

import os
import signal
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sempairs.core.errors import UserError
from sempairs.core.work import Compute


@dataclass(frozen=True)
class Squares:
    """The squares of a range; it notes each opening, and can be told to die or to fail at a number."""

    notes: Path
    die_at: int | None = None  # once
    always_die: bool = False
    fail_at: int | None = None

    def open(self) -> Compute:
        with (self.notes / "opened").open("a") as file:
            file.write("x")

        def compute(start: int, stop: int) -> dict[str, np.ndarray]:
            if self.die_at is not None and start <= self.die_at < stop:
                died = self.notes / "died"
                if self.always_die or not died.exists():
                    died.touch()
                    os.kill(os.getpid(), signal.SIGKILL)
            if self.fail_at is not None and start <= self.fail_at < stop:
                raise UserError("this number cannot be squared", got=self.fail_at, todo="choose another")
            with (self.notes / "computed").open("a") as file:
                file.write(f"{start} ")
            numbers = np.arange(start, stop)
            return {"square": numbers**2, "half": numbers[:, None] / 2}

        return compute
