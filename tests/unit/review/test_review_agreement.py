"""What the report of agreement holds, and whether its intervals are those of a bootstrap over pairs."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from made_judgements import made_candidates, made_judgements, of_table
from sempairs.review.agreement import Coefficients, agreement, agreement_matrix, agreement_of, vote_table
from sempairs.review.base import Lane, Verdict

A, R, U = Verdict.accept, Verdict.reject, Verdict.unsure
REJECT, ACCEPT, UNSURE, NOT = 0, 1, 2, -1
NAMES = ("raw", "cohen", "fleiss", "krippendorff", "gwet")


def votes_of(*cells: tuple[int, int, int]) -> np.ndarray:
    """The table of two people from (what one said, what the other said, how often)."""
    return np.array([row[:2] for row in cells for _ in range(row[2])], dtype=np.int8)


def simulated(
    n: int, seed: int, people: int = 2, accept: float = 0.9, wrong: float = 0.1, given: int = 2
) -> np.ndarray:
    """People who err independently on pairs of which a share is right; each pair is judged by `given` of them."""
    random = np.random.default_rng(seed)
    truth = random.random(n) < accept
    said = np.where(random.random((n, people)) < wrong, ~truth[:, None], truth[:, None])
    judged = random.random((n, people)).argsort(axis=1) < given
    return np.where(judged, said, NOT).astype(np.int8)


def test_unsure_is_a_verdict_of_its_own_and_as_if_it_were_not_said():
    found = agreement_of(votes_of((ACCEPT, ACCEPT, 6), (REJECT, REJECT, 2), (ACCEPT, UNSURE, 2)))
    assert (found.as_verdict.pairs, found.as_verdict.votes) == (10, 20)
    assert found.as_verdict.raw.value == pytest.approx(0.8)  # 8 of 10
    # Without the unsure verdicts 8 pairs have two votes, all alike.
    assert (found.as_missing.pairs, found.as_missing.votes) == (8, 16)
    assert [getattr(found.as_missing, name).value for name in NAMES] == pytest.approx([1] * 5)
    # Cohen by hand: the second says accept 6, reject 2, unsure 2; p_e = .8 x .6 + .2 x .2 = .52.
    assert found.as_verdict.cohen.value == pytest.approx((0.8 - 0.52) / (1 - 0.52))


def test_where_all_agree_only_raw_agreement_has_an_interval():
    found = agreement_of(votes_of((ACCEPT, ACCEPT, 30), (REJECT, REJECT, 10))).as_verdict
    # Exact for 40 of 40: (α / 2)^(1 / n).
    assert found.raw.low == pytest.approx(0.025 ** (1 / 40))
    assert (found.raw.value, found.raw.high) == (1, 1)
    assert all((getattr(found, name).value, getattr(found, name).low) == (1, None) for name in NAMES[1:])


def test_verdicts_that_are_all_the_same_tell_no_agreement_beyond_chance():
    found = agreement_of(votes_of((ACCEPT, ACCEPT, 20))).as_verdict
    assert found.raw.value == 1
    assert found.cohen.value is found.fleiss.value is found.krippendorff.value is None
    assert found.gwet.value == 1  # by chance, people agree on hard pairs, and there is none


@pytest.mark.parametrize("votes", [np.zeros((0, 0)), [[ACCEPT, NOT], [NOT, REJECT]], [[UNSURE, NOT]], [[ACCEPT]]])
def test_without_a_pair_that_two_people_judged_nothing_is_said(votes):
    found = agreement_of(np.array(votes, dtype=np.int8))
    for one in (found.as_verdict, found.as_missing):
        assert (one.pairs, one.votes) == (0, 0)
        assert all(getattr(one, name).value is None and getattr(one, name).low is None for name in NAMES)


def slow_bootstrap(votes: np.ndarray, resamples: int) -> dict[str, tuple[float, float]]:
    """The percentile interval of raw agreement and of Cohen's kappa by drawing rows of two columns, one by one."""
    random, found = np.random.default_rng(5), []
    for _ in range(resamples):
        first, second = votes[random.integers(0, len(votes), len(votes))].T
        observed = (first == second).mean()
        by_chance = sum((first == k).mean() * (second == k).mean() for k in range(3))
        found.append((observed, (observed - by_chance) / (1 - by_chance)))
    ends = np.quantile(found, [0.025, 0.975], axis=0).T
    return {"raw": tuple(ends[0]), "cohen": tuple(ends[1])}


def test_intervals_are_those_of_drawing_pairs_one_by_one():
    votes = simulated(400, seed=1)
    slow, found = slow_bootstrap(votes, 4000), agreement_of(votes).as_verdict
    # A 2.5% quantile of 1,000 resamples has a standard error of sqrt(.025 x .975 / 1000) / density, about .085 of the
    # standard deviation of the values; four of them, plus half as much for the 4,000 slow ones.
    for name, (low, high) in slow.items():
        deviation = (high - low) / (2 * 1.96)
        one = getattr(found, name)
        assert (one.low, one.high) == pytest.approx((low, high), abs=6 * 0.085 * deviation)


def test_many_patterns_are_resampled_like_few():
    # The third person never speaks in one table, and repeats the first with other gaps in the other: many patterns.
    votes = simulated(600, seed=2, people=2)
    spread = np.full((600, 60), NOT, dtype=np.int8)
    place = np.random.default_rng(0).permuted(np.tile(np.arange(60), (600, 1)), axis=1)[:, :2]
    np.put_along_axis(spread, place, votes, axis=1)
    few, many = agreement_of(votes).as_verdict, agreement_of(spread).as_verdict
    for name in ("raw", "fleiss", "krippendorff", "gwet"):  # these do not ask who said it
        one, other = getattr(few, name), getattr(many, name)
        assert one.value == pytest.approx(other.value)
        deviation = (one.high - one.low) / (2 * 1.96)
        assert (one.low, one.high) == pytest.approx((other.low, other.high), abs=6 * 0.085 * deviation)


