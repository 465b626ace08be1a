"""Which pairs people get: each lane, what stands in for it, and what becomes of leases that expire."""

from collections.abc import Callable

import numpy as np
import pytest

from made_store import MIXTURE, RANDOM, judge, made_candidates, made_pairs, made_store, undo, verdict
from sempairs.review.base import Lane, Person, Task, Verdict
from sempairs.review.store import Store, leases

Make = Callable[..., Store]
MINUTE = 60.0


def pairs_of(tasks: list[Task]) -> list[int]:
    return [task.pair for task in tasks]


def by_chance(n: int, gold: int = 0) -> list[int]:
    """The pairs in their random order."""
    return [int(i) for i in np.argsort(made_candidates(made_pairs(n + gold), gold, 1).chance[:n])]


def test_the_random_lane_goes_by_chance(make: Make) -> None:
    store = make(n=12, gold=3)
    anna, ben = store.add_person("Anna"), store.add_person("Ben")
    order = by_chance(12, gold=3)
    assert pairs_of(store.lease(anna, 5, lanes=RANDOM)) == order[:5]
    assert pairs_of(store.lease(ben, 9, lanes=RANDOM)) == order[5:]  # there are 7 left


def test_the_share_apart_is_all_that_the_random_lane_gives(make: Make) -> None:
    store = make(n=12, apart=4)
    assert len(store.lease(store.add_person("Anna"), 12, lanes=RANDOM)) == 4


def test_a_stratum_gives_its_own_pairs(make: Make) -> None:
    store = make(n=12)
    anna = store.add_person("Anna")
    mine = store.lease(anna, 2, lanes=RANDOM, stratum=1)
    assert pairs_of(mine) == [pair for pair in by_chance(12) if pair % 3 == 1][:2]
    assert store.lease(anna, 2, lanes=RANDOM, stratum=1) == mine
    assert all(pair % 3 == 2 for pair in pairs_of(store.lease(anna, 2, lanes=RANDOM, stratum=2)))


def test_what_is_open_comes_first_and_is_renewed(make: Make) -> None:
    store = make(n=12, lease_minutes=10.0)
    anna, ben = store.add_person("Anna"), store.add_person("Ben")
    first = store.lease(anna, 3, lanes=RANDOM, now=0.0)
    again = store.lease(anna, 5, lanes=RANDOM, now=9 * MINUTE)
    assert again[:3] == first
    assert not set(pairs_of(again)) & set(pairs_of(store.lease(ben, 7, lanes=RANDOM, now=18 * MINUTE)))
    # Renewed for the last time at minute 9, they expire at minute 19.
    assert pairs_of(store.lease(ben, 12, lanes=RANDOM, now=20 * MINUTE))[7:] == by_chance(12)[:5]


def test_a_lease_that_expired_is_still_ones_own_until_somebody_asks(make: Make) -> None:
    store = make(n=6, lease_minutes=10.0)
    anna, ben = store.add_person("Anna"), store.add_person("Ben")
    first = store.lease(anna, 2, lanes=RANDOM, now=0.0)
    assert store.lease(anna, 2, lanes=RANDOM, now=100 * MINUTE) == first
    assert pairs_of(store.lease(ben, 2, lanes=RANDOM, now=200 * MINUTE)) == pairs_of(first)
    assert not set(pairs_of(store.lease(anna, 2, lanes=RANDOM, now=200 * MINUTE))) & set(pairs_of(first))


def test_votes_and_leases_never_exceed_what_a_pair_needs(make: Make) -> None:
    store = make(n=4, votes=2)
    people = [store.add_person(f"person {i}") for i in range(4)]
    mixed = {Lane.random: 0.5, Lane.more: 0.5}
    first = store.lease(people[0], 4, lanes=mixed)
    assert len(first) == 4
    assert store.lease(people[1], 4, lanes=mixed) == []  # nobody has judged anything yet
    judge(store, people[0], first)
    assert store.lease(people[0], 4, lanes=mixed) == []
    assert sorted(pairs_of(store.lease(people[1], 3, lanes=mixed))) == sorted(pairs_of(first)[:3])
    assert pairs_of(store.lease(people[2], 4, lanes=mixed)) == pairs_of(first)[3:]
    assert store.lease(people[3], 4, lanes=mixed) == []


