"""Leases, verdicts, undo and expiry in any order, against a plain model of what they mean."""

import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from made_postgres import Cluster
from made_store import made_store, undo, verdict
from sempairs.review.base import VERDICTS, Decision, Lane, Task, Verdict
from sempairs.review.store import leases

PAIRS, GOLD, VOTES, PEOPLE, MINUTES = 5, 2, 2, 3, 10
MIXTURE = {Lane.random: 0.5, Lane.more: 0.2, Lane.gold: 0.2, Lane.again: 0.1}
COUNTED = (Lane.random, Lane.ordered, Lane.more)
AGAIN_AFTER = 2


@dataclass
class Held:
    """A lease as the model knows it."""

    task: Task
    person: int
    until: float
    state: str = "open"
    said: Decision | None = None

    @property
    def kind(self) -> str:
        return "vote" if self.task.lane in COUNTED else self.task.lane.value


class Annotators(RuleBasedStateMachine):
    """Three people, five pairs of two votes, two gold questions."""

    places: Iterator[str]

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        url = next(self.places)
        self.store = self.stack.enter_context(
            made_store(url, n=PAIRS, gold=GOLD, votes=VOTES, lease_minutes=float(MINUTES))
        )
        self.people = [self.store.add_person(f"person {i}") for i in range(PEOPLE)]
        self.held: list[Held] = []
        self.now = 0.0

    def teardown(self) -> None:
        self.store.verify_chain()
        self.stack.close()

    def room(self, pair: int) -> int:
        taken = [h for h in self.held if h.task.pair == pair and h.kind == "vote" and h.state in ("open", "judged")]
        return VOTES - len(taken)

    def had(self, person: int, pair: int, again: bool = False) -> list[Held]:
        mine = [h for h in self.held if (h.person, h.task.pair) == (person, pair) and h.state != "expired"]
        return [h for h in mine if (h.task.lane == Lane.again) == again]

    def free_for(self, person: int) -> set[int]:
        """Pairs that a person may vote on now: nobody began them, or somebody judged them, and a vote is missing."""
        free = set()
        for pair in range(PAIRS):
            states = [h.state for h in self.held if h.task.pair == pair and h.kind == "vote"]
            fresh = "open" not in states and "judged" not in states
            if (fresh or "judged" in states) and self.room(pair) > 0 and not self.had(person, pair):
                free.add(pair)
        return free

    @rule(person=st.integers(0, PEOPLE - 1), count=st.integers(1, 4))
    def ask(self, person: int, count: int) -> None:
        mine = [h for h in self.held if h.person == person and h.state == "open"]
        tasks = self.store.lease(self.people[person], count, lanes=MIXTURE, now=self.now)
        until = self.now + 60 * MINUTES
        known = {h.task.id: h for h in mine}
        renewed, new = [t for t in tasks if t.id in known], [t for t in tasks if t.id not in known]
        assert len(renewed) == min(len(mine), count)
        assert tasks[: len(renewed)] == renewed
        for task in renewed:
            known[task.id].until = until
        for held in self.held:
            if held.state == "open" and held.until <= self.now:
                held.state = "expired"
        free = self.free_for(person)
        voted = [task.pair for task in new if task.lane in COUNTED]
        assert set(voted) <= free
        for task in new:
            if task.lane == Lane.gold:
                assert task.pair >= PAIRS
                assert not self.had(person, task.pair)
            if task.lane == Lane.again:
                (first,) = [h for h in self.had(person, task.pair) if h.state == "judged"]
                assert task.swapped != first.task.swapped
                assert not self.had(person, task.pair, again=True)
            self.held.append(Held(task, person, until))
        if len(tasks) < count:  # then nothing was left for this person
            assert set(voted) == free

    @precondition(lambda self: self.held)
    @rule(at=st.integers(0, 99), said=st.sampled_from(Verdict), twice=st.booleans())
    def judge(self, at: int, said: Verdict, twice: bool) -> None:
        held = self.held[at % len(self.held)]
        twin = [h for h in self.had(held.person, held.task.pair, held.task.lane == Lane.again) if h is not held]
        if held.state in ("judged", "surplus"):
            expected = "refused"
        elif held.state == "open":
            expected = "saved"
        elif twin:
            expected = "saved" if twin[0].state == "open" else "surplus"
        else:
            expected = "saved" if held.kind != "vote" or self.room(held.task.pair) > 0 else "surplus"
        decision = verdict(held.task, said)
        receipts = self.store.record(self.people[held.person], [decision] * (1 + twice), now=self.now)
        assert [str(receipt.status) for receipt in receipts] == [expected] * (1 + twice)
        if expected == "saved":
            for other in twin:
                other.state = "expired"
            held.state, held.said = "judged", decision
        elif expected == "surplus":
            held.state = "surplus"

    @rule(at=st.integers(0, 99), said=st.sampled_from(Verdict))
    def revise(self, at: int, said: Verdict) -> None:
        judged = [h for h in self.held if h.said is not None]
        if judged:
            held = judged[at % len(judged)]
            assert held.said is not None
            decision = verdict(held.task, said, supersedes=held.said.uuid)
            (receipt,) = self.store.record(self.people[held.person], [decision], now=self.now)
            assert receipt.status == "saved"
            held.said = decision

    @rule(at=st.integers(0, 99))
    def take_back(self, at: int) -> None:
        judged = [h for h in self.held if h.said is not None]
        if judged:
            held = judged[at % len(judged)]
            assert held.said is not None
            (receipt,) = self.store.record(self.people[held.person], [undo(held.said)], now=self.now)
            assert receipt.status == "saved"
            held.state, held.said, held.until = "open", None, self.now + 60 * MINUTES
            first = self.store.lease(self.people[held.person], 1, lanes=MIXTURE, now=self.now)
            assert first == [held.task]
            for other in self.held:
                if other.state == "open" and other.until <= self.now:
                    other.state = "expired"

    @rule(minutes=st.sampled_from([1, 4, 11]))
    def wait(self, minutes: int) -> None:
        self.now += 60.0 * minutes

    @rule(at=st.integers(0, PEOPLE - 1))
    def forge(self, at: int) -> None:
        theirs = [h for h in self.held if h.person != at]
        if theirs:
            decision = Decision(uuid.uuid4().hex, theirs[-1].task.id, kind=verdict("").kind, verdict=Verdict.accept)
            (receipt,) = self.store.record(self.people[at], [decision], now=self.now)
            assert receipt.status == "refused"

    @invariant()
    def the_store_says_what_the_model_says(self) -> None:
        found = self.store.judgements()
        stored = zip(found.person.tolist(), found.pair.tolist(), found.verdict.tolist(), strict=True)
        standing = [h for h in self.held if h.said is not None]
        expected = [
            (h.person + 1, h.task.pair, VERDICTS.index(h.said.verdict)) for h in standing if h.said and h.said.verdict
        ]
        assert sorted(stored) == sorted(expected)
        votes = [h for h in standing if h.kind == "vote"]
        counts = self.store.counts()
        assert counts["given_votes"] == len(votes)
        assert counts["begun"] == len({h.task.pair for h in votes})
        assert min(self.room(pair) for pair in range(PAIRS)) >= 0


def run(places: Iterator[str], examples: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "AGAIN_AFTER", AGAIN_AFTER)
    Annotators.places = places
    run_state_machine_as_test(
        Annotators,
        settings=settings(
            max_examples=examples, stateful_step_count=25, deadline=None, derandomize=True, database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip


def test_any_order_of_events_on_sqlite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run((f"sqlite:///{tmp_path}/{uuid.uuid4().hex}.db" for _ in iter(int, 1)), 25, monkeypatch)


def test_any_order_of_events_on_postgres(postgres: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    with ExitStack() as stack:
        run((stack.enter_context(postgres.database()) for _ in iter(int, 1)), 5, monkeypatch)
