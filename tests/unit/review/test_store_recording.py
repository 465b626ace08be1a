"""What becomes of decisions: saved, surplus or refused; and that saying it twice changes nothing."""

import dataclasses
from collections.abc import Callable

import pytest

from made_store import RANDOM, judge, mark, undo, verdict
from sempairs.review.base import Decision, Kind, Lane, Status, Verdict
from sempairs.review.store import Store

Make = Callable[..., Store]
MORE = {Lane.more: 1.0}
MINUTE = 60.0


def statuses(store: Store, person: object, *decisions: Decision, now: float | None = None) -> list[str]:
    return [str(receipt.status) for receipt in store.record(person, decisions, now=now)]  # type: ignore[arg-type]


def test_the_same_decision_again_changes_nothing(make: Make) -> None:
    store = make()
    anna, ben = store.add_person("Anna"), store.add_person("Ben")
    task, other = store.lease(anna, 2, lanes=RANDOM)
    said = verdict(task, seconds=1.23456)
    (receipt,) = store.record(anna, [said])
    assert (receipt.status, receipt.seq) == (Status.saved, 1)
    assert store.record(anna, [said, said]) == [receipt, receipt]
    assert store.last_seq() == 1
    changes: list[dict[str, object]] = [
        {"verdict": Verdict.reject}, {"task": other.id}, {"seconds": 2.0}, {"class_shown": True},
        {"kind": Kind.flag, "verdict": None},
    ]  # fmt: skip
    for change in changes:
        assert statuses(store, anna, dataclasses.replace(said, **change)) == ["refused"]  # type: ignore[arg-type]
    assert statuses(store, ben, said) == ["refused"]
    assert store.last_seq() == 1


def test_a_decision_on_what_is_not_ones_own_is_refused(make: Make) -> None:
    store = make()
    anna, ben = store.add_person("Anna"), store.add_person("Ben")
    (task,) = store.lease(anna, 1, lanes=RANDOM)
    assert statuses(store, ben, verdict(task), mark(task, "flag"), verdict("0" * 16)) == ["refused"] * 3
    assert statuses(store, anna, verdict(task)) == ["saved"]


def test_a_second_verdict_has_to_say_what_it_revises(make: Make) -> None:
    store = make(n=4, votes=2)
    anna, ben = store.add_person("Anna"), store.add_person("Ben")
    (task,) = store.lease(anna, 1, lanes=RANDOM)
    first = verdict(task)
    second = verdict(task, Verdict.reject, supersedes=first.uuid)
    assert statuses(store, anna, first, verdict(task), second) == ["saved", "refused", "saved"]
    assert statuses(store, anna, verdict(task, supersedes=first.uuid)) == ["refused"]  # it does not stand any more
    judge(store, ben, store.lease(ben, 1, lanes=MORE))
    found = store.judgements()
    assert found.verdict.tolist() == [0, 1]
    assert found.seq.tolist() == [2, 3]
    assert store.judgements(after=1).seq.tolist() == [2, 3]
    assert store.counts()["given_votes"] == 2
    cleo = store.add_person("Cleo")
    assert len(store.lease(cleo, 1, lanes={Lane.adjudicate: 1.0})) == 1  # the revised votes differ


def test_an_undo_takes_a_verdict_back_once(make: Make) -> None:
    store = make()
    anna = store.add_person("Anna")
    (task,) = store.lease(anna, 1, lanes=RANDOM)
    said = verdict(task)
    assert statuses(store, anna, said, undo(said), undo(said)) == ["saved", "saved", "refused"]
    assert len(store.judgements()) == 0
    assert store.history(anna) == []
    assert store.counts()["given_votes"] == store.counts(anna)["judged"] == store.counts(anna)["today"] == 0
    assert statuses(store, anna, verdict(task, Verdict.reject)) == ["saved"]
    assert store.judgements().verdict.tolist() == [0]


def test_an_undone_vote_is_free_for_others_when_its_lease_expires(make: Make) -> None:
    store = make(n=1, lease_minutes=10.0)
    anna, ben = store.add_person("Anna"), store.add_person("Ben")
    (task,) = store.lease(anna, 1, lanes=RANDOM, now=0.0)
    said = verdict(task)
    store.record(anna, [said, undo(said)], now=0.0)
    assert store.lease(ben, 1, lanes=RANDOM, now=9 * MINUTE) == []
    assert [t.pair for t in store.lease(ben, 1, lanes=RANDOM, now=11 * MINUTE)] == [task.pair]


