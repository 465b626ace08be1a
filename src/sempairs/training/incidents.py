"""Steps that went wrong: a loss or gradient that is not finite, or a gradient far above the usual. Never silent.

Each is a line of `incidents.jsonl` in the run's folder, with what led to it; what happens then is a setting.
"""

import math
import statistics
from collections import deque
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn

from sempairs.core.errors import UserError
from sempairs.core.progress import say
from sempairs.core.runs import JsonLines
from sempairs.training.distributed import full

REMEMBERED = 100  # steps whose gradients say what is usual
FEWEST = 20  # before so many nothing is a spike
PATIENCE = 10  # steps left out in a row before a run stops

IfNotFinite = Literal["stop", "skip"]
IfSpike = Literal["go-on", "skip", "stop"]


@dataclass(frozen=True)
class Numbers:
    """What is looked at of a step, counted from 1: learning rate, terms of the loss, length of the whole gradient."""

    step: int
    lr: float
    terms: dict[str, float]
    gradient: float

    @property
    def loss(self) -> float:
        """The sum of the terms."""
        return sum(self.terms.values())


@dataclass(frozen=True)
class Incident:
    """What was wrong with a step, and what is done."""

    numbers: Numbers
    what: str
    then: IfNotFinite | IfSpike


class Watch:
    """Judges each step by those before it.

    Parameters
    ----------
    if_not_finite: "skip" leaves the step out, "stop" ends the run.
    if_spike: the same for a gradient that is `spike` times as long as the median of the last 100; or "go-on".
    spike: 0 for never.
    """

    def __init__(self, if_not_finite: IfNotFinite, if_spike: IfSpike, spike: float) -> None:
        self.if_not_finite: IfNotFinite = if_not_finite
        self.if_spike: IfSpike = if_spike
        self.spike = spike
        self.gradients: deque[float] = deque(maxlen=REMEMBERED)
        self.losses: deque[float] = deque(maxlen=10)
        self.skipped = 0

    @property
    def skips(self) -> bool:
        """Whether a step may have to be left out, so that it must be judged before it is taken."""
        return "skip" in (self.if_not_finite, self.if_spike)

    def judge(self, numbers: Numbers) -> Incident | None:
        """What is wrong with a step; None if nothing is."""
        found: Incident | None = None
        if not math.isfinite(numbers.loss):
            found = Incident(numbers, "the loss is not finite", self.if_not_finite)
        elif not math.isfinite(numbers.gradient):
            found = Incident(numbers, "the gradient is not finite", self.if_not_finite)
        elif self.spike and len(self.gradients) >= FEWEST:
            times = numbers.gradient / max(statistics.median(self.gradients), 1e-30)
            if times > self.spike:
                found = Incident(numbers, f"the gradient is {times:,.0f} times as long as usual", self.if_spike)
        if found is None:
            self.gradients.append(numbers.gradient)
            self.losses.append(numbers.loss)
        self.skipped = self.skipped + 1 if found and found.then == "skip" else 0
        if found and self.skipped >= PATIENCE:
            found = Incident(numbers, f"{found.what}, as in the {PATIENCE - 1} steps before", "stop")
        return found

    def dump(self) -> dict[str, Any]:
        """What a checkpoint keeps, so that a resumed run judges as one that was not stopped."""
        return {"gradients": list(self.gradients), "losses": list(self.losses), "skipped": self.skipped}

    def restore(self, saved: dict[str, Any]) -> None:
        """Go back to a checkpoint."""
        self.gradients.extend(saved["gradients"])
        self.losses.extend(saved["losses"])
        self.skipped = saved["skipped"]

    def record(self, incident: Incident, log: JsonLines | None, network: nn.Module, pairs: list[str]) -> None:
        """Write an incident down with what led to it, and say it. Raises UserError if the run has to stop.

        Parameters
        ----------
        log: where; None for nowhere.
        network: whose gradients are still those of the step.
        pairs: the ids of the pairs in the batch.
        """
        numbers, what = incident.numbers, incident.what
        lengths = {name: float(full(p.grad.norm())) for name, p in network.named_parameters() if p.grad is not None}
        worst = sorted(lengths, key=lambda name: lengths[name] if lengths[name] == lengths[name] else math.inf)[-5:]
        line = {
            "step": numbers.step,
            "what": what,
            "then": incident.then,
            "lr": numbers.lr,
            "terms": {name: _number(term) for name, term in numbers.terms.items()},
            "gradient": _number(numbers.gradient),
            "usual gradient": statistics.median(self.gradients) if self.gradients else None,
            "largest gradients": {name: _number(lengths[name]) for name in reversed(worst)},
            "losses before": list(self.losses),
            "pairs": pairs,
        }
        if log is not None:
            log.append(line)
        if incident.then == "stop":
            raise UserError(
                f"{what} at step {numbers.step}",
                got=", ".join(f"{name} = {term:g}" for name, term in numbers.terms.items()),
                todo="lower training.lr; incidents.jsonl in the run's folder says what led to it, and in which batch",
            )
        done = "the step is left out" if incident.then == "skip" else "going on"
        say(f"warning: {what} at step {numbers.step}; {done} (see incidents.jsonl)")


def gradient_length(network: nn.Module) -> Tensor:
    """The Euclidean length of the gradient over all parameters."""
    return full(torch.nn.utils.get_total_norm([p.grad for p in network.parameters() if p.grad is not None]))


def _number(value: float) -> float | str:
    """The number, or its name where JSON has none."""
    return value if math.isfinite(value) else str(value)
