"""The project, its people and their sessions."""

import time
from collections.abc import Callable
from dataclasses import fields

import numpy as np
import pytest

from made_store import RANDOM, judge, made_candidates, made_pairs, made_store, mark, verdict
from sempairs.core.errors import UserError
from sempairs.review.base import Candidates, Decision, Judgements, Kind, Lane, Verdict
from sempairs.review.settings import ReviewSettings
from sempairs.review.store import Store
from sempairs.review.store import files as store_files

Make = Callable[..., Store]


def test_a_project_is_what_it_was_when_it_is_opened_again(
    url: str, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_files, "PART", 1000)  # so that files are kept in several parts
    made = make(n=30, gold=5, votes=2, seed=7)
    pairs = made_pairs(35)
    with Store.open(url) as store:
        assert (store.name, store.settings) == ("made", ReviewSettings(votes=2, seed=7))
        assert store.created_at == made.created_at == pytest.approx(time.time(), abs=60)
        assert [stratum.pairs for stratum in store.strata] == [10, 10, 10]
        assert store.pair_set().table.equals(pairs.table.slice(0, 30))
        wanted, found = made_candidates(pairs, gold=5, votes=2), store.candidates()
        for field in fields(Candidates):
            expected, got = getattr(wanted, field.name), getattr(found, field.name)
            np.testing.assert_array_equal(got, expected)
            assert got.dtype == expected.dtype
        assert store.candidates() is found


def test_a_second_project_is_refused(url: str, make: Make) -> None:
    make()
    with pytest.raises(UserError, match="holds a review already"):
        made_store(url)


def test_people_have_pseudonyms_and_names_of_their_own(make: Make) -> None:
    store = make()
    anna = store.add_person(" Anna ")
    robot = store.add_person("robot", simulated=True)
    assert [(p.number, p.name, p.pseudonym, p.simulated) for p in store.people()] == [
        (1, "Anna", "person-01", False),
        (2, "robot", "person-02", True),
    ]
    assert store.people() == [anna, robot]
    for name in ("Anna", "", "  ", "a" * 81, "line\nbreak", "nul\0", "half a \ud800"):
        with pytest.raises(UserError):
            store.add_person(name)


def test_a_link_lets_in_once_and_its_session_outlives_the_process(url: str, make: Make) -> None:
    store = make()
    anna = store.add_person("Anna")
    token = store.make_token(anna)
    session = store.redeem(token)
    assert session is not None
    assert store.redeem(token) is None
    assert store.redeem("guess") is None
    with Store.open(url) as again:
        assert again.person_of(session) == anna
        assert again.person_of("guess") is None
        assert again.person_of("\ud800\0") is None


def test_secrets_are_stored_as_hashes_alone(url: str, make: Make) -> None:
    store = make()
    token = store.make_token(store.add_person("Anna"))
    other = store.make_token(store.people()[0])
    session = store.redeem(other)
    with store._engine.connect() as connection:
        for table in ("tokens", "sessions"):
            stored = str(connection.exec_driver_sql(f"SELECT * FROM {table}").all())
            assert token not in stored
            assert str(session) not in stored
            assert len(stored) > 64


