"""WebDataset tar shards: images read by their offsets in the archives, labels and metadata from beside them."""

import functools
import itertools
import logging
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
from jaxtyping import Int64

from sempairs.core.errors import UserError, suggest
from sempairs.sources.base import Source
from sempairs.sources.cache import stamp_of
from sempairs.sources.decode import BadImage
from sempairs.sources.gathering import Decode, check_options, gather
from sempairs.sources.shard_files import shard_files, stem
from sempairs.sources.tabular import to_numpy
from sempairs.sources.tar_index import Place, Sample, Scalar, TarIndex, index_shards
from sempairs.sources.tar_members import unusable

PICKLES = (".pyd", ".pkl", ".pickle", ".pth", ".pt", ".joblib")
MOST_KEYS = 1000

log = logging.getLogger(__name__)


def shards(
    *,
    path: str | tuple[str, ...],
    image: str | None = None,
    label: str | None = None,
    label_names: tuple[str, ...] = (),
    size: int = 64,
    bad_share: float = 0.1,
    decode: Decode = "once",
) -> Source:
    """The images of WebDataset's tar files, in the order of the archives, as the central square of `size`, in RGB.

    A sample is what shares a name up to the first dot of its last part: `a/0001.jpg`, `a/0001.cls`, `a/0001.json`. Its
    id is the shard's name without ".tar", a slash, and that: `train-00/a/0001`. `.cls`, `.txt` and the plain values of
    the `.json` object become columns; other members are ignored. Nothing is extracted: one pass over each archive notes
    where the images are, and a shard that has not changed is not passed over again. Links, devices, sparse members,
    absolute names and `..`, samples without an image, with two, or without the label are quarantined.

    Parameters
    ----------
    path: a tar file, a folder of them, a pattern ("train-*.tar", "train-{000..146}.tar"), or several of these.
    image: the extension of the images ("jpg", "rgb.png"), needed only where a sample has several.
    label: the column of classes, for example "cls": text or whole numbers; None if there are none.
    label_names: the names of the classes 0, 1, 2, ...; without them a number is its own name.
    size: height and width of the frames; the shorter side is resized to it (bicubic, antialiased), the centre cropped.
    bad_share: the share of bad images beyond which the source is refused; below it they are quarantined.
    decode: "once" into the cache of frames, or "each-time" they are asked for, from the archives (see `folder`).

    Raises
    ------
    UserError: no shard there, a compressed or damaged one, two of one name, no such label, a class without a name, too
        many bad images.
    """
    check_options(size, bad_share)
    if label_names and label is None:
        raise UserError("label_names are for the classes of a label", todo="name its column with `label`")
    files = shard_files(path)
    indexes = index_shards(files)
    name = _name(path, files)
    _tell_others(name, indexes)
    samples = [(index, sample) for index in indexes for sample in index.samples]
    keys = _keys(name, [sample for _, sample in samples])
    if label is not None and label not in keys:
        raise UserError(f"no sample of {name!r} has {label!r} for a label", todo=suggest(label, keys))
    places = [_place(sample, image and image.lower().lstrip("."), label) for _, sample in samples]
    contents = functools.partial(_contents, [index for index, _ in samples], places)
    ids = [f"{stem(index.file)}/{sample.key}" for index, sample in samples]
    hashes = {id: place if isinstance(place, BadImage) else place[2] for id, place in zip(ids, places, strict=True)}
    good = gather(name, hashes, contents, size, bad_share, decode=decode)
    columns = {key: [samples[at][1].metadata.get(key) for at in good.kept] for key in keys}
    labels, names = (None, ()) if label is None else _classes(columns.pop(label), label, label_names)
    return Source(
        name=name,
        ids=np.array(good.ids, dtype=object),
        hashes=good.hashes,
        frames=good.frames,
        labels=labels,
        label_names=names,
        columns={key: _column(values) for key, values in columns.items()},
        quarantined=good.quarantined,
    )


def _name(path: str | tuple[str, ...], files: list[Path]) -> str:
    """The name of the source, for people."""
    if len(files) == 1:
        return files[0].name
    return os.path.basename(os.path.abspath(path)) if isinstance(path, str) else f"{len(files)} shards"


