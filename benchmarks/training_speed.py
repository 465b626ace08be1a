"""How much of a training step is not the network: the loop with its views against a step on ready views."""

import numpy as np
import torch

from benchmarks.paired import Row, compare
from sempairs.core.seeds import rng
from sempairs.core.settings import build
from sempairs.pairs.rules import identity, same_class
from sempairs.sources.base import Source, content_hashes
from sempairs.training.state import TrainState
from sempairs.training.settings import TrainSettings
from sempairs.views import VIEWS
from sempairs.views.loader import PairLoader

STEPS = 10


def images(n: int = 6000) -> Source:
    """Noise of Fashion-MNIST's shape: the speed does not depend on what it shows."""
    frames = rng("bench images").integers(0, 256, (n, 28, 28, 1), dtype=np.uint8)
    ids = np.array([f"{i:05}" for i in range(n)], dtype=object)
    labels = np.arange(n, dtype=np.int64) % 10
    return Source("noise", ids, content_hashes(frames), frames, labels=labels, label_names=tuple("abcdefghij"))


def measure() -> list[Row]:
    """Pairs per second of the demo's training: against the floor, and semantic against augmented pairs."""
    source = images()
    settings = TrainSettings.resolve({"views": {"name": "simclr", "blur_p": 0.0}, "training": {"batch_size": 256}})
    recipe, device = build(VIEWS, settings.views), torch.device("cpu")
    state = TrainState.fresh(settings, 1, 10**6, device)
    loaders = {
        name: PairLoader.of(source, pairs, recipe, 256, 0, device)
        for name, pairs in {"augmented": identity(source), "semantic": same_class(source)}.items()
    }
    ready = loaders["augmented"].batch(0)

    def train(name: str) -> None:
        for step in range(STEPS):
            state.advance(*loaders[name].batch(step), 10**6)

    def floor() -> None:
        for _ in range(STEPS):
            state.advance(*ready, 10**6)

    pairs = STEPS * 256
    return [
        compare(
            "SimCLR training, small net, batch 256", "pairs", pairs, lambda: train("semantic"),
            "the same step on views made before", floor, aim=0.9,
        ),
        compare(
            "SimCLR training on semantic pairs", "pairs", pairs, lambda: train("semantic"),
            "on augmented pairs", lambda: train("augmented"), aim=0.95,
        ),
    ]  # fmt: skip
