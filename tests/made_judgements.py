"""Judgements and candidates made by the tests."""

from collections.abc import Sequence

import numpy as np

from sempairs.review.base import LANES, VERDICTS, Candidates, Judgements, Lane, Verdict

Row = tuple[int, int, Verdict, Lane]


def made_candidates(
    n: int,
    wanted: int | Sequence[int] = 2,
    name: Sequence[str] | None = None,
    similarity: Sequence[float] | None = None,
    gold: Sequence[int] | None = None,
) -> Candidates:
    """Candidates of which only what is given is of interest."""
    ids = np.array([f"{i:04}" for i in range(n)], dtype=object)
    return Candidates(
        pair_id=ids, a=ids, b=ids, a_hash=ids, b_hash=ids,
        similarity=np.full(n, np.nan) if similarity is None else np.array(similarity, dtype=np.float64),
        name=np.array(name or [""] * n, dtype=object),
        stratum=np.zeros(n, dtype=np.int64),
        chance=np.full(n, -1),
        wanted=np.broadcast_to(np.array(wanted, dtype=np.int64), n).copy(),
        gold=np.full(n, -1) if gold is None else np.array(gold, dtype=np.int64),
        features=np.zeros((n, 1), dtype=np.float32),
    )  # fmt: skip


def made_judgements(
    rows: Sequence[Row], swapped: Sequence[bool] | None = None, seconds: Sequence[float] | None = None
) -> Judgements:
    """Judgements of (pair, person, verdict, lane), in this order."""
    n = len(rows)
    return Judgements(
        seq=np.arange(1, n + 1),
        pair=np.array([row[0] for row in rows], dtype=np.int64),
        person=np.array([row[1] for row in rows], dtype=np.int64),
        verdict=np.array([VERDICTS.index(row[2]) for row in rows], dtype=np.int64),
        lane=np.array([LANES.index(row[3]) for row in rows], dtype=np.int64),
        swapped=np.zeros(n, dtype=bool) if swapped is None else np.array(swapped, dtype=bool),
        class_shown=np.zeros(n, dtype=bool),
        seconds=np.ones(n) if seconds is None else np.array(seconds, dtype=np.float64),
        at=np.arange(n, dtype=np.float64),
    )


def of_table(votes: Sequence[Sequence[int | None]]) -> Judgements:
    """Judgements from a table: row by row, what each person said of a pair, into `VERDICTS`; None for nothing."""
    return made_judgements(
        [
            (pair, person, VERDICTS[verdict], Lane.ordered)
            for pair, row in enumerate(votes)
            for person, verdict in enumerate(row)
            if verdict is not None
        ]
    )