def _tell_others(name: str, indexes: list[TarIndex]) -> None:
    """Log what is ignored. Raises UserError if there is nothing else."""
    others: Counter[str] = sum((index.others for index in indexes), Counter())
    said = ", ".join(f"{count:,} {ext}" for ext, count in others.most_common(5))
    if not any(index.samples for index in indexes):
        got = f"other members: {said}" if said else "no members"
        raise UserError(f"{name!r} has no samples", got=got, todo="a sample is a member such as 0001.jpg")
    pickles = ", ".join(f"{count:,} {ext}" for ext, count in others.items() if ext.endswith(PICKLES))
    if pickles:
        log.warning("%r: pickles can run any code and are never decoded; ignored: %s", name, pickles)
    if said:
        log.info("%r: other members ignored (%s)", name, said)


def _keys(name: str, samples: list[Sample]) -> list[str]:
    """The names of all metadata. Raises UserError if they are too many to be columns."""
    keys = list(dict.fromkeys(key for sample in samples for key in sample.metadata))
    if len(keys) > MOST_KEYS:
        todo = f"name at most {MOST_KEYS:,}, and nest the others"
        raise UserError(f"the .json members of {name!r} have too many keys", got=f"{len(keys):,} of them", todo=todo)
    return keys


def _place(sample: Sample, image: str | None, label: str | None) -> Place | BadImage:
    """Where the one image of a sample is, or why it cannot be used."""
    found = [ext for ext in sample.images if image in (None, ext)]
    all_images = ", ".join(f".{ext}" for ext in sample.images) or "none"
    if sample.refused:
        return BadImage(sample.refused)
    if len(found) > 1:
        return BadImage(f"it has several images ({all_images}); name the extension of one with `image`")
    if not found:
        return BadImage(f"it has no .{image} (images: {all_images})" if image else "it has no image")
    if label is not None and sample.metadata.get(label) in (None, ""):
        return BadImage(f"it has no {label!r} for a label")
    return sample.images[found[0]]


def _contents(
    indexes: list[TarIndex], places: list[Place | BadImage], positions: Int64[np.ndarray, " k"]
) -> Iterator[bytes]:
    """The images of the samples at these positions; each shard is opened once if they ascend."""
    for index, group in itertools.groupby(positions.tolist(), key=lambda at: indexes[at]):
        yield from _bytes(index, [place for at in group if not isinstance(place := places[at], BadImage)])


def _bytes(index: TarIndex, places: list[Place]) -> Iterator[bytes]:
    """The images at these places of a shard. Raises UserError if it is no longer the file that was indexed."""
    try:
        with index.file.open("rb") as file:
            if stamp_of(os.fstat(file.fileno())) != index.stamp:
                raise unusable(index.file, "it changed while it was read", "run again when nothing writes to it")
            for offset, length, _ in places:
                file.seek(offset)
                yield file.read(length)
    except OSError as error:
        raise unusable(index.file, error.strerror or str(error)) from None


def _classes(
    values: list[Scalar], label: str, given: tuple[str, ...]
) -> tuple[Int64[np.ndarray, " n"], tuple[str, ...]]:
    """Class numbers, and the names that are given, else the values, sorted (numbers as numbers)."""
    for value in values:
        if given and not (type(value) is int and 0 <= value < len(given)):
            todo = f"use whole numbers from 0 to {len(given) - 1}, or leave `label_names` out"
            raise UserError(f"{label!r} has a class without a name in `label_names`", got=repr(value), todo=todo)
        if isinstance(value, float):
            raise UserError(f"{label!r} cannot be a class", got=repr(value), todo="use text or whole numbers")
    if given:
        return np.array(values, dtype=np.int64), given
    words = [str(value) for value in values]
    names = tuple(sorted(set(words), key=int if all(type(value) is int for value in values) else None))
    number = {name: position for position, name in enumerate(names)}
    return np.array([number[word] for word in words], dtype=np.int64), names


def _column(values: list[Scalar]) -> np.ndarray:
    """The values as numbers where all are, else as objects; None where a sample has none."""
    try:
        return to_numpy(pa.chunked_array([pa.array(values)]))
    except (pa.ArrowException, OverflowError):  # text and numbers mixed, or numbers of more than 64 bits
        return np.array(values, dtype=object)
