"""From a name, a table or a word on the command line to an open source."""

import dataclasses
import difflib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sempairs.core.errors import UserError, suggest
from sempairs.core.settings import Spec, build, resolve
from sempairs.sources import SOURCES
from sempairs.sources.base import Source
from sempairs.sources.idx import is_idx


def open_source(spec: str | Mapping[str, Any] | Spec) -> Source:
    """Open the source that `spec` names; the complete spec stands in the source, to open it again.

    Raises
    ------
    UserError: an unknown name or option, whatever the loader refuses, a source without images or with an id twice.
    """
    resolved = resolve(SOURCES, spec)
    source: Source = build(SOURCES, resolved)
    if not len(source):
        raise UserError(f"{resolved} has no images", todo="open another source")
    if len(set(source.ids)) < len(source):
        raise UserError(f"{resolved} gives an id to more than one image", todo="mend its loader: ids must be unique")
    return dataclasses.replace(source, spec=resolved)


def guess_spec(text: str) -> Spec:
    """The source that a word on the command line means: a folder, an IDX file or the name of a source.

    Paths are made absolute, since a pair set that keeps the spec may be used from another folder. The labels of an
    IDX file are taken from beside it where they have MNIST's names (images-idx3, labels-idx1).

    Raises
    ------
    UserError: it is none of them; with the nearest file or name.
    """
    path = Path(os.path.expanduser(text))
    if text and os.path.isdir(path):
        return Spec(name="folder", options={"root": os.path.abspath(path)})
    if os.path.isfile(path):
        return _idx_spec(path)
    if text in SOURCES:
        return Spec(name=text)
    near = _near_path(path)
    found = "there is neither a folder nor a source called"
    raise UserError(f"{found} {text!r}", todo=f"did you mean {near!r}?" if near else suggest(text, SOURCES))


def _idx_spec(path: Path) -> Spec:
    if not is_idx(path):
        raise UserError(f"{os.fspath(path)!r} is a file, but not an IDX file", todo="give a folder of images")
    options = {"images": os.path.abspath(path)}
    labels = path.with_name(path.name.replace("images-idx3", "labels-idx1"))
    if labels != path and is_idx(labels):
        options["labels"] = os.path.abspath(labels)
    return Spec(name="idx", options=options)


def _near_path(path: Path) -> str | None:
    """The entry beside which a mistyped path points, if that is nearer than any name of a source."""
    try:
        beside = os.listdir(path.parent)
    except (OSError, ValueError):
        return None
    names = difflib.get_close_matches(path.name, [*beside, *SOURCES], n=1, cutoff=0.6)
    return os.fspath(path.parent / names[0]) if names and names[0] in beside else None
