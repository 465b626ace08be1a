"""What an evaluation shows: plain numbers and images of a few kinds, kept in a file and drawn by the report.

An evaluation says what is to be seen, not how it is drawn. Two encoders' pictures with one title belong together.
"""

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int, UInt8

from sempairs.core.errors import UserError
from sempairs.core.files import atomic_write

SCHEMA = 1


@dataclass(frozen=True, kw_only=True, eq=False)
class Picture:
    """What every picture has.

    Parameters
    ----------
    title: unique among the pictures of an encoder.
    about: one or two sentences that say what is seen, for a caption.
    """

    title: str
    about: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Matrix(Picture):
    """A table of numbers as shades: a confusion matrix, or factors against kinds of features.

    Parameters
    ----------
    values: from `low` (empty) to `high` (full); NaN where there is nothing.
    row_axis, column_axis: what rows and columns are.
    """

    values: Float[np.ndarray, "r c"]
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    row_axis: str = ""
    column_axis: str = ""
    unit: str = "%"
    low: float = 0.0
    high: float = 100.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Curves(Picture):
    """Lines over one axis, each with a band.

    Parameters
    ----------
    values, lows, highs: one row for each line; `lows` and `highs` are equal to `values` where there is no interval.
    logarithmic: whether the x axis is.
    """

    x: Float[np.ndarray, " k"]
    values: Float[np.ndarray, "m k"]
    lows: Float[np.ndarray, "m k"]
    highs: Float[np.ndarray, "m k"]
    lines: tuple[str, ...]
    x_axis: str
    y_axis: str
    logarithmic: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class Bars(Picture):
    """One number with its interval for each name.

    Parameters
    ----------
    lows, highs: ends of the intervals; equal to `values` where there is none.
    axis: what the numbers are, with their unit.
    """

    values: Float[np.ndarray, " k"]
    lows: Float[np.ndarray, " k"]
    highs: Float[np.ndarray, " k"]
    names: tuple[str, ...]
    axis: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Gallery(Picture):
    """Rows of images, for example queries with what was found for each.

    Parameters
    ----------
    images: of one size.
    captions: one for each image.
    marks: 1 for a hit, -1 for a miss, 0 for neither (a query).
    """

    images: UInt8[np.ndarray, "m k h w c"]
    captions: tuple[tuple[str, ...], ...]
    marks: Int[np.ndarray, "m k"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Map(Picture):
    """Images as points, coloured by class."""

    points: Float[np.ndarray, "n 2"]
    classes: Int[np.ndarray, " n"]
    names: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Boxes(Picture):
    """Images with boxes on them.

    Parameters
    ----------
    boxes: x0, y0, x1, y1 in pixels.
    owners: which image each box lies on.
    captions: one for each box.
    marks: 0 for a box of the truth, 1 for a detection that is right, -1 for one that is not.
    """

    images: UInt8[np.ndarray, "m h w c"]
    boxes: Float[np.ndarray, "b 4"]
    owners: Int[np.ndarray, " b"]
    captions: tuple[str, ...]
    marks: Int[np.ndarray, " b"]


KINDS: dict[str, type[Picture]] = {kind.__name__: kind for kind in (Matrix, Curves, Bars, Gallery, Map, Boxes)}


def save_pictures(path: Path, pictures: Sequence[Picture]) -> None:
    """Write pictures as one .npz: their arrays, and everything else as JSON in `about`."""
    arrays: dict[str, np.ndarray] = {}
    about: list[dict[str, Any]] = []
    for place, picture in enumerate(pictures):
        values = {field.name: getattr(picture, field.name) for field in dataclasses.fields(picture)}
        arrays |= {f"{place}/{name}": value for name, value in values.items() if isinstance(value, np.ndarray)}
        plain = {name: value for name, value in values.items() if not isinstance(value, np.ndarray)}
        about.append({"kind": type(picture).__name__, **plain})
    arrays["about"] = np.array(json.dumps({"schema": SCHEMA, "pictures": about}))
    with atomic_write(path) as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]


def load_pictures(path: Path) -> list[Picture]:
    """What `save_pictures` wrote. Raises UserError if the file is missing or of another version."""
    if not path.is_file():
        raise UserError(f"there are no pictures at {path}", todo="evaluate the encoder again")
    with np.load(path, allow_pickle=False) as arrays:
        about = json.loads(str(arrays["about"]))
        if about["schema"] != SCHEMA:
            raise UserError(f"{path} is of another version", got=about["schema"], todo="evaluate the encoder again")
        pictures = []
        for place, plain in enumerate(about["pictures"]):
            own = {name.partition("/")[2]: arrays[name] for name in arrays.files if name.startswith(f"{place}/")}
            kind = KINDS[plain.pop("kind")]
            pictures.append(kind(**{name: _frozen(value) for name, value in plain.items()}, **own))
    return pictures


def _frozen(value: Any) -> Any:
    """Tuples again, which JSON has as lists."""
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def confusion(
    title: str, truth: Int[np.ndarray, " n"], answers: Int[np.ndarray, " n"], names: Sequence[str], what: str
) -> Matrix:
    """The confusion matrix: of the images of a class (row), the share in percent that was taken for each class.

    Parameters
    ----------
    truth, answers: class numbers into `names`.
    what: who answered, for the caption.
    """
    counts = np.zeros((len(names), len(names)))
    np.add.at(counts, (truth, answers), 1)
    shares = 100 * counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    about = f"Of the images of a class (row), the share in percent that {what} took for each class (column)."
    return Matrix(
        title=title, about=about, values=shares, rows=tuple(names), columns=tuple(names), row_axis="true class",
        column_axis="answered",
    )  # fmt: skip
