"""The peer of our training: a plain script with lightly's transform, its loss and a DataLoader, as in its examples.

The network, the optimizer and the batch are ours: the same encoder and projection head, built by the same settings.
"""

import time
from typing import Any

import torch
from lightly.loss import NTXentLoss
from lightly.transforms.simclr_transform import SimCLRTransform
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from sempairs.sources.base import Source
from sempairs.training.settings import TrainSettings
from sempairs.training.state import TrainState


class TwoViews(Dataset[list[Tensor]]):
    """Two views of each image, which lie decoded in memory."""

    def __init__(self, source: Source, options: dict[str, Any]) -> None:
        frames = source.frames.squeeze(3) if source.shape[2] == 1 else source.frames
        self.images = [Image.fromarray(frame) for frame in frames]
        # Ours is named in the terms of `simclr`; normalisation is the encoder's.
        self.transform = SimCLRTransform(
            input_size=source.shape[0],
            cj_prob=options["jitter_p"],
            cj_strength=options["jitter"],
            min_scale=options["crop_min"],
            random_gray_scale=options["grey_p"],
            gaussian_blur=options["blur_p"],
            hf_prob=options["flip"],
            normalize=None,
        )

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> list[Tensor]:
        views: list[Tensor] = self.transform(self.images[index])
        return views


class Script:
    """A training that `run` goes on with.

    Parameters
    ----------
    workers: processes of the DataLoader.
    """

    def __init__(self, source: Source, settings: TrainSettings, workers: int, device: torch.device) -> None:
        state = TrainState.fresh(settings, source.shape[2], 10**6, device)
        self.network = nn.Sequential(state.method.encoder, state.method.projector)
        self.network.train()
        self.optimizer, self.device = state.optimizer, device
        self.bf16 = settings.training.precision == "bf16"
        self.criterion = NTXentLoss(temperature=settings.method.options["temperature"])
        self.loader = DataLoader(
            TwoViews(source, settings.views.options),
            settings.training.batch_size,
            shuffle=True,
            drop_last=True,
            num_workers=workers,
            pin_memory=device.type == "cuda",
        )

    def run(self, before: int, steps: int) -> float:
        """The seconds of `steps` steps, after `before` steps that fill the queue of the workers."""
        batches = iter(self.loader)
        for _ in range(before):
            self.step(next(batches))
        began = now(self.device)
        for _ in range(steps):
            self.step(next(batches))
        return now(self.device) - began

    def step(self, views: list[Tensor]) -> None:
        """One optimizer step."""
        first, second = (view.to(self.device, non_blocking=True) for view in views)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16):
            z1, z2 = self.network(first), self.network(second)
        loss = self.criterion(z1.float(), z2.float())
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()


def now(device: torch.device) -> float:
    """The time, once the device has done all that it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter()