def test_links_and_sessions_expire(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    store = make()
    anna = store.add_person("Anna")
    now = time.time()
    late, token = store.make_token(anna, minutes=5.0), store.make_token(anna, minutes=5.0)
    session = store.redeem(token)
    assert session is not None
    monkeypatch.setattr(time, "time", lambda: now + 6 * 60)
    assert store.redeem(late) is None
    monkeypatch.setattr(time, "time", lambda: now + 29 * 24 * 3600)
    assert store.person_of(session) == anna
    monkeypatch.setattr(time, "time", lambda: now + 31 * 24 * 3600)
    assert store.person_of(session) is None


def test_counts_are_those_of_the_verdicts(make: Make) -> None:
    store = make(n=6, gold=2, votes=2)
    anna, ben = store.add_person("Anna"), store.add_person("Ben")
    noon = 1_700_000_000.0 // 86400 * 86400 + 43200
    judge(store, anna, store.lease(anna, 4, lanes=RANDOM, now=noon), now=noon)
    judge(store, ben, store.lease(ben, 3, lanes={Lane.more: 1.0}, now=noon), now=noon)
    judge(store, ben, store.lease(ben, 1, lanes={Lane.gold: 1.0}, now=noon), now=noon)
    # Anna's 4 and Ben's 3 are votes on 4 pairs, of which 3 have both; Ben's gold question counts for him alone.
    assert store.counts(now=noon) == {
        "candidates": 6, "gold": 2, "begun": 4, "judged": 3, "wanted_votes": 12, "given_votes": 7, "today": 8,
    }  # fmt: skip
    assert store.counts(anna, now=noon) == {"judged": 4, "today": 4}
    assert store.counts(ben, now=noon) == {"judged": 4, "today": 4}
    tomorrow = noon + 86400
    assert store.counts(ben, now=tomorrow) == {"judged": 4, "today": 0}
    judge(store, ben, store.lease(ben, 1, lanes=RANDOM, now=tomorrow), now=tomorrow)
    assert store.counts(ben, now=tomorrow) == {"judged": 5, "today": 1}
    assert store.counts(now=tomorrow)["today"] == 1
    yesterdays = store.events(limit=5)
    said = next(event for event in yesterdays if event["person"] == ben.number)
    store.record(ben, [Decision("undo", said["task"], Kind.undo, supersedes=said["uuid"])], now=tomorrow)
    assert store.counts(ben, now=tomorrow) == {"judged": 4, "today": 1}


def test_judgements_tell_how_each_pair_was_judged(make: Make) -> None:
    store = make(n=6)
    anna = store.add_person("Anna")
    assert len(store.judgements()) == 0
    first, second = store.lease(anna, 2, lanes=RANDOM)
    store.record(anna, [verdict(first, Verdict.unsure, class_shown=True, seconds=1.25)], now=100.0)
    store.record(anna, [verdict(second, Verdict.reject)], now=101.5)
    found = store.judgements()
    expected = Judgements(
        seq=np.array([1, 2]), pair=np.array([first.pair, second.pair]), person=np.array([1, 1]),
        verdict=np.array([2, 0]), lane=np.array([0, 0]), swapped=np.array([first.swapped, second.swapped]),
        class_shown=np.array([True, False]), seconds=np.array([1.25, 0.0]), at=np.array([100.0, 101.5]),
    )  # fmt: skip
    for field in fields(Judgements):
        np.testing.assert_array_equal(getattr(found, field.name), getattr(expected, field.name))
    assert store.judgements(after=1).seq.tolist() == [2]


def test_history_is_a_persons_own_newest_first_with_its_marks(make: Make) -> None:
    store = make(n=6, votes=2)
    anna, ben = store.add_person("Anna"), store.add_person("Ben")
    first, second = store.lease(anna, 2, lanes=RANDOM)
    decisions = [verdict(first), verdict(second, Verdict.reject)]
    store.record(anna, decisions, now=5.0)
    store.record(anna, [mark(first, "flag"), mark(first, "note", "odd"), mark(first, "note", "very odd")])
    judge(store, ben, store.lease(ben, 2, lanes={Lane.more: 1.0}))
    assert store.history(anna) == [
        {
            "uuid": decision.uuid, "task": task.id, "pair": task.pair, "swapped": task.swapped, "verdict": said,
            "flagged": marked, "note": note, "at": 5.0,
        }
        for decision, task, said, marked, note in [
            (decisions[1], second, "reject", False, ""), (decisions[0], first, "accept", True, "very odd"),
        ]
    ]  # fmt: skip
    assert len(store.history(anna, 1)) == 1


def test_models_and_looks_are_kept(url: str, make: Make) -> None:
    store = make()
    store.save_model("abc", 12, {"bias": -0.1, "weights": [1.5, 2.0]})
    store.save_model("abc", 13, {"bias": -0.1, "weights": [1.5, 2.0]})
    store.add_look({"judged": 10, "alpha": 0.0125})
    store.add_look({"judged": 13, "alpha": 0.01})
    with Store.open(url) as again:
        model = again.model("abc")
        assert model is not None
        assert (model["hash"], model["after_seq"]) == ("abc", 12)
        assert model["weights"] == {"bias": -0.1, "weights": [1.5, 2.0]}
        assert again.model("abd") is None
        assert again.looks() == [{"judged": 10, "alpha": 0.0125}, {"judged": 13, "alpha": 0.01}]
