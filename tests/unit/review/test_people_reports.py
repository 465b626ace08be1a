"""How each person judges, against counts by hand and simulated people of known habits."""

import math

import numpy as np
import pytest

from made_judgements import made_candidates, made_judgements
from sempairs.review.base import Lane, Verdict
from sempairs.review.people import gold_accuracy, people_reports, self_consistency

A, R, U = Verdict.accept, Verdict.reject, Verdict.unsure
REJECT, ACCEPT = 0, 1


def test_gold_questions_tell_missed_faults_from_false_alarms():
    # Four must be rejected, of which one is accepted and one left unsure; three must be accepted, one is rejected.
    answers = [REJECT, REJECT, REJECT, REJECT, ACCEPT, ACCEPT, ACCEPT]
    said = [R, R, A, U, A, A, R]
    rows = [(pair, 1, verdict, Lane.gold) for pair, verdict in enumerate(said)]
    rows += [(7, 1, A, Lane.ordered)]  # no question
    found = gold_accuracy(made_judgements(rows), made_candidates(8, gold=[*answers, -1]))
    assert (found.right.count, found.right.n) == (4, 7)
    assert (found.missed_faults.count, found.missed_faults.n) == (1, 4)
    assert (found.false_alarms.count, found.false_alarms.n) == (1, 3)
    # Exact interval of 1 of 4, from printed tables of binomial limits: .0063 to .8059.
    assert (found.missed_faults.low, found.missed_faults.high) == pytest.approx((0.0063, 0.8059), abs=5e-5)


def test_without_questions_nothing_is_known():
    found = gold_accuracy(made_judgements([(0, 1, A, Lane.ordered)]), made_candidates(1))
    assert (found.right.n, found.right.low, found.missed_faults.high) == (0, None, None)


def test_second_looks_are_compared_with_the_first_ones_of_the_same_person():
    rows = [
        (0, 1, A, Lane.ordered), (1, 1, A, Lane.more), (2, 1, R, Lane.random), (3, 1, U, Lane.grid),
        (0, 2, R, Lane.ordered),  # somebody else
        (2, 1, R, Lane.again), (0, 1, A, Lane.again), (3, 1, R, Lane.again), (1, 1, R, Lane.again),
        (4, 1, A, Lane.again),  # the first look was taken back
    ]  # fmt: skip
    swapped = [False, True, False, False, False, True, True, True, False, False]
    found = self_consistency(made_judgements(rows, swapped=swapped))
    assert (found.same.count, found.same.n) == (2, 4)
    # Pair 1 was an accept with the sides swapped and a reject as it is; pair 3 had no accept.
    assert (found.accepted_as_is, found.accepted_swapped, found.p) == (0, 1, 1)


def looks(verdict_of, n: int = 200):
    """Two looks of one person at n pairs, the second with the sides of the first swapped."""
    sides = np.random.default_rng(0).random(n) < 0.5
    rows = [(pair, 1, verdict_of(pair, bool(side)), Lane.ordered) for pair, side in enumerate(sides)]
    rows += [(pair, 1, verdict_of(pair, not side), Lane.again) for pair, side in enumerate(sides)]
    return made_judgements(rows, swapped=[*sides, *~sides])


def test_who_goes_by_the_sides_is_found_out():
    # On every tenth pair, the verdict is accept when the sides are swapped: 20 changes, all to one side.
    found = self_consistency(looks(lambda pair, swapped: A if pair % 10 or swapped else R))
    assert (found.same.count, found.same.n) == (180, 200)
    assert (found.accepted_as_is, found.accepted_swapped) == (0, 20)
    assert found.p == pytest.approx(2 * 0.5**20)  # both tails of a coin that fell on one side 20 times


def test_who_is_merely_careless_is_not_accused_of_it():
    wrong = 0
    for seed in range(200):
        random = np.random.default_rng(seed)
        found = self_consistency(looks(lambda pair, swapped, r=random: A if r.random() < 0.9 else R, 100))
        wrong += found.p is not None and found.p <= 0.05
    # The exact test errs at most 5 times in 100; four standard deviations more of its 200 trials.
    assert wrong / 200 <= 0.05 + 4 * math.sqrt(0.05 * 0.95 / 200)


def test_a_report_of_each_and_of_all():
    rows = [
        (0, 3, A, Lane.ordered), (1, 3, R, Lane.ordered), (2, 3, U, Lane.gold),
        (0, 5, A, Lane.more), (3, 5, A, Lane.grid), (4, 5, A, Lane.ordered),
    ]  # fmt: skip
    # A page of pairs that was accepted at once, and a verdict from elsewhere, tell no time.
    seconds = [2.0, 4.0, 9.0, 3.0, 0.1, 0.0]
    everyone, third, fifth = people_reports(made_judgements(rows, seconds=seconds), made_candidates(5))
    assert (everyone.person, third.person, fifth.person) == (None, 3, 5)
    assert (everyone.judged, everyone.accepted, everyone.rejected, everyone.unsure) == (6, 4, 1, 1)
    assert (third.judged, third.accepted, third.rejected, third.unsure) == (3, 1, 1, 1)
    assert (everyone.seconds, third.seconds, fifth.seconds) == (3.5, 4, 3)  # medians of 2 3 4 9, 2 4 9, and 3
    assert (third.gold.right.n, fifth.gold.right.n) == (1, 0)


def test_before_anybody_judged_there_is_one_empty_report():
    (everyone,) = people_reports(made_judgements([]), made_candidates(2))
    assert (everyone.judged, everyone.seconds, everyone.again.p) == (0, None, None)
