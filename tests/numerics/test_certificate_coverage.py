"""The certificate errs at most as often as it says: exact laws, and simulated reviews whose truth is known."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from sempairs.core.seeds import rng
from sempairs.review.bounds import highest_rate, most_faults, most_faults_whenever, most_to_see
from sempairs.review.facts import Facts
from sempairs.review.looks import alpha_of, is_due, plan, prepared_sizes, take
from sempairs.review.missed import most_missed
from sempairs.review.model import accept_probability, fit
from sempairs.review.order import most_uncertain


def at_most(alpha: float, times: int) -> float:
    """A share of errors that is alpha or less in truth exceeds this once in a thousand tests (binomial)."""
    return float(stats.binom.ppf(0.999, times, alpha)) / times


@pytest.mark.parametrize("alpha", [0.05, 0.2])
def test_the_exact_bound_errs_as_often_as_the_law_of_sampling_says(alpha):
    """For every number of faults among 40 pairs, over all samples of 12: the chance that the bound is below it."""
    seen = np.arange(13)
    bound = most_faults(np.full(13, 40), np.full(13, 12), seen, alpha)
    errs = [stats.hypergeom.pmf(seen, 40, faults, 12)[bound < faults].sum() for faults in range(41)]
    assert max(errs) <= alpha + 1e-12
    assert max(errs) > alpha / 2  # it is no wider than it must be


def test_the_exact_bound_is_clopper_and_pearsons_for_a_large_set():
    for sampled, seen in ((300, 0), (500, 7)):
        found = most_faults(np.array([10**6]), np.array([sampled]), np.array([seen]), 0.05)[0] / 10**6
        assert found == pytest.approx(stats.beta.ppf(0.95, seen + 1, sampled - seen), rel=2e-3)


def test_a_set_that_is_judged_whole_has_the_faults_that_were_seen():
    pairs, seen = np.array([1, 17, 17]), np.array([0, 0, 5])
    assert (most_faults(pairs, pairs, seen, 0.05) == seen).all()
    assert (most_faults_whenever(pairs, pairs, seen, 0.05, 0.005) == seen).all()


def test_what_a_sample_may_show_is_the_last_number_that_rules_the_faults_out():
    pairs, faults, sampled = np.array([500]), np.array([30]), np.array([120])
    seen = most_to_see(pairs, faults, sampled, 0.05)
    assert stats.hypergeom.cdf(seen, 500, 30, 120)[0] <= 0.05 < stats.hypergeom.cdf(seen + 1, 500, 30, 120)[0]
    assert most_to_see(pairs, faults, np.array([5]), 0.05)[0] == -1  # .94^5 = .73


@pytest.mark.parametrize(("pairs", "faults"), [(200, 4), (200, 30), (60, 1)])
def test_the_bound_that_is_looked_at_after_every_judgement_errs_no_more_often(pairs, faults):
    times, alpha = 1000, 0.1
    is_fault = np.argsort(rng("coverage", pairs, faults).random((times, pairs)), axis=1) < faults
    seen = is_fault.cumsum(axis=1).ravel()
    sampled = np.tile(np.arange(1, pairs + 1), times)
    bound = most_faults_whenever(np.full_like(seen, pairs), sampled, seen, alpha, 0.01)
    assert (bound.reshape(times, pairs) < faults).any(axis=1).mean() <= at_most(alpha, times)


def test_a_rate_that_is_looked_at_after_every_trial_stays_below_its_bound():
    times, rate, alpha = 300, 0.08, 0.1
    passed = (rng("coverage rate").random((times, 80)) < rate).cumsum(axis=1)
    limit = {(n, k): highest_rate(n, k, alpha, 0.05) for n in range(1, 81) for k in set(passed[:, n - 1].tolist())}
    errs = [any(limit[n, int(k)] < rate for n, k in enumerate(row, 1)) for row in passed]
    assert np.mean(errs) <= at_most(alpha, times)


def reviewed(faults: np.ndarray, features: np.ndarray, wanted: float, alpha: float, seed: int) -> float | None:
    """The true precision of what the first look that certifies anything allows; None where none does.

    People judge by the product's order, look after every ten judgements and stop at the first success: the worst that
    optional stopping can do.
    """
    n, random = len(faults), rng("coverage review", seed)
    chance = random.permutation(n)
    in_turn, stratum = np.argsort(chance), np.zeros(n, dtype=np.int64)
    judged, learned, looks, sizes = (
        np.zeros(n, dtype=bool),
        np.zeros(n, dtype=bool),
        [],
        prepared_sizes(n, wanted, alpha),
    )
    while not judged.all():
        facts = Facts(judged & ~faults, judged & faults, ~judged, chance)
        score = fit(features[learned], ~faults[learned]).score(features)
        size = max((size for size in sizes if size <= facts.sampled), default=0)
        if size > (looks[-1].sampled if looks else 0):
            told = replace(facts, accepted=facts.accepted & learned, fault=facts.fault & learned)
            planned = plan(score, accept_probability(score), told, size, alpha_of(len(looks), alpha), wanted)
            if is_due(size, planned, looks, sizes):
                look = take(facts, score, planned, number=len(looks), size=size, alpha=alpha, model="", wanted=wanted)
                looks.append(look)
                if look.threshold is not None and (facts.open & (score >= look.threshold)).any():
                    publish = facts.accepted | (facts.open & (score >= look.threshold))
                    return float(1 - faults[publish].mean())
        ranking = most_uncertain(score, stratum, ~learned, n)
        fresh = np.flatnonzero(~judged[ranking])[:6]
        if len(fresh):
            learned[ranking[: fresh[-1] + 1]] = True
            judged[ranking[fresh]] = True
        judged[in_turn[~judged[in_turn]][:4]] = True
    return None


@pytest.mark.parametrize("signal", [0.0, 1.0])
def test_a_review_that_stops_as_soon_as_it_may_keeps_its_promise(signal):
    """Whether the model knows nothing or something. Faults are such that all pairs together just break the promise."""
    times, n, alpha, wanted = 100, 240, 0.2, 0.9
    broken = given = 0
    for seed in range(times):
        random = rng("coverage world", seed)
        features = random.normal(size=(n, 3)).astype(np.float32)
        rank = signal * features[:, 0] + random.normal(size=n)
        faults = np.argsort(np.argsort(rank)) < 29  # 12% of them, where 10% are allowed
        precision = reviewed(faults, features, wanted, alpha, seed)
        given += precision is not None
        broken += precision is not None and precision < wanted
    assert broken / times <= at_most(alpha, times)
    assert given > 0.1 * times  # it is not kept by promising nothing


def test_a_model_that_fits_noise_breaks_no_promise():
    """As many columns as judgements: the model knows by heart what it learned, and nothing else."""
    times, n, alpha, wanted = 80, 200, 0.2, 0.9
    broken = 0
    for seed in range(times):
        random = rng("coverage noise", seed)
        features = random.normal(size=(n, 60)).astype(np.float32)
        faults = random.permutation(n) < 26  # 13%
        precision = reviewed(faults, features, wanted, alpha, seed)
        broken += precision is not None and precision < wanted
    assert broken / times <= at_most(alpha, times)


def test_false_pairs_that_people_accept_stay_below_their_bound_however_often_one_looks():
    """People let 6% pass; gold questions come in between; the bound is taken after every ten of 200 false pairs."""
    times, rate, alpha = 40, 0.06, 0.2
    errs = 0
    for seed in range(times):
        random = rng("coverage missed", seed)
        missed, gold = (random.random(200) < rate).cumsum(), (random.random(200) < rate).cumsum()
        errs += any(
            (bound := most_missed(t - int(missed[t - 1]), t, int(gold[t - 1]), alpha)) is not None
            and bound < missed[t - 1]
            for t in range(10, 201, 10)
        )
    assert errs / times <= at_most(alpha, times)


def test_without_gold_questions_nothing_is_said_of_missed_faults():
    assert most_missed(100, 0, 0, 0.05) is None
    assert most_missed(100, 3, 3, 0.05) is None
    few, many = most_missed(100, 30, 0, 0.05), most_missed(100, 3000, 0, 0.05)
    assert few is not None
    assert many is not None
    assert many < few
