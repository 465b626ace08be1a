"""Pairs of images taken soon after one another: the frames of a video, the visits of a season."""

import numpy as np
from jaxtyping import Float64

from sempairs.core.errors import UserError
from sempairs.core.seeds import rng
from sempairs.core.settings import Spec
from sempairs.pairs.pairset import PairSet
from sempairs.sources.base import Source


def time_window(
    source: Source,
    *,
    column: str,
    longest: float,
    shortest: float = 0.0,
    same: str | None = None,
    partners: int = 1,
    seed: int = 0,
) -> PairSet:
    """Each image with later ones whose time lies within a window after its own. `group` is `same`.

    Images without a time, and those after which none comes in time, are `a` in no pair.

    Parameters
    ----------
    column: the metadata column with the time: numbers (seconds), or dates as ISO 8601 text.
    longest: how many seconds later a partner may be.
    shortest: how many seconds later it must be at least; frames too close are near-copies.
    same: a column whose value must be equal, such as the camera or the video.
    partners: how many partners an image has at the most.

    Raises
    ------
    UserError: no such column, times that cannot be read, a window that is empty, or no pair.
    """
    if partners < 1 or not 0 <= shortest <= longest:
        raise UserError(
            "a time window needs 0 <= shortest <= longest and at least one partner",
            got=f"shortest = {shortest}, longest = {longest}, partners = {partners}",
        )
    times = _seconds(source.column(column), column)
    groups = np.zeros(len(source), dtype=np.int64)
    if same is not None:
        _, groups = np.unique(source.column(same), return_inverse=True)
    known = np.flatnonzero(np.isfinite(times) & (True if same is None else source.column(same) != ""))
    order = known[np.lexsort((known, times[known], groups[known]))]
    t, g = times[order], groups[order]

    # Each image's window is a run of the sorted images; groups are kept apart by laying their times end to end.
    reach = float(t.max() - t.min()) + longest + 1.0 if len(t) else 1.0
    line = t - (t.min() if len(t) else 0.0) + g * 2 * reach
    after = np.arange(len(order)) + 1
    first = np.maximum(np.searchsorted(line, line + shortest, side="left"), after)
    count = np.searchsorted(line, line + longest, side="right") - first
    # Partners are neighbours in the window, from a random one on, round and round: they are distinct.
    begin = np.floor(rng("rule time window", seed).random(len(order)) * np.maximum(count, 1)).astype(np.int64)
    left, right = [], []
    for turn in range(partners):
        has = np.flatnonzero(count > turn)
        left.append(order[has])
        right.append(order[first[has] + (begin[has] + turn) % count[has]])
    a, b = np.concatenate(left), np.concatenate(right)
    by_image = np.argsort(a, kind="stable")
    options = {
        "column": column, "longest": longest, "shortest": shortest, "same": same, "partners": partners, "seed": seed,
    }  # fmt: skip
    names = None if same is None else source.column(same)[a[by_image]].astype(object)
    return PairSet.make(source, a[by_image], b[by_image], Spec(name="time-window", options=options), group=names)


def _seconds(values: np.ndarray, column: str) -> Float64[np.ndarray, " n"]:
    """Times in seconds; NaN where there is none. Raises UserError for text that is neither a number nor a date."""
    filled = np.where(values == "", "nan", values)
    try:
        return filled.astype(np.float64)
    except ValueError:
        pass
    try:
        dates = np.where(values == "", "NaT", values).astype("datetime64[us]")
    except ValueError as error:
        raise UserError(
            f"the column {column!r} holds what is no time",
            got=error,
            todo="give seconds, or dates like 2026-11-22T10:00:00",
        ) from None
    return np.where(np.isnat(dates), np.nan, dates.astype(np.int64) / 1e6)
