"""An encoder out of a run, for other programs: weights with JSON, or an ONNX graph, and a README that loads them."""

import hashlib
import json
from pathlib import Path
from typing import Any

import safetensors.torch

from sempairs.core.environment import PACKAGES, environment
from sempairs.core.errors import UserError, suggest
from sempairs.core.files import atomic_write
from sempairs.encoders.export_onnx import to_onnx
from sempairs.encoders.export_readme import readme
from sempairs.encoders.export_subject import Subject, open_subject
from sempairs.encoders.export_timm import IN_TORCHVISION, TimmNet
from sempairs.encoders.exported import CARD, SCHEMA, WEIGHTS, ExportCard

FORMATS = ("safetensors", "onnx", "timm", "torchvision")
ONNX, CONFIG, README = "model.onnx", "config.json", "README.md"
FILES = (CARD, WEIGHTS, ONNX, CONFIG, README)


def export(folder: Path, to: Path, format: str, *, size: int | None = None, force: bool = False) -> ExportCard:
    """Write the encoder of a run into a folder of its own; the same run gives the same bytes.

    `export.json` is written last: a folder without it is not whole.

    Parameters
    ----------
    folder: a run, a folder with one finished run, or an export.
    to: where it goes.
    format: "safetensors" for the weights of any encoder; "timm" or "torchvision" for weights that this library loads;
        "onnx" for a graph.
    size: the side of the images it is for; None for what the network takes or the views of the run have.
    force: replace an export that is there.

    Raises
    ------
    UserError: no finished run; a format that there is not, or that cannot hold this encoder; a folder that is not
        empty.
    """
    if format not in FORMATS:
        raise UserError(f"there is no export format {format!r}", todo=suggest(format, FORMATS))
    old = _need_room(to, force)
    card, contents = _contents(open_subject(folder, size), format)
    for path in old:
        path.unlink()
    for name, content in contents.items():
        with atomic_write(to / name) as file:
            file.write(content)
    return card


def _need_room(to: Path, force: bool) -> list[Path]:
    """The files of an export to be replaced, `export.json` first. Raises UserError if there are files it must leave."""
    if to.exists() and not to.is_dir():
        raise UserError(f"{to} is a file", todo="name a folder for the export")
    found = {path.name for path in to.iterdir() if not path.name.startswith(".")} if to.is_dir() else set()
    if others := sorted(found - set(FILES)):
        raise UserError(f"{to} holds other files", got=", ".join(others[:5]), todo="name a folder for the export alone")
    if found and not force:
        raise UserError(f"{to} holds an export", got=", ".join(sorted(found)), todo="replace it with --force")
    return [to / name for name in FILES if name in found]


def _contents(subject: Subject, format: str) -> tuple[ExportCard, dict[str, bytes]]:
    """What `export.json` says, and all files of the export by name, in the order in which they are written."""
    encoder, spec = subject.encoder, subject.spec
    channels = encoder.mean.shape[1]
    net = TimmNet.of(spec, channels)
    _need_format(subject, net, format)
    versions = {name: str(version) for name, version in environment().items() if name in PACKAGES}
    card = ExportCard(
        schema_version=SCHEMA,
        format=format,
        encoder=spec,
        channels=channels,
        size=subject.size,
        mean=encoder.mean.flatten().tolist(),
        std=encoder.std.flatten().tolist(),
        dim=encoder.dim,
        started_from=subject.started_from,
        run=subject.run,
        versions=versions,
        files={},
    )
    contents = {}
    if format == "onnx":
        assert subject.size is not None
        contents[ONNX] = to_onnx(encoder, subject.size, _notes(card))
    else:
        contents[WEIGHTS] = _weights(subject, net)
    if format == "timm" and net is not None and not net.small_stem:
        contents[CONFIG] = _json(net.config(card.mean, card.std, card.size, card.dim))
    contents[README] = readme(card, net).encode()
    card.files.update({name: hashlib.sha256(content).hexdigest() for name, content in contents.items()})
    contents[CARD] = _json(card.model_dump(mode="json"))
    return card, contents


def _need_format(subject: Subject, net: TimmNet | None, format: str) -> None:
    """Raise UserError if the format cannot hold this encoder."""
    other = "export it as safetensors, which sempairs opens, or as onnx"
    if format == "timm" and net is None:
        raise UserError("timm does not have this network", got=subject.spec, todo=other)
    if format == "torchvision" and (net is None or not net.in_torchvision):
        has = f"; of these torchvision has the same: {', '.join(IN_TORCHVISION)}"
        raise UserError("torchvision does not have this network", got=subject.spec, todo=other + has)
    if format == "onnx" and subject.size is None:
        raise UserError("an ONNX graph is for one size of images", todo="name the side of yours, such as --size 32")


def _weights(subject: Subject, net: TimmNet | None) -> bytes:
    """A safetensors file with timm's names where timm has the network; mean and std are in `export.json`."""
    prefix = "" if net is None else "network."
    state = {
        name.removeprefix(prefix): tensor.detach().cpu().contiguous().clone()
        for name, tensor in subject.encoder.state_dict().items()
        if name not in ("mean", "std")
    }
    content: bytes = safetensors.torch.save(state, metadata={"format": "pt"})
    return content


def _notes(card: ExportCard) -> dict[str, str]:
    """The metadata of an ONNX file: what `export.json` says but for the files, each value as JSON."""
    return {name: json.dumps(value) for name, value in card.model_dump(mode="json", exclude={"files"}).items()}


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=2, allow_nan=False) + "\n").encode()
