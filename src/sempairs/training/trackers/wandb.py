"""Weights & Biases: a run of the project "sempairs", in the run's folder until `wandb sync` unless WANDB_MODE is set.

**Resume** online by the library's own (`resume="allow"`): the service says at which step it is, and earlier lines are
not sent again. Offline the library cannot resume, and loses what a kill left in memory: there the lines of
`metrics.jsonl` are logged again into a new offline run, which takes the place of the one before.
"""

import os
import shutil
from pathlib import Path
from typing import Any

from sempairs.core.errors import UserError
from sempairs.core.runs import JsonLines
from sempairs.training.trackers.base import numbers


class WandB:
    """History by step, settings as the configuration, the result as the summary."""

    def __init__(self) -> None:
        try:
            import wandb
        except ImportError:
            raise UserError("Weights & Biases is not installed", todo="pip install 'sempairs[wandb]'") from None
        self._wandb: Any = wandb
        self._run: Any = None

    def begin(self, name: str, title: str, settings: dict[str, Any], folder: Path, resumed_at: int) -> None:
        """Make the run, and log the lines before `resumed_at` that it does not have."""
        mode = os.environ.get("WANDB_MODE", "offline")
        if mode == "offline":
            for superseded in (folder / "wandb").glob(f"offline-run-*-{name}"):
                shutil.rmtree(superseded)
        self._run = self._wandb.init(
            project=os.environ.get("WANDB_PROJECT", "sempairs"),
            id=name,
            name=title,
            config=settings,
            dir=str(folder),
            mode=mode,
            resume="allow",
            reinit="create_new",  # never the run that the user's own program has open
            settings=self._wandb.Settings(console="off"),  # the error stream is the progress bar's
        )
        for line in JsonLines(folder / "metrics.jsonl").read():
            self.log(line)

    def log(self, line: dict[str, Any]) -> None:
        """Log the numbers of a line, unless the service is past its step."""
        if line["step"] >= self._run.starting_step:
            self._run.log(numbers(line), step=line["step"])

    def end(self, result: dict[str, Any] | None) -> None:
        """Say how the run ended; a run that was stopped shows as failed."""
        if result is not None:
            self._run.summary.update(result)
        self._run.finish(exit_code=0 if result is not None else 1)
