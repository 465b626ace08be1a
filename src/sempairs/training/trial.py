"""What a training will be, before it is started: all settings, its size, and its cost by a few timed steps."""

import math
import statistics
import time
from dataclasses import dataclass
from typing import Any

import torch

from sempairs.core.settings import build
from sempairs.pairs.pairset import PairSet
from sempairs.sources.base import Source
from sempairs.training import distributed
from sempairs.training.settings import TrainSettings
from sempairs.training.state import TrainState
from sempairs.views import VIEWS
from sempairs.views.loader import PairLoader

WARM_UP, TIMED = 2, 5  # steps


@dataclass(frozen=True)
class Trial:
    """A training that was tried for a few steps.

    Parameters
    ----------
    settings: all of them, resolved.
    parameters: of the encoder, of what is trained besides it, and of what follows it (teachers), in numbers.
    steps, pairs: of the whole training.
    seconds: of a step, median, reading and views included, which a training overlaps where it can.
    fastest, slowest: seconds of these steps.
    seconds_of_views: of these, for reading frames and making views.
    memory: in bytes, of the GPU where there is one; None on a CPU.
    device: where it was tried.
    """

    settings: TrainSettings
    parameters: dict[str, int]
    steps: int
    pairs: int
    seconds: float
    fastest: float
    slowest: float
    seconds_of_views: float
    memory: int | None
    device: str

    def in_words(self) -> str:
        """As a person reads it before deciding."""
        lines = []
        for table, options in self.settings.to_json().items():
            lines += [f"[{table}]", *(f"{name} = {_toml(value)}" for name, value in options.items()), ""]
        lines += [f"{self.settings.in_words()}", ""]
        lines += [f"{name:12} {count:>12,} parameters" for name, count in self.parameters.items()]
        batch = self.settings.training.batch_size
        lines += [
            f"{'steps':12} {self.steps:>12,} of {batch} pairs ({self.steps * batch:,} of a set of {self.pairs:,})",
            f"{'a step':12} {self.seconds:>12.3f} s, {self.seconds_of_views:.3f} s of it for views, on {self.device}",
            f"{'all steps':12} {_duration(self.steps * self.seconds):>12}, at {batch / self.seconds:,.0f} pairs/s",
        ]
        if self.memory is not None:
            lines.append(f"{'memory':12} {self.memory / 2**30:>12.2f} GiB of the GPU")
        return "\n".join(lines)


def trial(pairs: PairSet, source: Source, settings: TrainSettings, patience: float = math.inf) -> Trial:
    """Take a few steps, time them, and forget them. Raises UserError for all that a training would refuse at once.

    Parameters
    ----------
    patience: no step begins after so many seconds, but for the two that are needed.
    """
    device, budget = distributed.own_device(), settings.training
    loader = PairLoader.of(source, pairs, build(VIEWS, settings.views), budget.batch_size, budget.seed, device)
    steps = budget.steps or budget.passes * loader.steps_per_epoch
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        state = TrainState.fresh(settings, source.shape[2], steps, device)
        state.method.train()
        whole, for_views = [], []
        started = time.perf_counter()
        for step in range(WARM_UP + TIMED):
            if step >= 2 and time.perf_counter() - started > patience:
                break
            began = _now(device)
            views, known = loader.batch(step % loader.steps_per_epoch)
            made = _now(device)
            state.advance(views, known, steps)
            whole.append(_now(device) - began)
            for_views.append(made - began)
    timed = slice(min(WARM_UP, len(whole) - 1), None)
    memory = torch.cuda.max_memory_allocated(device) if device.type == "cuda" else None
    return Trial(
        settings=settings,
        parameters=_parameters(state),
        steps=steps,
        pairs=len(pairs),
        seconds=statistics.median(whole[timed]),
        fastest=min(whole[timed]),
        slowest=max(whole[timed]),
        seconds_of_views=statistics.median(for_views[timed]),
        memory=memory,
        device=str(device),
    )


def _parameters(state: TrainState) -> dict[str, int]:
    def count(parameters: Any) -> int:
        return sum(parameter.numel() for parameter in parameters)

    trained = count(p for p in state.method.parameters() if p.requires_grad)
    encoder = count(p for p in state.method.encoder.parameters() if p.requires_grad)
    following = count(p for p in state.method.parameters() if not p.requires_grad)
    return {"encoder": encoder, "heads": trained - encoder, "teacher": following}


def _now(device: torch.device) -> float:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter()


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s" if minutes else f"{seconds:.1f} s"


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else "(not set)" if value is None else str(value)
