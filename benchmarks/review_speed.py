"""What "next" costs in a review of 1,000,000 pairs, on SQLite and on PostgreSQL: the store alone, without a page.

`python -m benchmarks.review_speed [PAIRS]` writes results/review.json. Each call is a transaction that is durable when
it returns. The floor is the same disk's: 4 KiB appended to a file and synced.
"""

import contextlib
import os
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.__main__ import FOLDER, machine
from sempairs.core.files import write_json
from sempairs.core.progress import say
from sempairs.core.seeds import rng
from sempairs.core.settings import Spec
from sempairs.pairs.pairset import PairSet
from sempairs.review.base import Candidates, Decision, Kind, Lane, Person, Stratum, Verdict
from sempairs.review.settings import ReviewSettings
from sempairs.review.store import Store
from sempairs.sources.base import Source, content_hashes

PAIRS, IMAGES, GOLD, STRATA, FEATURES, CALLS = 1_000_000, 60_000, 200, 40, 8, 1_000
MIXTURE = {Lane.ordered: 0.57, Lane.random: 0.15, Lane.more: 0.15, Lane.gold: 0.1, Lane.again: 0.03}
AIM = 10.0  # ms


def made_project(n: int) -> tuple[PairSet, Candidates]:
    """`n` pairs of made images and some gold questions, a fifth of them with two votes."""
    frames = rng("bench review images").integers(0, 256, (IMAGES, 4, 4, 1), dtype=np.uint8)
    ids = np.array([f"train-{i:06}" for i in range(IMAGES)], dtype=object)
    source = Source(name="made", ids=ids, hashes=content_hashes(frames), frames=frames, spec=Spec(name="made"))
    everything = np.arange(n + GOLD, dtype=np.int64)
    left = everything % IMAGES
    pairs = PairSet.make(source, left, (left + 1 + everything // IMAGES) % IMAGES, Spec(name="made"))
    is_gold = everything >= n
    chance = np.where(is_gold, -1, 0)
    chance[:n] = rng("bench review order").permutation(n)
    candidates = Candidates(
        **{name: pairs.column(name) for name in ("pair_id", "a", "b", "a_hash", "b_hash")},
        similarity=rng("bench similarity").random(n + GOLD),
        name=np.array([f"class {i}" for i in range(10)], dtype=object)[everything % 10],
        stratum=np.where(is_gold, -1, everything % STRATA),
        chance=chance,
        wanted=np.where(everything % 5 == 0, 2, 1),
        gold=np.where(is_gold, 0, -1),
        features=rng("bench features").normal(size=(n + GOLD, FEATURES)).astype(np.float32),
    )
    return pairs, candidates


def measure_store(url: str, pairs: PairSet, candidates: Candidates) -> dict[str, Any]:
    """Milliseconds of each call of a person at work, and seconds of what happens once."""
    n = int((candidates.gold < 0).sum())
    parts = [PairSet(pairs.table.slice(*at), pairs.origin) for at in ((0, n), (n, len(pairs) - n))]
    strata = [Stratum(i, f"class {i % 10}", 0.0, 1.0, n // STRATA) for i in range(STRATA)]
    settings = ReviewSettings(votes=2, votes_share=0.2)
    began = time.perf_counter()
    store = Store.create(
        url, name="bench", settings=settings, pairs=parts[0], candidates=candidates, strata=strata, gold_pairs=parts[1]
    )
    found: dict[str, Any] = {"create s": time.perf_counter() - began}
    store.close()
    began = time.perf_counter()
    store = Store.open(url)
    found["open s"] = time.perf_counter() - began
    began = time.perf_counter()
    store.candidates()
    found["read candidates s"] = time.perf_counter() - began
    with store:
        people = [store.add_person(f"person {i}") for i in range(2)]
        found |= _at_work(store, people, n)
        began = time.perf_counter()
        store.verify_chain()
        found["verify chain, events/s"] = store.last_seq() / (time.perf_counter() - began)
    return found


def _at_work(store: Store, people: list[Person], n: int) -> dict[str, dict[str, float]]:
    """Two people take turns; every 25 verdicts the planner's queue is new, as in a real review."""
    order, times = rng("bench queue").permutation(n), dict[str, list[float]]()

    def timed(name: str, call: Callable[[], Any]) -> Any:
        began = time.perf_counter()
        answer = call()
        times.setdefault(name, []).append(1000 * (time.perf_counter() - began))
        return answer

    for turn in range(CALLS):
        person = people[turn % 2]
        if turn % 25 == 0:
            queue = order[turn : turn + 2000]
            timed("set_queue, 2,000 pairs", lambda queue=queue: store.set_queue(Lane.ordered, queue, "m"))
        (task,) = timed("next", lambda person=person: store.lease(person, 1, lanes=MIXTURE))
        said = Decision(uuid.uuid4().hex, task.id, Kind.verdict, verdict=Verdict.accept, seconds=1.5)
        (receipt,) = timed("record", lambda person=person, said=said: store.record(person, [said]))
        assert receipt.seq is not None
        timed("counts", store.counts)
        timed("history", lambda person=person: store.history(person))
        if turn % 25 == 0:
            timed("judgements", store.judgements)
    return {name: _spread(values) for name, values in times.items()}


def _spread(values: list[float]) -> dict[str, float]:
    edges = np.percentile(values, [50, 95, 99])
    return {"p50 ms": float(edges[0]), "p95 ms": float(edges[1]), "p99 ms": float(edges[2]), "largest ms": max(values)}


def synced(folder: Path) -> float:
    """Milliseconds to append 4 KiB to a file and sync it: what no durable transaction can beat."""
    times = []
    with (folder / "floor").open("wb") as file:
        for _ in range(200):
            began = time.perf_counter()
            file.write(b"\0" * 4096)
            file.flush()
            os.fsync(file.fileno())
            times.append(1000 * (time.perf_counter() - began))
    return statistics.median(times)


@contextlib.contextmanager
def _postgres() -> Iterator[str | None]:
    """A server of the tests' own, with fsync; None where there is none."""
    sys.path.insert(0, str(FOLDER.parent / "tests"))
    from made_postgres import binaries, made_cluster

    if binaries() is None:
        yield None
        return
    with made_cluster() as cluster, cluster.database() as url:
        yield url


def main(n: int) -> None:
    """Measure both databases and write the results."""
    results = {**machine(), "pairs": n, "calls": CALLS, "aim: next, p95 ms": AIM}
    say(f"benchmark: review of {n:,} pairs")
    project = made_project(n)
    with tempfile.TemporaryDirectory() as folder:
        results["floor: 4 KiB synced, ms"] = synced(Path(folder))
        results["sqlite"] = measure_store(f"sqlite:///{folder}/review.db", *project)
        results["sqlite"]["file MB"] = (Path(folder) / "review.db").stat().st_size / 1e6
    with _postgres() as url:
        results["postgresql"] = None if url is None else measure_store(url, *project)
    write_json(FOLDER / "results" / "review.json", results)
    for name in ("sqlite", "postgresql"):
        print(name, results[name])


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else PAIRS)
