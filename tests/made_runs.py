"""Finished runs made by the tests, without a training."""

from pathlib import Path

import torch

from sempairs.core.runs import RunStore
from sempairs.core.settings import Spec, build, resolve
from sempairs.encoders import ENCODERS
from sempairs.encoders.base import Encoder
from sempairs.encoders.files import save_encoder


def made_encoder(spec: Spec, channels: int) -> Encoder:
    """An encoder whose every weight and statistic counts: none is zero or one, as many are at the start."""
    torch.manual_seed(0)
    encoder = build(ENCODERS, spec, channels)
    with torch.no_grad():
        for name, tensor in encoder.state_dict().items():
            if tensor.is_floating_point() and name not in ("mean", "std") and (not tensor.any() or (tensor == 1).all()):
                tensor += 0.5 * torch.rand_like(tensor)
    return encoder.eval()


def made_run(root: Path, spec: Spec, channels: int, size: int | None = None, **more: str) -> tuple[Path, Encoder]:
    """The folder of a run in a folder of runs, and its encoder; `size` is that of its views, `more` are settings."""
    spec, encoder = resolve(ENCODERS, spec), made_encoder(spec, channels)
    settings = {"encoder": {"name": spec.name, **spec.options}, "views": {"name": "simclr", "size": size}, **more}
    run = RunStore(root).open(settings)
    save_encoder(encoder, spec, run.folder)
    run.finish({"steps": 1, "environment": {"torch": "of the training"}})
    return run.folder, encoder
