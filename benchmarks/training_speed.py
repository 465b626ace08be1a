"""How fast trainings are: our loop against a plain script with lightly, and against its own compute.

Ours is what `sempairs train` does in a step: views made ahead by a thread (`views.prefetch`), `TrainState.advance`. All
compute on every core; the script has two worker processes beside them. The images are noise: the speed does not depend
on what they show.
"""

import os
from dataclasses import dataclass

import numpy as np
import torch

from benchmarks.lightly_script import Script, now
from benchmarks.paired import Peer, Row, rows
from sempairs.core.seeds import rng
from sempairs.core.settings import build
from sempairs.pairs.rules import identity
from sempairs.sources.base import Source, content_hashes
from sempairs.training.settings import TrainSettings
from sempairs.training.state import TrainState
from sempairs.views import VIEWS
from sempairs.views.loader import PairLoader
from sempairs.views.prefetch import Prefetched

BATCH, WORKERS, RUNS, FOREVER = 256, 2, 7, 10**6


@dataclass(frozen=True)
class Case:
    """A training that both sides do.

    Parameters
    ----------
    before, steps: of each run, untimed and timed.
    aim: how many times as fast as the script we want to be.
    """

    name: str
    encoder: dict[str, object]
    shape: tuple[int, int, int]
    before: int
    steps: int
    runs: int
    aim: float


SMALL = {"name": "small-resnet"}
CASES = (
    Case("the demo's net, 28 x 28 x 1", SMALL, (28, 28, 1), 3, 8, 5, 2.0),
    # 80.5 million operations an image against 26.5: 3.03 times as many.
    Case("a net three times as heavy, 28 x 28 x 1", {**SMALL, "width": 56}, (28, 28, 1), 3, 6, 5, 1.3),
    Case(
        "ResNet-18 with a small stem, 32 x 32 x 3",
        {"name": "timm", "model": "resnet18", "small_stem": True},
        (32, 32, 3), 1, 1, 3, 1.0,
    ),
)  # fmt: skip


def images(shape: tuple[int, int, int], n: int = 6000) -> Source:
    """Noise in ten classes."""
    frames = rng("bench images").integers(0, 256, (n, *shape), dtype=np.uint8)
    ids = np.array([f"{i:05}" for i in range(n)], dtype=object)
    labels = np.arange(n, dtype=np.int64) % 10
    return Source("noise", ids, content_hashes(frames), frames, labels=labels, label_names=tuple("abcdefghij"))


def settings_of(encoder: dict[str, object], batch: int = BATCH, precision: str = "fp32") -> TrainSettings:
    """SimCLR with the demo's views and optimizer."""
    return TrainSettings.resolve(
        {
            "encoder": encoder,
            "views": {"name": "simclr", "crop_min": 0.3, "jitter": 0.5, "blur_p": 0.0},
            "training": {"batch_size": batch, "optimizer": "adamw", "lr": 2e-3, "precision": precision},
        }
    )


class Ours:
    """Our training of one source, which goes on from call to call."""

    def __init__(self, source: Source, settings: TrainSettings, device: torch.device) -> None:
        self.device = device
        self.state = TrainState.fresh(settings, source.shape[2], FOREVER, device)
        self.state.method.train()
        recipe = build(VIEWS, settings.views)
        self.loader = PairLoader.of(source, identity(source), recipe, settings.training.batch_size, 0, device)
        self.ready = self.loader.batch(0)

    def run(self, before: int, steps: int) -> float:
        """The seconds of `steps` steps, after `before` steps."""
        with Prefetched(self.loader, 0, before + steps) as batches:
            for step in range(before):
                self.state.advance(*batches.batch(step), FOREVER)
            began = now(self.device)
            for step in range(before, before + steps):
                self.state.advance(*batches.batch(step), FOREVER)
            return now(self.device) - began

    def floor(self, before: int, steps: int) -> float:
        """The same on one batch of views that are in memory: nothing but the step."""
        for _ in range(before):
            self.state.advance(*self.ready, FOREVER)
        began = now(self.device)
        for _ in range(steps):
            self.state.advance(*self.ready, FOREVER)
        return now(self.device) - began


def measure() -> list[Row]:
    """Pairs per second by the clock on the wall, on all cores."""
    threads = torch.get_num_threads()
    torch.set_num_threads(os.cpu_count() or 1)
    try:
        return [*(_against_lightly(case) for case in CASES), _by_itself(CASES[0])]
    finally:
        torch.set_num_threads(threads)


def _against_lightly(case: Case) -> Row:
    source, settings, cpu = images(case.shape), settings_of(case.encoder), torch.device("cpu")
    ours, script = Ours(source, settings, cpu), Script(source, settings, WORKERS, cpu)
    return rows(
        f"SimCLR step, {case.name}, batch {BATCH}, {os.cpu_count()} cores",
        "pairs",
        case.steps * BATCH,
        lambda: ours.run(case.before, case.steps),
        [Peer(f"lightly script, DataLoader of {WORKERS}", lambda: script.run(case.before, case.steps), case.aim)],
        case.runs,
    )[0]


def _by_itself(case: Case) -> Row:
    ours = Ours(images(case.shape), settings_of(case.encoder), torch.device("cpu"))
    return rows(
        f"SimCLR step, {case.name}, batch {BATCH}, data path share",
        "pairs",
        case.steps * BATCH,
        lambda: ours.run(case.before, case.steps),
        [Peer("the same step fed from memory, no augmentation", lambda: ours.floor(case.before, case.steps), 0.9)],
        RUNS,
    )[0]
