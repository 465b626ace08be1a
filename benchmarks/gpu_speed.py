"""Trainings on a GPU, where there is one: against compute alone and against a script with lightly and 16 workers.

Without a GPU nothing is measured, and the page says so. The step is SimCLR's with bf16 passes.
"""

import torch

from benchmarks.lightly_script import Script
from benchmarks.paired import Peer, Row, rows
from benchmarks.training_speed import Ours, images, settings_of

WORKERS, BEFORE, STEPS, RUNS = 16, 5, 15, 5
# Name, encoder, side, images, batch, and how many times as fast as lightly we want to be.
CASES = (
    ("ResNet-18, 32 x 32 x 3", {"name": "timm", "model": "resnet18", "small_stem": True}, 32, 20_000, 512, 4.0),
    ("ResNet-50, 224 x 224 x 3", {"name": "timm", "model": "resnet50"}, 224, 5_500, 256, None),
)


def measure() -> list[Row]:
    """Pairs per second, two views each; nothing where there is no GPU."""
    if not torch.cuda.is_available():
        return []
    return [row for case in CASES for row in training(*case, device=torch.device("cuda"))]


def training(
    name: str,
    encoder: dict[str, object],
    side: int,
    count: int,
    batch: int,
    aim: float | None,
    device: torch.device,
    workers: int = WORKERS,
    before: int = BEFORE,
    steps: int = STEPS,
    runs: int = RUNS,
) -> list[Row]:
    """One training from the cache against both peers."""
    source, settings = images((side, side, 3), count), settings_of(encoder, batch, "bf16")
    ours, script = Ours(source, settings, device), Script(source, settings, workers, device)
    peers = [
        Peer("compute alone", lambda: ours.floor(before, steps), 0.95),
        Peer(f"lightly script, DataLoader of {workers}", lambda: script.run(before, steps), aim),
    ]
    return rows(
        f"SimCLR step, {name}, batch {batch}, bf16",
        "pairs",
        steps * batch,
        lambda: ours.run(before, steps),
        peers,
        runs,
    )
