"""An encoder from what names it: a registered name with options, a run, or a folder that holds one run."""

from pathlib import Path
from typing import Any

import numpy as np
import torch

from sempairs.core.errors import UserError
from sempairs.core.runs import Run, RunStore
from sempairs.core.seeds import seed_of
from sempairs.core.settings import Spec, build, parse_spec, resolve
from sempairs.encoders import ENCODERS
from sempairs.encoders.base import Encoder
from sempairs.encoders.exported import CARD, load_export
from sempairs.encoders.files import load_encoder
from sempairs.sources.base import Source

TIMM = "timm:"


def open_encoder(spec: Spec, source: Source, seed: int = 0) -> Encoder:
    """The encoder that `spec` names, for the images of `source`: random weights are f(seed), what must be fitted is.

    A network without pretrained weights comes out random, which is a baseline of its own.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed_of("weights", seed))
        encoder: Encoder = build(ENCODERS, spec, source.shape[2])
    encoder.fit(source.images(np.arange(len(source))))
    return encoder


def find_encoder(name: str, options: dict[str, Any] | None, source: Source) -> Encoder:
    """The encoder of a run, of a folder with one finished run, of an export, or one that is made for this source.

    Parameters
    ----------
    name: a folder; a registered name, with options of its own after a colon ("efficientnet-lite0:pretrained=false");
        or a model of timm with timm's weights ("timm:resnet50", "timm:resnet50,pretrained=false").
    options: of a registered one; those in the name come first.
    source: the images, whose channels the encoder is made for.

    Raises
    ------
    UserError: a folder with no finished run or with several; a name or an option that does not exist.
    """
    folder = Path(name)
    if not folder.is_dir():
        named = parse_spec(name.replace(TIMM, f"{TIMM}pretrained=true,model=", 1) if name.startswith(TIMM) else name)
        complete = Spec(name=named.name, options={**(options or {}), **named.options})
        return open_encoder(resolve(ENCODERS, complete), source)
    if (folder / "encoder.json").is_file():
        return load_encoder(folder)
    if (folder / CARD).is_file():
        return load_export(folder)
    return load_encoder(find_run(folder).folder)


def find_run(folder: Path) -> Run:
    """The run in a folder: the folder itself, or the one finished run that it holds.

    Raises
    ------
    UserError: a folder with no finished run or with several.
    """
    if (folder / "settings.json").is_file():
        return Run(folder)
    done = [run for run in RunStore(folder) if run.is_done]
    if len(done) != 1:
        found = ", ".join(run.name for run in done) or "none"
        raise UserError(f"{folder} does not hold one finished run", got=found, todo=f"name one: {folder}/HASH")
    return done[0]
