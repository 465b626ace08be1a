"""Small review projects, and what their people do."""

import uuid
from collections.abc import Iterable
from typing import Any

import numpy as np

from made import made_source
from sempairs.core.seeds import rng
from sempairs.core.settings import Spec
from sempairs.pairs.pairset import PairSet
from sempairs.review.base import VERDICTS, Candidates, Decision, Kind, Lane, Person, Receipt, Stratum, Task, Verdict
from sempairs.review.settings import ReviewSettings
from sempairs.review.store import Store

MIXTURE = {Lane.ordered: 0.65, Lane.random: 0.15, Lane.gold: 0.1, Lane.again: 0.05, Lane.more: 0.05}
RANDOM = {Lane.random: 1.0}


def made_pairs(n: int, images: int = 200) -> PairSet:
    """`n` different pairs of made images."""
    first = np.arange(n, dtype=np.int64) % images
    second = (first + 1 + np.arange(n, dtype=np.int64) // images) % images
    return PairSet.make(made_source(images, size=4), first, second, Spec(name="made"))


def made_candidates(pairs: PairSet, gold: int, votes: int, apart: int | None = None) -> Candidates:
    """The pairs as candidates, of three strata in turn; the last `gold` of them are gold questions to be rejected.

    The first `apart` places of a random order are given; by default each pair has one.
    """
    total = len(pairs)
    n = total - gold
    numbers = np.arange(total, dtype=np.int64)
    chance = np.append(rng("made order").permutation(n), np.full(gold, -1))
    return Candidates(
        **{name: pairs.column(name) for name in ("pair_id", "a", "b", "a_hash", "b_hash")},
        similarity=np.append(np.linspace(0, 1, n), np.full(gold, np.nan)),
        name=np.array([f"class {i % 3}" for i in range(total)], dtype=object),
        stratum=np.where(numbers < n, numbers % 3, -1),
        chance=chance if apart is None else np.where(chance < apart, chance, -1),
        wanted=np.where(numbers < n, votes, 1),
        gold=np.where(numbers < n, -1, VERDICTS.index(Verdict.reject)),
        features=rng("made features").normal(size=(total, 3)).astype(np.float32),
    )


def made_store(
    url: str, n: int = 30, gold: int = 0, votes: int = 1, apart: int | None = None, **settings: Any
) -> Store:
    """A project of `n` pairs and some gold questions."""
    everything = made_pairs(n + gold)
    candidates = made_candidates(everything, gold, votes, apart)
    strata = [Stratum(i, f"class {i}", 0.0, 1.0, len(range(i, n, 3))) for i in range(3)]
    parts = [PairSet(everything.table.slice(*at), everything.origin) for at in ((0, n), (n, gold))]
    return Store.create(
        url,
        name="made",
        settings=ReviewSettings(votes=votes, **settings),
        pairs=parts[0],
        candidates=candidates,
        strata=strata,
        gold_pairs=parts[1] if gold else None,
    )


def verdict(task: Task | str, said: Verdict = Verdict.accept, **options: Any) -> Decision:
    """A verdict with a name of its own."""
    name = task if isinstance(task, str) else task.id
    return Decision(options.pop("uuid", None) or uuid.uuid4().hex, name, Kind.verdict, verdict=said, **options)


def undo(decision: Decision) -> Decision:
    """What takes a decision back."""
    return Decision(uuid.uuid4().hex, decision.task, Kind.undo, supersedes=decision.uuid)


def mark(task: Task, kind: str, text: str = "") -> Decision:
    """A flag, or a note, on a pair."""
    return Decision(uuid.uuid4().hex, task.id, Kind(kind), text=text)


def judge(
    store: Store, person: Person, tasks: Iterable[Task], said: Verdict = Verdict.accept, now: float | None = None
) -> list[Receipt]:
    """One verdict on each task."""
    return store.record(person, [verdict(task, said) for task in tasks], now=now)
