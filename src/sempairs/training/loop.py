"""The training loop: pairs in, a run folder with the trained encoder out.

    out = method(*views)                        on each process, of its part of the batch
    loss = sum of method.loss(*out, known)      on every process, of the whole batch
    backward, step, schedule, method.after_step

Every random number is a function of (seed, step), so a run that was killed goes on from its last checkpoint and ends
with the same weights, bit for bit, as one that was not (same machine, same number of threads).
"""

import math
import time
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from sempairs.core.devices import best_device
from sempairs.core.environment import environment
from sempairs.core.errors import UserError
from sempairs.core.progress import progress, say
from sempairs.core.runs import JsonLines, Run, RunStore
from sempairs.core.seeds import seed_of
from sempairs.core.settings import build
from sempairs.encoders import ENCODERS
from sempairs.encoders.files import load_encoder, save_encoder
from sempairs.methods import METHODS
from sempairs.methods.base import Method
from sempairs.nn.known import Known
from sempairs.pairs.pairset import PairSet
from sempairs.sources.base import Source
from sempairs.training import checkpoint, diagnostics, distributed
from sempairs.training.optim import make_optimizer, make_schedule
from sempairs.training.settings import TrainSettings
from sempairs.views import VIEWS
from sempairs.views.loader import PairLoader

LOG_STEPS = 10
DIAGNOSE_STEPS = 50  # a forward of 256 images each time: 0.7% of the work of the default encoder
CHECKPOINT_SECONDS = 15.0  # how much work a kill may cost


def train(
    pairs: PairSet,
    source: Source,
    settings: TrainSettings,
    store: RunStore,
    title: str = "training",
    start: Run | None = None,
) -> Run:
    """Train on a pair set and return the finished run; a run that is done is returned at once.

    The run is named by the hash of the settings, the pair set and the images. Its folder holds `metrics.jsonl` (a line
    every ten steps: step, epoch, learning rate, loss and its terms; every fifty and at the end the spread of features
    and embedding), the encoder (safetensors and JSON) and `result.json`, which says whether the run has collapsed.

    Parameters
    ----------
    start: a finished run of the same encoder, to go on from its weights; heads and optimizer begin anew. None for
        random weights.

    Raises
    ------
    UserError: fewer pairs than a batch, images that changed, a loss or features that are not finite.
    """
    run = store.open(run_identity(pairs, source, settings, start))
    if run.is_done:
        return run
    device = best_device()
    budget = settings.training
    recipe = build(VIEWS, settings.views)
    loader = PairLoader.of(source, pairs, recipe, budget.batch_size, budget.seed, device)
    steps = budget.steps or budget.passes * loader.steps_per_epoch
    began = saved = time.monotonic()
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        state = TrainState.fresh(settings, source.shape[2], steps, device, start)
        if recipe.views > 2 and not state.method.takes_crops:
            raise UserError(
                f"{settings.method.name} takes two views of a pair, {settings.views.name} makes {recipe.views}",
                todo="choose another view recipe, or a method that takes crops",
            )
        log = JsonLines(run.folder / "metrics.jsonl")
        state.restore(checkpoint.load_latest(run.folder, device), log)
        state.method.train()
        say(f"{title}: {settings.in_words()}, {steps:,} steps of {budget.batch_size} pairs")
        with progress(title, steps * budget.batch_size, "pairs", start=state.step * budget.batch_size) as advance:
            while state.step < steps:
                views, known = loader.batch(state.step)
                lr = state.lr
                with diagnostics.outputs(state.method) as out:
                    terms = state.advance(views, known, steps)
                done = state.step == steps
                if state.step % LOG_STEPS == 0 or done:
                    line = _record(state, terms, lr, loader.steps_per_epoch, run)
                    if state.step % DIAGNOSE_STEPS == 0 or done:
                        line |= diagnostics.diagnose(state.method.encoder, views, tuple(out))
                    log.append(line)
                if time.monotonic() - saved >= CHECKPOINT_SECONDS and not done:
                    checkpoint.save(run.folder, state.step, state.dump(log))
                    saved = time.monotonic()
                advance(budget.batch_size)
    save_encoder(state.method.encoder, settings.encoder, run.folder)
    numbers: dict[str, Any] = {name: line[name] for name in ("features", "embeddings") if name in line}
    collapse = diagnostics.collapse(numbers, budget.batch_size)
    if collapse:
        say(f"warning: {title}: {collapse}")
    run.finish(
        {
            "steps": steps,
            "pairs_seen": steps * budget.batch_size,
            # Of this process alone: a resumed run does not know what was spent before.
            "seconds": round(time.monotonic() - began, 1),
            "rules": sorted(set(pairs.column("rule"))),
            **numbers,
            "collapse": collapse,
            "device": str(device),
            "environment": environment(),
        }
    )
    checkpoint.remove_all(run.folder)
    return run