def test_more_votes_are_asked_for_in_the_order_in_which_pairs_were_begun(make: Make) -> None:
    store = make(n=6, votes=3, lease_minutes=10.0)
    anna, ben, cleo = (store.add_person(name) for name in ("Anna", "Ben", "Cleo"))
    more = {Lane.more: 1.0}
    judge(store, anna, store.lease(anna, 3, lanes=RANDOM, now=0.0), now=0.0)
    order = by_chance(6)
    assert pairs_of(store.lease(ben, 1, lanes=more, now=0.0)) == order[:1]
    assert pairs_of(store.lease(ben, 3, lanes=more, now=0.0)) == order[:3]
    assert pairs_of(store.lease(cleo, 3, lanes=more, now=0.0)) == order[:3]
    assert store.lease(anna, 3, lanes=more, now=0.0) == []


def test_a_pair_whose_lease_expired_waits_anew_for_those_who_had_it(make: Make) -> None:
    store = make(n=1, votes=3, lease_minutes=10.0)  # there is room beside Ben's lease, so the pair waits all the time
    anna, ben = store.add_person("Anna"), store.add_person("Ben")
    more = {Lane.more: 1.0}
    judge(store, anna, store.lease(anna, 1, lanes=RANDOM, now=0.0), now=0.0)
    (task,) = store.lease(ben, 1, lanes=more, now=0.0)
    assert store.lease(anna, 1, lanes=more, now=11 * MINUTE) == []  # but this gives Ben's back
    (again,) = store.lease(ben, 1, lanes=more, now=11 * MINUTE)
    assert again.pair == task.pair
    assert again.id != task.id


def test_the_planners_queue_is_followed_and_remembers_its_model(make: Make) -> None:
    store = make(n=12, lease_minutes=10.0)
    anna, ben = store.add_person("Anna"), store.add_person("Ben")
    ordered = {Lane.ordered: 1.0}
    begun = store.lease(ben, 1, lanes=RANDOM, now=0.0)[0].pair
    wanted = [pair for pair in (7, 3, 11, 2, 5) if pair != begun]
    store.set_queue(Lane.ordered, np.array([begun, *wanted]), "first")
    assert store.queued(Lane.ordered) == len(wanted)
    tasks = store.lease(anna, 2, lanes=ordered, now=0.0)
    assert pairs_of(tasks) == wanted[:2]
    assert {task.model for task in tasks} == {"first"}
    store.set_queue(Lane.ordered, np.array([wanted[3], wanted[0], wanted[2]]), "second")  # wanted[0] is leased
    assert store.queued(Lane.ordered) == 2
    (task,) = store.lease(ben, 1, lanes=ordered, now=0.0)
    assert (task.pair, task.model) == (wanted[3], "second")
    # Anna's expire and come back to the front.
    assert set(pairs_of(store.lease(ben, 9, lanes=ordered, now=20 * MINUTE))[1:3]) == set(wanted[:2])
    assert store.queued(Lane.ordered) == 0


def test_the_grid_gives_a_page_of_one_stratum(make: Make) -> None:
    store = make(n=30)
    anna = store.add_person("Anna")
    store.set_queue(Lane.grid, np.arange(29, -1, -1), "m")
    page = store.lease(anna, 4, lanes={Lane.grid: 1.0}, stratum=2)
    assert pairs_of(page) == [29, 26, 23, 20]
    assert store.lease(anna, 4, lanes=RANDOM)[0].lane == Lane.random  # the page is not mixed with other tasks


