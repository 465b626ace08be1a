"""A new project in an empty store, all of it or nothing."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict

import numpy as np
from sqlalchemy import Connection, insert, inspect, select

from sempairs.core.progress import progress
from sempairs.pairs.pairset import PairSet
from sempairs.review.base import Candidates, Stratum
from sempairs.review.settings import ReviewSettings
from sempairs.review.store import chain, files
from sempairs.review.store.schema import head, pairs, project
from sempairs.review.store.state import Facts

POLICY = "strata by uncertainty, a random share apart"
BLOCK = 20_000  # rows


def has_project(connection: Connection) -> bool:
    """Whether a database holds a review."""
    return inspect(connection).has_table("project") and connection.scalar(select(project.c.id)) is not None


def need_consistent(pair_set: PairSet, candidates: Candidates, gold: PairSet | None) -> None:
    """Assert that the candidates are the pairs, in their order, and then the gold questions."""
    ids = np.concatenate([part.column("pair_id") for part in (pair_set, gold) if part is not None])
    assert np.array_equal(ids, candidates.pair_id), "candidates are the pairs and then the gold questions"
    is_gold = np.arange(len(candidates)) >= len(pair_set)
    assert np.array_equal(candidates.gold >= 0, is_gold)
    assert (candidates.chance[is_gold] == -1).all(), "a gold question has no place in the random order"
    places = candidates.chance[candidates.chance >= 0]
    assert len(np.unique(places)) == len(places), "two pairs at one place of the random order"


def write_project(
    connection: Connection, name: str, settings: ReviewSettings, pair_set: PairSet, candidates: Candidates,
    strata: Sequence[Stratum], now: float,
) -> None:  # fmt: skip
    """Write everything. Raises UserError if the name is none."""
    contents = {"pairs": files.bytes_of_pairs(pair_set), "candidates": files.bytes_of_candidates(candidates)}
    for part, content in contents.items():
        files.write(connection, part, content)
    row = {
        "id": 1, "name": name, "created_at": now, "policy": POLICY, "settings": chain.canonical(asdict(settings)),
        "strata": chain.canonical([asdict(stratum) for stratum in strata]), "candidates": len(candidates),
        "first_gold": len(pair_set), "wanted_votes": int(candidates.wanted[: len(pair_set)].sum()),
        "pairs_sha256": files.digest(contents["pairs"]), "candidates_sha256": files.digest(contents["candidates"]),
    }  # fmt: skip
    with progress("writing the review", len(candidates), "pairs") as bar:
        for block in _blocks(candidates):
            connection.execute(insert(pairs), block)
            bar(len(block))
    start = chain.genesis(row)
    connection.execute(insert(project), {**row, "genesis": start})
    connection.execute(insert(head), {"id": 1, "hash": start})


def read_facts(connection: Connection) -> Facts:
    """What never changes in the project."""
    row = dict(connection.execute(select(project)).one()._mapping)
    assert row.pop("id") == 1
    settings = ReviewSettings(**json.loads(row.pop("settings")))
    strata = tuple(Stratum(**stratum) for stratum in json.loads(row.pop("strata")))
    return Facts(settings=settings, strata=strata, **row)


def _blocks(candidates: Candidates) -> Iterator[list[dict[str, int | None]]]:
    """The rows of `pairs`, in blocks."""
    for start in range(0, len(candidates), BLOCK):
        block = slice(start, start + BLOCK)
        columns = (getattr(candidates, name)[block].tolist() for name in ("stratum", "chance", "wanted"))
        yield [
            {
                "number": n,
                "stratum": stratum,
                "chance": chance,
                "wanted": wanted,
                "fresh": chance if chance >= 0 else None,
            }
            for n, (stratum, chance, wanted) in enumerate(zip(*columns, strict=True), start)
        ]
