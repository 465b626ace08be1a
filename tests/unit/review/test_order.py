import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from made_store import made_store
from sempairs.core.seeds import rng
from sempairs.review.base import Decision, Kind, Lane, Person, Verdict
from sempairs.review.looks import Look
from sempairs.review.order import BORDER, EASY, Planner, easiest, most_uncertain
from sempairs.review.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with made_store(f"sqlite:///{tmp_path}/review.db", n=120, wanted=0.8, confidence=0.9, refit=10) as made:
        yield made


def judge(store: Store, person: Person, count: int, lane: Lane, faults: frozenset[int] = frozenset()) -> list[int]:
    """The pairs that a person judged, all right but the faults."""
    tasks = store.lease(person, count, lanes={lane: 1.0})
    verdicts = [Verdict.reject if task.pair in faults else Verdict.accept for task in tasks]
    decisions = [
        Decision(f"{task.id}-{store.last_seq()}", task.id, Kind.verdict, verdict=verdict)
        for task, verdict in zip(tasks, verdicts, strict=True)
    ]
    store.record(person, decisions)
    return [task.pair for task in tasks]


def test_the_pairs_nearest_to_the_border_come_first_and_strata_take_turns():
    random = rng("order")
    score, stratum = random.normal(BORDER, 2, 200), np.arange(200) % 2
    chosen = most_uncertain(score, stratum, np.ones(200, dtype=bool), 40)
    for number in (0, 1):
        mine = chosen[stratum[chosen] == number]
        assert 12 <= len(mine) <= 28  # about 20: their uncertainty is about the same
        slow = sorted(np.flatnonzero(stratum == number), key=lambda i: abs(score[i] - BORDER))
        assert mine.tolist() == slow[: len(mine)]


def test_a_stratum_that_is_certain_gets_fewer_turns():
    score, stratum = np.full(200, BORDER), np.arange(200) % 2
    score[stratum == 1] += 4  # p (1 - p) of 4: .018, of 0: .25
    chosen = most_uncertain(score, stratum, np.ones(200, dtype=bool), 30)
    assert (stratum[chosen] == 1).sum() == 2  # 30 x .018 / .268


def test_nothing_is_asked_twice_and_a_short_list_is_given_whole():
    left = np.zeros(50, dtype=bool)
    left[[3, 7, 9]] = True
    chosen = most_uncertain(np.zeros(50), np.zeros(50, dtype=np.int64), left, 20)
    assert sorted(chosen.tolist()) == [3, 7, 9]
    assert len(most_uncertain(np.zeros(50), np.zeros(50, dtype=np.int64), left & False, 20)) == 0


def test_easy_pairs_are_the_surest_ones_of_each_stratum():
    score, stratum = np.linspace(-5, 5, 100), np.arange(100) % 2
    chosen = easiest(score, stratum, np.ones(100, dtype=bool), 10)
    assert sorted(chosen.tolist()) == list(range(90, 100))
    everything = easiest(score, stratum, np.ones(100, dtype=bool), 1000)
    assert (1 / (1 + np.exp(-score[everything])) >= EASY).all()


def test_the_queue_is_filled_at_once_and_again_after_enough_verdicts(store):
    planner, person = Planner(store), store.add_person("Ada")
    assert planner.refresh()
    assert store.queued(Lane.ordered) == 120
    assert not planner.refresh()  # nothing was judged since
    judge(store, person, 10, Lane.ordered)
    assert planner.refresh()
    assert store.queued(Lane.ordered) == 110


def test_the_model_never_learns_from_the_random_share_until_its_queue_comes_to_it(store):
    planner, person = Planner(store), store.add_person("Ada")
    planner.refresh()
    first = planner._ranking[0]
    judged = judge(store, person, 60, Lane.random, frozenset(range(120)))
    planner.refresh(force=True)
    assert not planner._learned(store.judgements(), 120).any()
    asked = judge(store, person, 20, Lane.ordered)
    learned = np.flatnonzero(planner._learned(store.judgements(), 120))
    last = planner._ranking.tolist().index(asked[-1])
    assert set(learned) == set(planner._ranking[: last + 1].tolist())  # whoever brought them
    assert set(learned) & set(judged)
    assert first in learned