def test_each_person_gets_each_gold_question_once(make: Make) -> None:
    store = make(n=4, gold=5)
    anna, ben = store.add_person("Anna"), store.add_person("Ben")
    gold = {Lane.gold: 1.0}
    orders = []
    for person in (anna, ben):
        tasks = store.lease(person, 3, lanes=gold)
        judge(store, person, tasks)
        tasks += store.lease(person, 9, lanes=gold)
        assert sorted(pairs_of(tasks)) == [4, 5, 6, 7, 8]
        orders.append(pairs_of(tasks))
    assert orders[0] != orders[1]  # 1 in 120 if chance alone decided; the seed is fixed


def test_pairs_are_shown_again_later_with_the_sides_swapped_once_each(make: Make) -> None:
    store = make(n=60)
    anna = store.add_person("Anna")
    first: dict[int, Task] = {}
    seen: list[Task] = []
    again = {Lane.again: 1.0}
    for step in range(60):
        (task,) = store.lease(anna, 1, lanes=RANDOM)
        judge(store, anna, [task])
        first[task.pair] = task
        if step < leases.AGAIN_AFTER:
            assert store.lease(anna, 1, lanes=again) == []
        elif step % 3 == 0:
            shown = store.lease(anna, 1, lanes=again)
            judge(store, anna, shown)
            seen += shown
            decisions_ago = step - list(first).index(shown[0].pair) if shown else leases.AGAIN_AFTER
            assert decisions_ago >= leases.AGAIN_AFTER
    assert len(seen) >= 8
    assert len(set(pairs_of(seen))) == len(seen)
    assert all(task.swapped != first[task.pair].swapped for task in seen)


def test_a_pair_that_was_judged_anew_is_not_shown_a_third_time(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "AGAIN_AFTER", 1)
    store = make(n=10)
    anna = store.add_person("Anna")
    again = {Lane.again: 1.0}
    first, second, third = store.lease(anna, 3, lanes=RANDOM)
    said = verdict(first)
    store.record(anna, [said, verdict(second)])
    shown = store.lease(anna, 1, lanes=again)
    assert pairs_of(shown) == [first.pair]
    judge(store, anna, shown)
    store.record(anna, [undo(said), verdict(first), verdict(third)])
    # Of the verdicts since, the second pair's and the first's new one are old enough; the first pair was shown twice.
    assert set(pairs_of(store.lease(anna, 9, lanes=again))) <= {second.pair}


def test_a_late_verdict_takes_the_pair_out_of_the_queue_again(make: Make) -> None:
    store = make(n=6, lease_minutes=10.0)
    anna, ben = store.add_person("Anna"), store.add_person("Ben")
    ordered = {Lane.ordered: 1.0}
    store.set_queue(Lane.ordered, np.array([4, 2]), "m")
    (task,) = store.lease(anna, 1, lanes=ordered, now=0.0)
    store.lease(ben, 0, lanes=ordered, now=11 * MINUTE)
    assert store.queued(Lane.ordered) == 2
    judge(store, anna, [task], now=12 * MINUTE)
    assert store.queued(Lane.ordered) == 1
    assert pairs_of(store.lease(ben, 9, lanes=ordered, now=12 * MINUTE)) == [2]


def test_votes_that_differ_are_settled_when_all_are_there(make: Make) -> None:
    store = make(n=1, votes=3)
    people = [store.add_person(name) for name in ("Anna", "Ben", "Cleo", "Dora")]
    judge(store, people[0], store.lease(people[0], 1, lanes=RANDOM))
    judge(store, people[1], store.lease(people[1], 1, lanes={Lane.more: 1.0}), Verdict.reject)
    assert store.lease(people[3], 1, lanes={Lane.adjudicate: 1.0}) == []
    judge(store, people[2], store.lease(people[2], 1, lanes={Lane.more: 1.0}))
    assert len(store.lease(people[3], 1, lanes={Lane.adjudicate: 1.0})) == 1