def test_the_intervals_hold_as_often_as_they_claim():
    # Two people who err on 10% of the pairs, of which 80% are right: they agree where both or none errs, .82; each
    # accepts .8 x .9 + .2 x .1 = .74, so p_e = .74² + .26² = .6152 and kappa = .5322; AC1's p_e = 2 x .74 x .26.
    truth = {"raw": 0.82, "cohen": (0.82 - 0.6152) / 0.3848, "gwet": (0.82 - 0.3848) / (1 - 0.3848)}
    truth["fleiss"] = truth["krippendorff"] = truth["cohen"]
    trials, held = 150, dict.fromkeys(NAMES, 0)
    for seed in range(trials):
        found = agreement_of(simulated(300, seed, accept=0.8)).as_missing
        for name in NAMES:
            one = getattr(found, name)
            held[name] += one.low <= truth[name] <= one.high
    # Binomial: four standard deviations below 95%.
    assert min(held.values()) / trials > 0.95 - 4 * math.sqrt(0.95 * 0.05 / trials)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_neither_the_order_of_pairs_nor_that_of_people_matters(seed):
    votes = simulated(40, seed, people=4, given=3)
    random = np.random.default_rng(seed)
    other = votes[random.permutation(40)][:, random.permutation(4)]
    one, two = agreement_of(votes).as_verdict, agreement_of(other).as_verdict
    assert (one.pairs, one.votes) == (two.pairs, two.votes)
    for name in NAMES:
        assert getattr(one, name).value == pytest.approx(getattr(two, name).value)


def test_only_votes_count():
    rows = [(0, 1, A, Lane.ordered), (0, 2, A, Lane.more), (1, 1, A, Lane.random), (1, 2, R, Lane.grid)]
    others = [
        (0, 1, R, Lane.again),  # the same person again
        (1, 3, A, Lane.adjudicate),  # settles, and knows that the votes disagree
        (2, 1, A, Lane.gold), (2, 2, A, Lane.gold),
    ]  # fmt: skip
    pairs, people, votes = vote_table(made_judgements(rows + others))
    assert (pairs.tolist(), people.tolist(), votes.tolist()) == ([0, 1], [1, 2], [[1, 1], [1, 0]])


def test_by_class_and_by_similarity():
    names = ["dress", "dress", "coat", "coat", "coat", "bag", ""]
    similarity = [0.1, 0.2, 0.3, 0.4, 0.6, 0.7, np.nan]
    candidates = made_candidates(7, name=names, similarity=similarity)
    both, apart, alone = [ACCEPT, ACCEPT], [ACCEPT, REJECT], [ACCEPT, None]
    report = agreement(of_table([both, apart, apart, apart, both, alone, apart]), candidates)
    assert report.overall.as_verdict.pairs == 6
    # A bag was judged once: no agreement to report. Pairs whose class is unknown stand together.
    assert [(one.name, one.as_verdict.pairs, one.as_verdict.raw.value) for one in report.by_class] == [
        ("", 1, 0), ("coat", 3, pytest.approx(1 / 3)), ("dress", 2, 0.5),
    ]  # fmt: skip
    # Quartiles of the six similarities by linear interpolation: .225, .35, .55; the last bin has its upper end.
    bins = [(one.low, one.high, one.as_verdict.pairs) for one in report.by_similarity]
    expected = [(0.1, 0.225, 2), (0.225, 0.35, 1), (0.35, 0.55, 1), (0.55, 0.7, 1)]
    assert bins == [pytest.approx(row) for row in expected]
    assert json.loads(json.dumps(report.to_json(), allow_nan=False))["overall"]["as_verdict"]["pairs"] == 6


def test_without_similarity_and_without_judgements():
    report = agreement(made_judgements([]), made_candidates(3))
    assert (report.by_class, report.by_similarity) == ((), ())
    assert isinstance(report.overall.as_verdict, Coefficients)
    assert report.overall.as_verdict.pairs == 0
    assert agreement_matrix(made_judgements([])).shared.shape == (0, 0)


def test_the_matrix_of_people():
    # 7 and 9 share three pairs and agree on two; 7 and 12 share one; 9 and 12 none.
    rows = [(0, 7, A), (0, 9, A), (1, 7, R), (1, 9, R), (2, 7, A), (2, 9, R), (3, 7, U), (3, 12, U), (4, 12, A)]
    found = agreement_matrix(made_judgements([(*row, Lane.ordered) for row in rows]))
    assert found.people.tolist() == [7, 9, 12]
    assert found.shared.tolist() == [[4, 3, 1], [3, 3, 0], [1, 0, 2]]
    assert found.raw[0].tolist() == pytest.approx([np.nan, 2 / 3, 1], nan_ok=True)
    # p_e of 7 (accept 2, reject 1) and 9 (accept 1, reject 2) of three: 2/3 x 1/3 + 1/3 x 2/3 = 4/9.
    assert found.kappa[0, 1] == found.kappa[1, 0] == pytest.approx((2 / 3 - 4 / 9) / (1 - 4 / 9))
    assert np.isnan(found.kappa[0, 2])  # both said unsure of the one pair
    assert np.isnan(found.raw[1, 2])
    assert np.isnan(found.kappa[1, 2])
