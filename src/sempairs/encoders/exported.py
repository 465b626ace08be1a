"""An exported encoder on disk: what `export.json` says, and the encoder that the folder holds."""

from pathlib import Path
from typing import Any

import torch
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from sempairs.core.errors import UserError
from sempairs.core.settings import Spec
from sempairs.encoders.base import Encoder
from sempairs.encoders.export_timm import TimmNet
from sempairs.encoders.files import read_model, read_tensors, restore

SCHEMA = 1
CARD, WEIGHTS = "export.json", "model.safetensors"


class Origin(BaseModel):
    """The run of an encoder: its name, its settings, and the versions it was trained with, if they are known."""

    model_config = ConfigDict(strict=True, extra="forbid")
    name: str
    settings: dict[str, Any]
    versions: dict[str, str | int] | None


class ExportCard(BaseModel):
    """What `export.json` says.

    Parameters
    ----------
    schema_version: of this file.
    format: "safetensors", "onnx", "timm" or "torchvision".
    encoder: its name in sempairs' registry, with its options.
    channels: of the images it takes, whose values are in [0, 1].
    size: height and width of the images; None where any will do and none is known.
    mean, std: what the images are normalised with, a number for each channel: (image - mean) / std.
    dim: length of its features.
    started_from: the weights that the training started from, with their licence.
    run: None for an encoder that is of no run.
    versions: what the export was made with.
    files: the sha256 of each file beside this one, by name.
    """

    model_config = ConfigDict(strict=True, extra="forbid")
    schema_version: int
    format: str
    encoder: Spec
    channels: int = Field(ge=1)
    size: list[int] | None
    mean: list[FiniteFloat]
    std: list[FiniteFloat]
    dim: int
    started_from: str
    run: Origin | None
    versions: dict[str, str]
    files: dict[str, str]


def load_export(folder: Path) -> Encoder:
    """The encoder in an exported folder, on the CPU and in eval mode; equal to the one that was exported.

    Raises
    ------
    UserError: a file is missing, damaged, of another version, or does not fit the other; the format is ONNX.
    """
    card = read_export_card(folder)
    if WEIGHTS not in card.files:
        raise UserError(
            f"{folder} holds an encoder as {card.format}, which sempairs does not read back",
            todo="export the run with --format safetensors, too",
        )
    prefix = "" if TimmNet.of(card.encoder, card.channels) is None else "network."
    state = {prefix + name: tensor for name, tensor in read_tensors(folder / WEIGHTS, card.files[WEIGHTS]).items()}
    for name, values in (("mean", card.mean), ("std", card.std)):
        state[name] = torch.tensor(values).view(1, -1, 1, 1)
    return restore(card.encoder, card.channels, state, folder)


def read_export_card(folder: Path) -> ExportCard:
    """What `export.json` says. Raises UserError if it is missing, damaged or of another version."""
    return read_model(folder / CARD, ExportCard, SCHEMA, "an exported encoder", "export the run again")