def disputed(store: Store, people: list[Person]) -> list[int]:
    """Let two people judge all pairs, and differ on every third; those on which they differ."""
    tasks = store.lease(people[0], 99, lanes=RANDOM)
    judge(store, people[0], tasks)
    second = store.lease(people[1], 99, lanes={Lane.more: 1.0})
    store.record(people[1], [verdict(t, Verdict.unsure if t.pair % 3 == 0 else Verdict.accept) for t in second])
    return [pair for pair in pairs_of(second) if pair % 3 == 0]


def test_disagreements_are_settled_by_somebody_else_once(make: Make) -> None:
    store = make(n=12, votes=2, lease_minutes=10.0)
    people = [store.add_person(name) for name in ("Anna", "Ben", "Cleo", "Dora")]
    wanted = disputed(store, people)
    settle = {Lane.adjudicate: 1.0}
    later = 10 * MINUTE * 10**9
    assert store.lease(people[0], 9, lanes=settle) == store.lease(people[1], 9, lanes=settle) == []
    (task,) = store.lease(people[2], 1, lanes=settle)
    assert task.pair == wanted[0]
    assert pairs_of(store.lease(people[3], 9, lanes=settle)) == wanted[1:]  # that one is in Cleo's hands
    judge(store, people[2], [task], Verdict.reject)
    assert store.counts()["given_votes"] == 24  # an adjudication is no vote
    assert set(pairs_of(store.lease(people[2], 9, lanes=settle, now=later))) == set(wanted[1:])
    assert pairs_of(store.lease(people[2], 9, lanes=settle, stratum=1, now=later)) == []


def test_lanes_come_in_their_shares_and_stand_in_for_each_other(make: Make) -> None:
    shares = {Lane.random: 0.2, Lane.gold: 0.1, Lane.ordered: 0.7}
    store = make(n=400, gold=40)
    anna = store.add_person("Anna")
    store.set_queue(Lane.ordered, np.arange(400), "m")
    lanes = [task.lane for task in store.lease(anna, 300, lanes=shares)]
    for lane, share in shares.items():
        # Binomial: four standard deviations around its mean.
        assert abs(lanes.count(lane) - 300 * share) < 4 * (300 * share * (1 - share)) ** 0.5
    rest = [task.lane for task in store.lease(anna, 1000, lanes=shares)][300:]
    assert len(rest) == 140  # all other pairs and gold questions: nothing is left behind
    assert rest.count(Lane.gold) <= 40 - lanes.count(Lane.gold)


def test_tasks_are_a_function_of_the_seed(tmp_path_factory: pytest.TempPathFactory) -> None:
    given = []
    for seed in (0, 0, 1):
        with made_store(f"sqlite:///{tmp_path_factory.mktemp('seed')}/review.db", n=60, gold=9, seed=seed) as store:
            tasks = store.lease(store.add_person("Anna"), 40, lanes=MIXTURE)
            given.append([(task.pair, task.lane, task.swapped) for task in tasks])
    assert given[0] == given[1] != given[2]


def test_sides_are_left_to_chance(make: Make) -> None:
    store = make(n=400)
    anna, ben = store.add_person("Anna"), store.add_person("Ben")
    swapped = [task.swapped for task in store.lease(anna, 200, lanes=RANDOM)]
    assert 72 <= sum(swapped) <= 128  # 100 and four standard deviations of 7.07
    assert swapped != [task.swapped for task in store.lease(ben, 200, lanes=RANDOM)]


def test_an_undo_makes_the_pair_the_next_one(make: Make) -> None:
    store = make(n=12)
    anna, ben = store.add_person("Anna"), store.add_person("Ben")
    tasks = store.lease(anna, 4, lanes=MIXTURE)
    decisions = [verdict(task) for task in tasks[:3]]
    store.record(anna, decisions)
    store.record(anna, [undo(decisions[0]), undo(decisions[1])])
    assert store.lease(anna, 4, lanes=MIXTURE)[:3] == [tasks[1], tasks[0], tasks[3]]
    assert not set(pairs_of(store.lease(ben, 12, lanes=RANDOM))) & set(pairs_of(tasks))
