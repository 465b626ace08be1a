"""Several sources as one."""

import logging
from collections.abc import Generator
from typing import Any

import numpy as np
from jaxtyping import Int64, UInt8

from sempairs.core.errors import UserError
from sempairs.sources.base import Quarantined, Source
from sempairs.sources.frames import ImageKey, Quarantine, stored_frames
from sempairs.sources.opening import open_source

log = logging.getLogger(__name__)


def union(*, sources: tuple[str | dict[str, Any], ...], column: str = "source") -> Source:
    """All images of several sources, one source after the other.

    An id gets the number of its source before it (`1/`, `2/`, ...). Classes of one name become one class; there are
    labels only if every source has them. A column that a source does not have is empty for its images: None, or NaN
    among fractions and NaT among times. The frames are copied into one file of the cache, once.

    Parameters
    ----------
    sources: names or tables with options, as in a study file.
    column: the new column that says which source an image is from.

    Raises
    ------
    UserError: fewer than two sources, frames of other shapes, a column of the new one's name, or one that cannot open.
    """
    if len(sources) < 2:
        raise UserError("a union joins two sources or more", got=len(sources), todo="name them in `sources`")
    parts = [open_source(spec) for spec in sources]
    for part in parts:
        if part.shape != parts[0].shape:
            raise UserError(
                "the sources have frames of other shapes",
                got=" and ".join(f"{p.name}: {' x '.join(map(str, p.shape))}" for p in (parts[0], part)),
                todo="set one `size`; grey images and colour images cannot be joined",
            )
        if column in part.columns:
            raise UserError(f"{part.name} has a column {column!r} of its own", todo="name the new one with `column`")
    ids = [f"{number}/{id}" for number, part in enumerate(parts, 1) for id in part.ids]
    hashes = np.concatenate([part.hashes for part in parts])
    keys = [ImageKey(id, content) for id, content in zip(ids, hashes, strict=True)]
    starts = np.cumsum([0, *(len(part) for part in parts)])

    def images(positions: Int64[np.ndarray, " k"]) -> Generator[UInt8[np.ndarray, "h w c"], None, None]:
        for at in positions:
            number = int(np.searchsorted(starts, at, side="right")) - 1
            yield parts[number].images(np.array([at - starts[number]]))[0]

    name = " + ".join(part.name for part in parts)
    frames = stored_frames("joining", keys, images, parts[0].shape, Quarantine(name, len(ids), share=0.0))
    labels, label_names = _joined_labels(parts)
    columns = {key: _joined_column(parts, key) for key in dict.fromkeys(key for part in parts for key in part.columns)}
    return Source(
        name=name,
        ids=np.array(ids, dtype=object),
        hashes=hashes,
        frames=frames.images,
        labels=labels,
        label_names=label_names,
        columns={**columns, column: np.repeat(np.array(_names(parts), dtype=object), [len(part) for part in parts])},
        quarantined=tuple(
            Quarantined(f"{number}/{row.id}", row.reason)
            for number, part in enumerate(parts, 1)
            for row in part.quarantined
        ),
    )


def _names(parts: list[Source]) -> list[str]:
    """The sources' names, with their number where two have the same."""
    names = [part.name for part in parts]
    return [name if names.count(name) == 1 else f"{number} {name}" for number, name in enumerate(names, 1)]


def _joined_labels(parts: list[Source]) -> tuple[Int64[np.ndarray, " n"] | None, tuple[str, ...]]:
    """Class numbers and names; the classes of the first source first, then those that the next one adds."""
    without = [part.name for part in parts if part.labels is None]
    if without:
        if len(without) < len(parts):
            log.warning("the union has no labels, for %s has none", ", ".join(without))
        return None, ()
    names = tuple(dict.fromkeys(name for part in parts for name in part.label_names))
    number = {name: at for at, name in enumerate(names)}
    renumbered = [
        np.array([number[name] for name in part.label_names], dtype=np.int64)[part.need_labels("a union")]
        for part in parts
    ]
    return np.concatenate(renumbered), names


def _joined_column(parts: list[Source], key: str) -> np.ndarray:
    """The values of a column in all sources, as objects unless one type of number holds them all."""
    kinds = {part.columns[key].dtype for part in parts if key in part.columns}
    kind = kinds.pop() if len(kinds) == 1 else np.dtype(object)
    if kind.kind not in "fM" and not all(key in part.columns for part in parts):
        kind = np.dtype(object)
    gap = {"f": np.nan, "M": np.datetime64("NaT")}.get(kind.kind)
    return np.concatenate(
        [part.columns[key].astype(kind) if key in part.columns else np.full(len(part), gap, kind) for part in parts]
    )