def run_identity(pairs: PairSet, source: Source, settings: TrainSettings, start: Run | None = None) -> dict[str, Any]:
    """Everything that decides the weights; its hash names the run."""
    begun = {} if start is None else {"start": start.name}
    return {"pairs": pairs.hash, "images": source.fingerprint, **settings.to_json(), **begun}


@dataclass
class TrainState:
    """All that changes from step to step."""

    method: Method
    optimizer: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LRScheduler
    seed: int
    step: int = 0

    @classmethod
    def fresh(
        cls, settings: TrainSettings, channels: int, steps: int, device: torch.device, start: Run | None = None
    ) -> "TrainState":
        """The state before the first step; initial weights are f(seed), the encoder's those of `start` if given."""
        torch.manual_seed(seed_of("weights", settings.training.seed))
        encoder = build(ENCODERS, settings.encoder, channels)
        if start is not None:
            encoder.load_state_dict(load_encoder(start.folder).state_dict())
        method: Method = build(METHODS, settings.method, encoder).to(device)
        if not any(parameter.requires_grad for parameter in encoder.parameters()):
            raise UserError(
                f"the encoder {settings.encoder.name!r} has nothing to train", todo="choose another encoder"
            )
        optimizer = make_optimizer(method, settings.training)
        return cls(method, optimizer, make_schedule(optimizer, settings.training, steps), settings.training.seed)

    @property
    def lr(self) -> float:
        """The learning rate of the step to come."""
        return float(self.schedule.get_last_lr()[0])

    def advance(self, views: tuple[Tensor, ...], known: Known, steps: int) -> dict[str, Tensor]:
        """One optimizer step; returns the terms of the loss."""
        torch.manual_seed(seed_of("step", self.seed, self.step))  # for encoders with dropout
        terms = distributed.loss_of(self.method, views, known)
        self.optimizer.zero_grad(set_to_none=True)
        torch.stack(list(terms.values())).sum().backward()  # type: ignore[no-untyped-call]
        distributed.average_gradients(self.method)
        self.optimizer.step()
        self.schedule.step()
        self.step += 1
        self.method.after_step(self.step / steps)
        return {name: term.detach() for name, term in terms.items()}

    def dump(self, log: JsonLines) -> dict[str, Any]:
        """The state as a checkpoint keeps it."""
        return {
            "step": self.step,
            "lines": len(log.read()),
            "method": self.method.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
        }

    def restore(self, saved: dict[str, Any] | None, log: JsonLines) -> None:
        """Go back to a checkpoint, and the log with it; to the beginning without one."""
        log.keep(saved["lines"] if saved else 0)
        if saved:
            self.step = saved["step"]
            self.method.load_state_dict(saved["method"])
            self.optimizer.load_state_dict(saved["optimizer"])
            self.schedule.load_state_dict(saved["schedule"])


def _record(state: TrainState, terms: dict[str, Tensor], lr: float, steps_per_epoch: int, run: Run) -> dict[str, Any]:
    """One line of the log. Raises UserError if the loss is not finite."""
    values = {name: float(term) for name, term in terms.items()}
    loss = sum(values.values())
    noted = {name: float(value) for name, value in state.method.noted.items()}
    if not math.isfinite(loss):
        raise UserError(
            f"the loss is not finite at step {state.step}",
            got=", ".join(f"{name} = {value}" for name, value in values.items()),
            todo=f"lower training.lr; the log up to here is in {run.folder / 'metrics.jsonl'}",
        )
    epoch = state.step / steps_per_epoch
    return {"step": state.step, "epoch": round(epoch, 4), "lr": lr, "loss": loss, **values, **noted}
