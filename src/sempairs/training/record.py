"""What a training leaves in its run folder while it goes on: log, incidents, checkpoints. Written by one process.

On several processes all call these, in step, and the first one writes.
"""

import time
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from sempairs.core.runs import JsonLines, Run
from sempairs.pairs.pairset import PairSet
from sempairs.training import checkpoint, distributed
from sempairs.training.incidents import Incident
from sempairs.training.state import TrainState
from sempairs.views.loader import PairLoader

CHECKPOINT_SECONDS = 15.0  # how much work a kill may cost
AGREE_STEPS = 10  # several processes ask the first one's clock no more often


@dataclass
class Record:
    """The files of a run, and the state that they are of."""

    run: Run
    pairs: PairSet
    loader: PairLoader
    state: TrainState

    def __post_init__(self) -> None:
        self.metrics = JsonLines(self.run.folder / "metrics.jsonl")
        self.speed = JsonLines(self.run.folder / "speed.jsonl")
        self.incidents = JsonLines(self.run.folder / "incidents.jsonl")
        self._saved = time.monotonic()

    def go_back(self) -> None:
        """To the last whole checkpoint, state and files; to the beginning without one."""
        saved = checkpoint.load_latest(self.run.folder, torch.device("cpu"))  # a GPU may have no place for all of it
        if saved:
            self.state.restore(saved["state"])
        distributed.wait()  # all have read before the first one writes
        if distributed.is_first():
            self.metrics.keep(saved["metrics"] if saved else 0)
            self.speed.keep(saved["metrics"] if saved else 0)
            self.incidents.keep(saved["incidents"] if saved else 0)

    def append(self, line: dict[str, Any], speed: dict[str, float]) -> None:
        """A line of the log, and how fast it went: in a file of its own, for nothing else differs between two runs."""
        if distributed.is_first():
            self.metrics.append(line)
            self.speed.append({"step": line["step"], **speed})

    def line(self, terms: dict[str, Tensor], lr: float) -> dict[str, Any]:
        """What the log says of the last step, taken with this learning rate, besides its speed."""
        values = {name: float(term) for name, term in terms.items()}
        noted = {name: float(value) for name, value in self.state.method.noted.items()}
        epoch = round(self.state.step / self.loader.steps_per_epoch, 4)
        return {"step": self.state.step, "epoch": epoch, "lr": lr, "loss": sum(values.values()), **values, **noted}

    def incident(self, incident: Incident) -> None:
        """Write down what went wrong. Raises UserError if the run has to stop."""
        rows = self.loader.rows(incident.numbers.step - 1)
        ids = [str(id) for id in self.pairs.column("pair_id")[rows]]
        log = self.incidents if distributed.is_first() else None
        self.state.watch.record(incident, log, self.state.method, ids)

    def save_if_due(self) -> None:
        """Write a checkpoint if the last one is old enough."""
        due = time.monotonic() - self._saved >= CHECKPOINT_SECONDS
        if distributed.processes() > 1:
            due = self.state.step % AGREE_STEPS == 0 and distributed.agreed(due, self.state.device)
        if due:
            self.state.settle(self.incident)
            state = self.state.dump()  # by all: each may have a part of it
            if distributed.is_first():
                lines = {"metrics": len(self.metrics.read()), "incidents": len(self.incidents.read())}
                checkpoint.save(self.run.folder, self.state.step, {"state": state, **lines})
            self._saved = time.monotonic()
