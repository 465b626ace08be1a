"""A part of a source: the images of some classes, with some metadata, or of a list."""

import os
from pathlib import Path
from typing import Any

import numpy as np

from sempairs.core.errors import UserError, suggest
from sempairs.sources.base import Source
from sempairs.sources.opening import open_source

Value = str | int | float | bool


def subset(
    *,
    source: str | dict[str, Any],
    classes: tuple[str, ...] | None = None,
    where: dict[str, Value | list[Value]] | None = None,
    ids: str | None = None,
) -> Source:
    """The images of a source that meet every condition, in its order, with its class numbers.

    Parameters
    ----------
    source: the name of a source or a table with its options, as in a study file.
    classes: names of classes.
    where: for each column the value, or the values, that an image may have there.
    ids: a text file (UTF-8) with an id on each line.

    Raises
    ------
    UserError: no condition, a class, column, value or id that the source does not have, no image that meets them all.
    """
    if classes is None and where is None and ids is None:
        raise UserError("a subset needs a condition", todo="give `classes`, `where` or `ids`")
    whole = open_source(source)
    keep = np.ones(len(whole), dtype=bool)
    if classes is not None:
        labels = whole.need_labels("a subset by class")
        for name in classes:
            if name not in whole.label_names:
                raise UserError(f"{whole.name} has no class {name!r}", todo=suggest(name, whole.label_names))
        keep &= np.isin(labels, [whole.label_names.index(name) for name in classes])
    for column, values in (where or {}).items():
        keep &= _has(whole, column, values if isinstance(values, list) else [values])
    if ids is not None:
        keep &= _listed(whole, ids)
    if not keep.any():
        raise UserError(f"no image of {whole.name} meets all conditions", todo="widen them")
    return whole.take(np.flatnonzero(keep), name=f"part of {whole.name}")


def _has(whole: Source, column: str, wanted: list[Value]) -> np.ndarray:
    """Which images have one of the wanted values. A value that no image has is taken for a mistake."""
    if column not in whole.columns:
        raise UserError(f"{whole.name} has no column {column!r}", todo=suggest(column, whole.columns))
    # Times are compared as text, and never a number with text: 7 is not "007".
    times = whole.columns[column].dtype.kind == "M"
    values = [str(v) if times else v for v in whole.columns[column].tolist()]
    for value in wanted:
        if not any(_same(value, there) for there in values):
            known = sorted({str(there) for there in values if there is not None})[:20]
            raise UserError(
                f"no image of {whole.name} has {value!r} in column {column!r}", got=f"values {', '.join(known)}",
                todo="check the value and its type: 7 is not '7'",
            )  # fmt: skip
    return np.array([any(_same(value, there) for value in wanted) for there in values], dtype=bool)


def _same(wanted: Value, there: object) -> bool:
    return isinstance(there, bool) == isinstance(wanted, bool) and there == wanted


def _listed(whole: Source, path: str) -> np.ndarray:
    """Which images stand in the file. Raises UserError for an id that is not there."""
    try:
        text = Path(os.path.expanduser(path)).read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        got = f"{path!r}: {getattr(error, 'strerror', None) or error}"
        raise UserError("cannot read the file of ids", got=got, todo="give a text file in UTF-8") from None
    wanted = [line for line in text.split("\n") if line]
    at = whole.positions(np.array(wanted, dtype=object))
    if (at < 0).any():
        missing = wanted[int(np.flatnonzero(at < 0)[0])]
        got = f"{int((at < 0).sum())} of {len(wanted)} ids, {missing!r} among them"
        raise UserError(f"{whole.name} does not have all ids of the file", got=got, todo="give its own ids")
    keep = np.zeros(len(whole), dtype=bool)
    keep[at] = True
    return keep
