"""From a name, a table or a word on the command line to an open source."""

import dataclasses
import difflib
import glob
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sempairs.core.errors import UserError, suggest
from sempairs.core.settings import Spec, build, parse_spec, resolve
from sempairs.sources import SOURCES
from sempairs.sources.base import Source
from sempairs.sources.folder import EXTENSIONS
from sempairs.sources.idx import is_idx
from sempairs.sources.shard_files import is_shard, shard_files
from sempairs.sources.tabular import class_names, holds_bytes, is_pair_set, is_parquet, schema_of
from sempairs.sources.tar_index import index_shards

IMAGE_COLUMNS = ("image", "img", "path", "file_name", "filename", "file", "image_path", "filepath")
LABEL_COLUMNS = ("label", "labels", "class", "category", "target")


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
    """The source that a word on the command line means: a folder, a table, tar shards, an IDX file or a source's name,
    which options may follow ("fashion-mnist:split=test").

    Paths are made absolute, since a pair set that keeps the spec may be used from another folder. The labels of an
    IDX file are taken from beside it where they have MNIST's names (images-idx3, labels-idx1). A table's columns of
    images and classes are the first of `IMAGE_COLUMNS` and `LABEL_COLUMNS` that it has, the classes of shards the first
    of `cls` and `LABEL_COLUMNS`. A folder of nothing but Parquet files is a table, one of tar files is shards, and so
    are patterns that end in .parquet and .tar.

    Raises
    ------
    UserError: it is none of them; with the nearest file or name.
    """
    path = Path(os.path.expanduser(text))
    if text and os.path.isdir(path):
        return _folder_spec(path)
    if os.path.isfile(path):
        return _file_spec(path)
    if glob.has_magic(text) and text.endswith(".parquet") and (found := sorted(glob.glob(os.fspath(path)))):
        return _table_spec(path, Path(found[0]))
    if text.endswith(".tar") and (glob.has_magic(text) or "{" in text):
        return _shards_spec(path)
    if text.partition(":")[0] in SOURCES:
        return parse_spec(text)
    near = _near_path(path)
    problem = "there is neither a folder nor a source called"
    raise UserError(f"{problem} {text!r}", todo=f"did you mean {near!r}?" if near else suggest(text, SOURCES))


def _file_spec(path: Path) -> Spec:
    if is_idx(path):
        return _idx_spec(path)
    if path.suffix.lower() == ".csv" or is_parquet(path):
        return _table_spec(path, path)
    if is_shard(path):
        return _shards_spec(path)
    problem = f"{os.fspath(path)!r} is a file, but not an IDX file, a CSV, a Parquet or a tar file"
    raise UserError(problem, todo="give a folder of images")


def _folder_spec(path: Path) -> Spec:
    """A folder of images, unless it has no images and no folders in it but shards, or tables that are no pair sets."""
    files = _files(path)
    if any(file.suffix == ".tar" for file in files):  # beside which img2dataset writes a table without images
        return _shards_spec(path)
    tables = [file for file in files if file.suffix == ".parquet" and is_parquet(file)]
    if tables and not any(is_pair_set(schema_of(file)) for file in tables):
        return _table_spec(path, tables[0])
    if any(is_shard(file) for file in files):
        return _shards_spec(path)
    return Spec(name="folder", options={"root": os.path.abspath(path)})


def _files(folder: Path) -> list[Path]:
    """The files of a folder that has no images and no folders in it."""
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return []
    others = [entry for entry in entries if entry.is_dir() or entry.suffix.lower() in EXTENSIONS]
    return [] if others else [entry for entry in entries if entry.is_file()]


def _shards_spec(path: Path) -> Spec:
    """The tar shards at `path`; the first of them says what the classes are."""
    options = {"path": os.path.abspath(path)}
    (first,) = index_shards(shard_files(options["path"])[:1])
    known = {key for sample in first.samples for key in sample.metadata}
    labels = [name for name in ("cls", *LABEL_COLUMNS) if name in known]
    return Spec(name="shards", options=options | ({"label": labels[0]} if labels else {}))


def _table_spec(path: Path, first: Path) -> Spec:
    """The table at `path`, whose first file is `first`."""
    options = {"path": os.path.abspath(path)}
    schema = schema_of(first)
    marked = list(class_names(schema))
    images = [
        *(name for name in IMAGE_COLUMNS if name in schema.names),
        *(f.name for f in schema if holds_bytes(f.type)),
    ]
    labels = [*(name for name in LABEL_COLUMNS if name in schema.names), *(name for name in marked if len(marked) == 1)]
    options |= {"image": images[0]} if images else {}
    options |= {"label": labels[0]} if labels else {}
    return Spec(name="table", options=options)


def _idx_spec(path: Path) -> Spec:
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
