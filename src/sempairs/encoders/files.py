"""An encoder on disk: its weights as safetensors, and how to build it again as JSON, bound by a hash."""

import hashlib
from pathlib import Path
from typing import TypeVar

import safetensors.torch
from pydantic import BaseModel, ConfigDict, ValidationError
from torch import Tensor

from sempairs.core.errors import UserError
from sempairs.core.files import atomic_write, read_json, write_json
from sempairs.core.settings import Spec, build
from sempairs.encoders import ENCODERS
from sempairs.encoders.base import Encoder

SCHEMA = 1
WEIGHTS, CARD = "encoder.safetensors", "encoder.json"


M = TypeVar("M", bound=BaseModel)


class Card(BaseModel):
    """What `encoder.json` says.

    Parameters
    ----------
    schema_version: of this file.
    encoder: its name in the registry, with its options.
    channels: of the images it takes.
    dim: length of its features.
    sha256: of the weights file.
    """

    model_config = ConfigDict(strict=True, extra="forbid")
    schema_version: int
    encoder: Spec
    channels: int
    dim: int
    sha256: str


def save_encoder(encoder: Encoder, spec: Spec, folder: Path) -> None:
    """Write `encoder.safetensors` and `encoder.json` into `folder`; the second, last written, makes it whole."""
    state = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in encoder.state_dict().items()}
    weights = safetensors.torch.save(state)
    with atomic_write(folder / WEIGHTS) as file:
        file.write(weights)
    card = Card(
        schema_version=SCHEMA,
        encoder=spec,
        channels=encoder.mean.shape[1],
        dim=encoder.dim,
        sha256=hashlib.sha256(weights).hexdigest(),
    )
    write_json(folder / CARD, card.model_dump(mode="json"))


def load_encoder(folder: Path) -> Encoder:
    """The encoder that `save_encoder` wrote, on the CPU and in eval mode.

    Raises
    ------
    UserError: a file is missing, damaged, of another version, or does not fit the other.
    """
    card = read_card(folder)
    return restore(card.encoder, card.channels, read_tensors(folder / WEIGHTS, card.sha256), folder)


def read_tensors(path: Path, sha256: str) -> dict[str, Tensor]:
    """The tensors of a weights file that has this sha256. Raises UserError if it is missing, another, or damaged."""
    try:
        weights = path.read_bytes()
    except OSError as error:
        raise UserError(f"cannot read {path}", got=error.strerror, todo="save the encoder again") from None
    if (found := hashlib.sha256(weights).hexdigest()) != sha256:
        raise UserError(
            f"{path} is not the file that the JSON beside it describes",
            got=f"sha256 {found[:16]}..., expected {sha256[:16]}...",
            todo="it is damaged or was replaced: save the encoder again",
        )
    try:
        tensors: dict[str, Tensor] = safetensors.torch.load(weights)
    except safetensors.SafetensorError as error:
        raise UserError(f"{path} is not a safetensors file", got=error, todo="save the encoder again") from None
    return tensors


def restore(spec: Spec, channels: int, state: dict[str, Tensor], folder: Path) -> Encoder:
    """The encoder that `spec` names, with this state, in eval mode. Raises UserError if they do not fit."""
    # The weights come from the file, so whatever a member would fetch to start from is not wanted.
    options = {name: value for name, value in spec.options.items() if name != "pretrained"}
    if "pretrained" in spec.options:
        options["pretrained"] = False
    encoder: Encoder = build(ENCODERS, Spec(name=spec.name, options=options), channels)
    try:
        encoder.load_state_dict(state)
    except RuntimeError as error:
        raise UserError(
            f"the weights in {folder} do not fit the encoder {spec}",
            got=str(error).partition("\n")[0],
            todo="save the encoder again with this version of sempairs",
        ) from None
    return encoder.eval()


def read_card(folder: Path) -> Card:
    """What `encoder.json` says. Raises UserError if it is missing, damaged or of another version."""
    return read_model(folder / CARD, Card, SCHEMA, "an encoder", "save the encoder again")


def read_model(path: Path, kind: type[M], schema: int, what: str, todo: str) -> M:
    """A JSON file as the model that it is to be.

    Raises
    ------
    UserError: it is missing, damaged, of another version than `schema`, or does not describe `what`.
    """
    content = read_json(path)
    version = content.get("schema_version") if isinstance(content, dict) else None
    if isinstance(version, int) and version != schema:
        raise UserError(f"{path} has another schema version", got=version, todo=f"this sempairs reads {schema}")
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        raise UserError(f"{path} does not describe {what}", got=error.errors()[0]["msg"], todo=todo) from None
