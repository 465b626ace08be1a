"""The training loop: pairs in, a run folder with the trained encoder out.

    out = method(*views)                        on each process, of its part of the batch
    loss = sum of method.loss(*out, known)      on every process, of the whole batch
    backward, step, schedule, method.after_step

Every random number is a function of (seed, step), so a run that was killed goes on from its last checkpoint and ends
with the same weights, bit for bit, as one that was not (same machine, same number of threads and processes). With
another number of processes it goes on as well, and the weights are the same but for the order of float sums.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from sempairs.core.environment import environment
from sempairs.core.errors import UserError
from sempairs.core.memory import resident_bytes
from sempairs.core.progress import progress, say
from sempairs.core.runs import Run, RunStore
from sempairs.core.settings import build
from sempairs.encoders.base import Encoder
from sempairs.encoders.files import save_encoder
from sempairs.pairs.pairset import PairSet
from sempairs.sources.base import Source
from sempairs.training import checkpoint, diagnostics, distributed
from sempairs.training.record import Record
from sempairs.training.settings import TrainSettings
from sempairs.training.speed import Speed
from sempairs.training.state import TrainState
from sempairs.training.trackers.base import Tracker, tell
from sempairs.views import VIEWS
from sempairs.views.loader import PairLoader
from sempairs.views.prefetch import Prefetched

LOG_STEPS = 10
DIAGNOSE_STEPS = 50  # a forward of 256 images each time: 0.7% of the work of the default encoder


@dataclass(frozen=True)
class Online:
    """An evaluation while training goes on; it changes no weight.

    Parameters
    ----------
    evaluate: an encoder in, named numbers out.
    every: how many steps lie between two.
    """

    evaluate: Callable[[Encoder], dict[str, float]]
    every: int = 100


def train(
    pairs: PairSet,
    source: Source,
    settings: TrainSettings,
    store: RunStore,
    title: str = "training",
    start: Run | None = None,
    online: Online | None = None,
    trackers: Sequence[Tracker] = (),
) -> Run:
    """Train on a pair set and return the finished run; a run that is done is returned at once.

    The run is named by the hash of the settings, the pair set and the images. Its folder holds `metrics.jsonl` (a line
    every ten steps: step, epoch, learning rate, loss and its terms; every fifty and at the end the spread of features
    and embedding), `speed.jsonl` (a line for each of those), `incidents.jsonl` if a step went wrong, the encoder
    (safetensors and JSON) and `result.json`, which says whether the run has collapsed. Under torchrun each process
    calls this with the same arguments inside `distributed.joined`; the first one writes, and the store must be a folder
    that all of them see.

    Parameters
    ----------
    start: a finished run of the same encoder, to go on from its weights; heads and optimizer begin anew. None for
        random weights.
    online: an evaluation now and then, whose numbers enter the log.
    trackers: what else is told each line of the log.

    Raises
    ------
    UserError: fewer pairs than a batch, images that changed, a loss or features that are not finite.
    """
    with distributed.first_alone():
        run = store.open(run_identity(pairs, source, settings, start))
    if run.is_done:
        return run
    device = distributed.own_device()
    budget = settings.training
    recipe = build(VIEWS, settings.views)
    loader = PairLoader.of(source, pairs, recipe, budget.batch_size, budget.seed, device)
    share = distributed.share(budget.batch_size)
    steps = budget.steps or budget.passes * loader.steps_per_epoch
    began = time.monotonic()
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        state = TrainState.fresh(settings, source.shape[2], steps, device, start)
        if recipe.views > 2 and not state.method.takes_crops:
            raise UserError(
                f"{settings.method.name} takes two views of a pair, {settings.views.name} makes {recipe.views}",
                todo="choose another view recipe, or a method that takes crops",
            )
        record = Record(run, pairs, loader, state)
        record.go_back()
        state.method.train()
        say(f"{title}: {settings.in_words()}, {steps:,} steps of {budget.batch_size} pairs")
        trackers = trackers if distributed.is_first() else ()
        tell(trackers, "begin", run.name, title, settings.to_json(), run.folder, state.step)
        try:
            line = _steps(record, share, steps, title, online, trackers)
            encoder = state.whole.now()
            if encoder is not None:  # on the first process
                _finish(record, source, settings, encoder, line, title, time.monotonic() - began)
        finally:
            tell(trackers, "end", run.result if run.is_done else None)
    distributed.wait()
    return run


def _steps(
    record: Record, share: slice, steps: int, title: str, online: Online | None, trackers: Sequence[Tracker]
) -> dict[str, Any]:
    """All steps that are left; returns the last line of the log."""
    state, loader, line = record.state, record.loader, dict[str, Any]()
    size = loader.batch_size
    speed = Speed(state.device, state.step * size)
    with (
        Prefetched(loader, state.step, steps, share) as batches,
        progress(title, steps * size, "pairs", start=state.step * size) as advance,
    ):
        say(f"{title}: {_memory(batches)}")
        while state.step < steps:
            views, known = batches.batch(state.step)
            lr = state.lr
            with diagnostics.outputs(state.method) as out:
                terms = state.advance(views, known, steps, record.incident)
            done = state.step == steps
            scored = online is not None and (state.step % online.every == 0 or done)
            if state.step % LOG_STEPS == 0 or scored or done:
                state.settle(record.incident)
                line, now = record.line(terms, lr), speed.numbers(state.step * size, batches.waited)
                diagnosed = state.step % DIAGNOSE_STEPS == 0 or done
                encoder = state.whole.now() if diagnosed or scored else None
                if encoder is not None and diagnosed:
                    line |= diagnostics.diagnose(encoder, views, tuple(out))
                if encoder is not None and online is not None and scored:
                    line |= {"online": online.evaluate(encoder)}
                record.append(line, now)
                tell(trackers, "log", line | {"speed": now})
                advance.note(f"loss {line['loss']:.3f}")
                speed.go_on()
            if not done:
                record.save_if_due()
            advance(size)
    return line


def _memory(batches: Prefetched) -> str:
    """What this process holds as its training begins."""
    resident = resident_bytes()
    own = "" if resident is None else f"{resident / 2**30:.2f} GiB of memory, "
    return f"{own}{batches.bound / 2**20:,.1f} MiB of batches made ahead at most"


def _finish(
    record: Record,
    source: Source,
    settings: TrainSettings,
    encoder: Encoder,
    line: dict[str, Any],
    title: str,
    seconds: float,
) -> None:
    """Leave the encoder and the result; `line` is the last one of the log."""
    run, state = record.run, record.state
    save_encoder(encoder, settings.encoder, run.folder)
    numbers: dict[str, Any] = {name: line[name] for name in ("features", "embeddings") if name in line}
    collapse = diagnostics.collapse(numbers, settings.training.batch_size)
    if collapse:
        say(f"warning: {title}: {collapse}")
    run.finish(
        {
            "steps": state.step,
            "frames": list(source.shape),
            "pairs_seen": state.step * settings.training.batch_size,
            # Of this process alone: a resumed run does not know what was spent before.
            "seconds": round(seconds, 1),
            "rules": sorted(set(record.pairs.column("rule"))),
            **numbers,
            "collapse": collapse,
            "incidents": len(record.incidents.read()),
            "processes": distributed.processes(),
            "device": str(state.device),
            "environment": environment(),
        }
    )
    checkpoint.remove_all(run.folder)


def run_identity(pairs: PairSet, source: Source, settings: TrainSettings, start: Run | None = None) -> dict[str, Any]:
    """Everything that decides the weights; its hash names the run."""
    begun = {} if start is None else {"start": start.name}
    return {"pairs": pairs.hash, "images": source.fingerprint, **settings.to_json(), **begun}
