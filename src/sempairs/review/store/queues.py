"""What the planner leaves in the store: which pairs come next, the models that chose them, looks at the certificate."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Int64
from sqlalchemy import Connection, delete, func, insert, select

from sempairs.review.base import Lane
from sempairs.review.store.chain import canonical
from sempairs.review.store.schema import looks, models, pairs, queue
from sempairs.review.store.state import QUEUES

AT_MOST = 10_000


def replace(connection: Connection, lane: Lane, numbers: Int64[np.ndarray, " n"], model: str) -> None:
    """Make these pairs the next ones of a lane, but for those that somebody has begun."""
    assert lane in QUEUES
    assert len(numbers) <= AT_MOST
    begun = pairs.c.accepts + pairs.c.rejects + pairs.c.unsures + pairs.c.leased
    known = select(pairs.c.number, pairs.c.stratum).where(pairs.c.number.in_(numbers.tolist()), begun == 0)
    fresh = {row.number: row.stratum for row in connection.execute(known)}
    assert all(stratum >= 0 for stratum in fresh.values()), "gold questions have a lane of their own"
    rows = [
        {"lane": str(lane), "place": place, "pair": number, "stratum": fresh[number], "model": model}
        for place, number in enumerate(dict.fromkeys(numbers.tolist()))
        if number in fresh
    ]
    connection.execute(delete(queue).where(queue.c.lane == lane))
    if rows:
        connection.execute(insert(queue), rows)


def queued(connection: Connection, lane: Lane) -> int:
    """How many pairs wait in a queue of a few thousand."""
    return int(connection.scalar(select(func.count()).select_from(queue).where(queue.c.lane == lane)) or 0)


def save_model(connection: Connection, name: str, after_seq: int, weights: Mapping[str, Any], now: float) -> None:
    """Keep a model under its hash; the same one again changes nothing."""
    if model(connection, name) is None:
        row = {"hash": name, "after_seq": after_seq, "at": now, "weights": canonical(weights)}
        connection.execute(insert(models), row)


def model(connection: Connection, name: str) -> dict[str, Any] | None:
    """A model: `hash`, `after_seq`, `at` and `weights`; None if it was never saved."""
    row = connection.execute(select(models).where(models.c.hash == name)).mappings().one_or_none()
    return None if row is None else {**row, "weights": json.loads(row["weights"])}


def add_look(connection: Connection, look: Mapping[str, Any], now: float) -> None:
    """Keep a look at the certificate, for good."""
    number = 1 + int(connection.scalar(select(func.max(looks.c.number))) or 0)
    connection.execute(insert(looks), {"number": number, "at": now, "look": canonical(look)})


def all_looks(connection: Connection) -> list[dict[str, Any]]:
    """All looks, oldest first."""
    return [json.loads(look) for look in connection.scalars(select(looks.c.look).order_by(looks.c.number))]