@pytest.mark.parametrize("filled", [False, True])
def test_a_late_verdict_counts_if_the_pair_has_room(make: Make, filled: bool) -> None:
    store = make(n=1, lease_minutes=10.0)
    anna, ben = store.add_person("Anna"), store.add_person("Ben")
    (task,) = store.lease(anna, 1, lanes=RANDOM, now=0.0)
    (theirs,) = store.lease(ben, 1, lanes=RANDOM, now=11 * MINUTE)
    if filled:
        judge(store, ben, [theirs], now=12 * MINUTE)
    else:
        store.lease(anna, 0, lanes=RANDOM, now=22 * MINUTE)  # Ben's expires too
    late = verdict(task, Verdict.reject)
    revised = verdict(task, Verdict.accept, supersedes=late.uuid)
    expected = "surplus" if filled else "saved"
    assert statuses(store, anna, late, revised, undo(revised), now=23 * MINUTE) == [expected] * 3
    assert len(store.judgements()) == (1 if filled else 0)
    assert store.last_seq() == 4 if filled else 3


def test_a_late_verdict_stands_for_both_leases_of_a_pair(make: Make) -> None:
    store = make(n=1, votes=2, lease_minutes=10.0)
    anna, ben = store.add_person("Anna"), store.add_person("Ben")
    (first,) = store.lease(anna, 1, lanes=RANDOM, now=0.0)
    store.lease(ben, 0, lanes=RANDOM, now=11 * MINUTE)
    (second,) = store.lease(anna, 1, lanes=RANDOM, now=11 * MINUTE)
    assert (first.pair, first.swapped) == (second.pair, second.swapped)
    assert statuses(store, anna, verdict(first), verdict(second), now=12 * MINUTE) == ["saved", "surplus"]
    assert store.counts()["given_votes"] == 1
    assert len(store.lease(ben, 1, lanes=MORE, now=12 * MINUTE)) == 1


def test_flags_and_notes_are_put_and_taken_back(make: Make) -> None:
    store = make()
    anna, ben = store.add_person("Anna"), store.add_person("Ben")
    task, other = store.lease(anna, 2, lanes=RANDOM)
    judge(store, anna, [task])
    flag, note = mark(task, "flag"), mark(task, "note", "both are shoes;\nor boots? \u0001 é 鞋")
    assert statuses(store, anna, flag, note, mark(other, "flag"), now=7.0) == ["saved"] * 3
    assert [(f["pair"], f["person"]) for f in store.flags()] == [(task.pair, 1), (other.pair, 1)]
    assert store.notes() == [
        {"uuid": note.uuid, "person": 1, "pair": task.pair, "task": task.id, "at": 7.0, "text": note.text}
    ]
    assert statuses(store, anna, mark(task, "unflag"), undo(note)) == ["saved"] * 2
    assert [f["pair"] for f in store.flags()] == [other.pair]
    assert store.notes() == []
    (theirs,) = store.lease(ben, 1, lanes=RANDOM)
    assert statuses(store, ben, Decision("u", theirs.id, Kind.undo, supersedes=flag.uuid)) == ["refused"]


def test_what_means_nothing_or_could_not_be_stored_is_refused_alone(make: Make) -> None:
    store = make()
    anna = store.add_person("Anna")
    (task,) = store.lease(anna, 1, lanes=RANDOM)
    wrong = [
        verdict(task, uuid="u" * 65), verdict(task, uuid="ü"), verdict(task, uuid="a\0b"),
        verdict(task, seconds=float("nan")), verdict(task, seconds=-1.0), verdict(task, seconds=float("inf")),
        Decision("1", task.id, Kind.verdict), Decision("2", task.id, Kind.flag, verdict=Verdict.accept),
        Decision("3", task.id, Kind.undo), Decision("4", task.id, Kind.note), mark(task, "note", " \n"),
        mark(task, "note", "x" * 2001), mark(task, "note", "a\0b"), mark(task, "note", "\ud800"),
        verdict("x" * 65), verdict(task, supersedes="\0"), dataclasses.replace(verdict(task), uuid=""), verdict("';--"),
    ]  # fmt: skip
    receipts = store.record(anna, [*wrong, verdict(task)])
    assert [str(receipt.status) for receipt in receipts] == ["refused"] * len(wrong) + ["saved"]
    assert all(receipt.reason for receipt in receipts[:-1])
    assert store.last_seq() == 1