def test_what_the_model_learns_does_not_depend_on_the_random_order(tmp_path):
    """The reason why a prefix of that order is a simple random sample of whatever the model singles out."""
    models = []
    for seed, by_chance in ((0, 0), (1, 30)):
        folder = tmp_path / str(seed)
        folder.mkdir()
        with made_store(f"sqlite:///{folder}/review.db", n=120, refit=10) as store:
            planner, person = Planner(store), store.add_person("Ada")
            planner.refresh()
            faults = frozenset(range(0, 120, 7))
            judge(store, person, by_chance, Lane.random, faults) if by_chance else None
            planner.refresh(force=True)
            while planner._learned(store.judgements(), 120).sum() < 50:  # one by one, so that both stop there
                judge(store, person, 1, Lane.ordered, faults)
            ranking = planner._ranking[:50].tolist()
            learned = set(np.flatnonzero(planner._learned(store.judgements(), 120)).tolist())
            models.append((ranking, learned))
    assert models[0] == models[1]


def test_looks_are_taken_at_prepared_sizes_once_and_certify_what_holds(store):
    planner, person = Planner(store), store.add_person("Ada")
    planner.refresh()
    while not store.looks():
        judge(store, person, 5, Lane.ordered)
        judge(store, person, 5, Lane.random)
        planner.refresh(force=True)
    for _ in range(3):
        assert not planner.refresh()
    (look,) = [Look.from_json(look) for look in store.looks()]
    assert look.number == 0
    assert look.threshold is not None  # no fault anywhere
    certificate, publish = planner.certificate(), planner.published()
    assert certificate.certified
    assert certificate.unjudged > 0
    assert int(publish.sum()) == certificate.pairs == certificate.accepted + certificate.unjudged
    other = Planner(store)  # another process, or the next day
    assert (other.published() == publish).all()
    assert other.certificate() == certificate


def test_a_pair_that_was_certified_and_is_rejected_later_is_no_longer_published(store):
    planner, person = Planner(store), store.add_person("Ada")
    while not planner.certificate().certified:
        planner.refresh(force=True)
        judge(store, person, 5, Lane.ordered)
        judge(store, person, 5, Lane.random)
    before, publish = planner.certificate(), planner.published()
    pairs = judge(store, person, 120, Lane.random, frozenset(range(120)))
    after = planner.certificate()
    assert publish[pairs].any()
    assert not planner.published()[pairs].any()
    assert after.pairs == before.pairs - int(publish[pairs].sum())
    assert after.certified
    assert after.faults <= before.faults


def test_a_project_that_is_judged_whole_is_certain(store):
    planner, person = Planner(store), store.add_person("Ada")
    planner.refresh()
    judge(store, person, 120, Lane.random, frozenset({3, 5}))
    certificate = planner.certificate()
    assert (certificate.certified, certificate.complete, certificate.pairs, certificate.bound) == (True, True, 118, 1.0)
    assert "all 120 pairs are judged: 118 are accepted" in certificate.sentence
    assert not planner.published()[[3, 5]].any()


def test_a_million_pairs_are_ordered_in_a_second():
    random = rng("order of a million")
    score, stratum = random.normal(size=10**6), random.integers(0, 40, 10**6)
    left = np.ones(10**6, dtype=bool)
    began = time.process_time()
    most_uncertain(score, stratum, left, 4000)
    assert time.process_time() - began < 1.5  # .35 s on an idle core


def test_gold_questions_are_never_ordered_nor_published(tmp_path):
    with made_store(f"sqlite:///{tmp_path}/gold.db", n=30, gold=10) as store:
        planner, person = Planner(store), store.add_person("Ada")
        planner.refresh()
        assert store.queued(Lane.ordered) == 30
        judge(store, person, 10, Lane.gold)
        certificate = planner.certificate()
        assert certificate.gold_asked == certificate.gold_passed == 10  # all were accepted: this person sees nothing
        assert certificate.missed is None
        assert not planner.published().any()
