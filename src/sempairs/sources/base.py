"""A source: images in a fixed order, with stable ids, content hashes, labels and metadata."""

import dataclasses
import functools
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Int64, UInt8

from sempairs.core.errors import UserError, suggest
from sempairs.core.settings import Spec
from sempairs.sources.lazy import LazyFrames

AnyFrames = UInt8[np.ndarray, "m h w c"] | UInt8[LazyFrames, "m h w c"]


@dataclass(frozen=True)
class Quarantined:
    """An image that was left out, and why."""

    id: str
    reason: str


@dataclass(frozen=True, eq=False)
class Source:
    """Images that can be read by position. Loaders (folder, idx, ...) make one; nothing subclasses it.

    Parameters
    ----------
    name: for people.
    ids: one text for each image, unique, the same every time the source is opened.
    hashes: sha256 of each image's content, as hexadecimal text.
    frames: decoded images, uint8 `[m, h, w, c]` with c of 1 or 3, in memory, memory-mapped, or read by position
        (`LazyFrames`).
    rows: which frames the source shows, in order; None for all.
    labels: class numbers into `label_names`, or None.
    label_names: the classes, sorted or in the data set's own order.
    columns: metadata, one array of n values for each name.
    quarantined: images that were left out.
    spec: how to open the source again (of the whole source, if this is a part of one).
    """

    name: str
    ids: np.ndarray
    hashes: np.ndarray
    frames: AnyFrames
    rows: Int64[np.ndarray, " n"] | None = None
    labels: Int64[np.ndarray, " n"] | None = None
    label_names: tuple[str, ...] = ()
    columns: Mapping[str, np.ndarray] = field(default_factory=dict)
    quarantined: tuple[Quarantined, ...] = ()
    spec: Spec | None = None

    def __post_init__(self) -> None:
        n = len(self.ids)
        lengths = {"hashes": len(self.hashes), "rows": len(self.frames if self.rows is None else self.rows)}
        lengths |= {} if self.labels is None else {"labels": len(self.labels)}
        lengths |= {name: len(column) for name, column in self.columns.items()}
        for name, length in lengths.items():
            assert length == n, f"{n} ids but {length} {name}"

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels of every frame."""
        h, w, c = self.frames.shape[1:]
        return h, w, c

    def images(self, indices: Int64[np.ndarray, " k"]) -> UInt8[np.ndarray, "k h w c"]:
        """The decoded images at these positions."""
        return np.asarray(self.frames[indices if self.rows is None else self.rows[indices]])

    def take(self, indices: Int64[np.ndarray, " k"], name: str | None = None) -> "Source":
        """The part of the source at these positions, in their order. No image is copied."""
        return dataclasses.replace(
            self,
            name=name or self.name,
            ids=self.ids[indices],
            hashes=self.hashes[indices],
            rows=indices if self.rows is None else self.rows[indices],
            labels=None if self.labels is None else self.labels[indices],
            columns={key: column[indices] for key, column in self.columns.items()},
        )

    @functools.cached_property
    def fingerprint(self) -> str:
        """The hash of what the source shows: ids, contents and frame shape, 16 hexadecimal digits."""
        digest = hashlib.sha256(repr(self.shape).encode())
        for id, content in zip(self.ids, self.hashes, strict=True):
            digest.update(f"{len(id)}:{id}{content}".encode())
        return digest.hexdigest()[:16]

    def positions(self, ids: np.ndarray) -> Int64[np.ndarray, " k"]:
        """Where these ids stand; -1 for an id that is not here."""
        index = {id: position for position, id in enumerate(self.ids)}
        return np.fromiter((index.get(id, -1) for id in ids), dtype=np.int64, count=len(ids))

    def column(self, name: str) -> np.ndarray:
        """A metadata column as text, "" where there is no value; "label" is the class by name.

        Raises
        ------
        UserError: there is no such column; says which there are.
        """
        if name == "label" and self.labels is not None:
            names: np.ndarray = np.array(self.label_names)[self.labels]
            return names
        if name not in self.columns:
            known = [*self.columns, *(["label"] if self.labels is not None else [])]
            raise UserError(f"{self.name} has no column {name!r}", todo=suggest(name, known))
        return np.array(["" if value is None or value != value else str(value) for value in self.columns[name]])

    def need_labels(self, why: str) -> Int64[np.ndarray, " n"]:
        """The labels. Raises UserError, saying what needs them, if there are none."""
        if self.labels is None:
            raise UserError(
                f"{why} needs labels, and {self.name} has none",
                todo="use folders or a column that name the classes",
            )
        return self.labels


def content_hashes(frames: UInt8[np.ndarray, "n h w c"]) -> np.ndarray:
    """sha256 of each decoded image with its shape, for sources whose images are not files of their own."""
    head = repr(frames.shape[1:]).encode()
    return np.array([hashlib.sha256(head + frame.tobytes()).hexdigest() for frame in frames], dtype=object)
