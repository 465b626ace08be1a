import dataclasses
import json

import numpy as np
import pytest
from scipy import stats

from made_store import made_candidates, made_pairs
from sempairs.core.seeds import rng
from sempairs.review.base import LANES, VERDICTS, Candidates, Judgements, Lane, Stratum, Verdict
from sempairs.review.certificate import Certificate, Proved, alphas, certify
from sempairs.review.facts import Facts, known
from sempairs.review.looks import Look, Plan, allowed, alpha_of, plan, prepared_sizes, take
from sempairs.review.outcome import outcome
from sempairs.review.settings import ReviewSettings
from sempairs.review.strata_state import states

N = 60


def votes(*rows: tuple[int, int, Verdict, Lane]) -> Judgements:
    """Verdicts as (pair, person, verdict, lane)."""
    n = len(rows)
    pair, person, verdict, lane = zip(*rows, strict=True) if rows else ((), (), (), ())
    numbers = np.arange(n, dtype=np.int64)
    return Judgements(
        numbers + 1, np.array(pair, dtype=np.int64), np.array(person, dtype=np.int64),
        np.array([VERDICTS.index(v) for v in verdict], dtype=np.int64),
        np.array([LANES.index(x) for x in lane], dtype=np.int64),
        np.zeros(n, dtype=bool), np.zeros(n, dtype=bool), np.ones(n), np.ones(n),
    )  # fmt: skip


def given(gold: int = 0, wanted: int = 1) -> Candidates:
    return made_candidates(made_pairs(N + gold), gold, wanted)


def strata() -> list[Stratum]:
    return [Stratum(i, f"class {i}", 0.0, 1.0, N // 3) for i in range(3)]


def made(candidates: Candidates, judgements: Judgements, proved: list[Proved]) -> tuple[Certificate, np.ndarray]:
    settings = ReviewSettings(wanted=0.9)
    found = outcome(candidates, judgements)
    return certify(candidates, strata(), settings, judgements, found, len(proved), proved)


def test_a_pair_that_lacks_votes_is_neither_accepted_nor_open():
    facts = known(
        given(wanted=2),
        outcome(
            given(wanted=2),
            votes(
                (0, 1, Verdict.accept, Lane.ordered), (1, 1, Verdict.accept, Lane.ordered),
                (1, 2, Verdict.accept, Lane.more), (2, 1, Verdict.accept, Lane.ordered),
                (2, 2, Verdict.reject, Lane.more), (3, 1, Verdict.unsure, Lane.ordered),
                (3, 2, Verdict.unsure, Lane.more),
            ),
        ),
    )  # fmt: skip
    assert facts.accepted[:4].tolist() == [False, True, False, False]
    assert facts.fault[:4].tolist() == [False, False, True, True]  # disputed and unsure are faults
    assert facts.open[:5].tolist() == [False, False, False, False, True]


def test_the_sample_is_the_random_order_up_to_its_first_gap():
    chance = np.array([2, 0, 3, 1])
    facts = Facts(np.array([True, True, False, False]), np.zeros(4, bool), np.array([False, False, True, True]), chance)
    assert facts.sampled == 1  # the pair in place 1 is not judged
    everything = dataclasses.replace(facts, accepted=np.ones(4, bool), open=np.zeros(4, bool))
    assert everything.sampled == 4


def test_the_errors_of_all_looks_add_up_to_what_may_be_erred():
    assert sum(alpha_of(k, 0.05) for k in range(10_000)) == pytest.approx(0.05, rel=1e-3)
    assert sum(alphas(given(), 0.95)) == pytest.approx(0.05)
    assert alphas(given(), 0.95)[1] == 0  # nothing is set aside where no gold question is asked
    assert sum(alphas(given(gold=3), 0.95)) == pytest.approx(0.05)


def test_the_first_size_is_the_one_at_which_no_fault_would_do():
    """Of 20,000 pairs: .99^367 = .02500 at α / 2; sampling without replacement saves five of these."""
    first, second, *rest = prepared_sizes(20_000, 0.99, 0.05)
    too_many = 201  # 1% of 20,000 is allowed
    assert (
        stats.hypergeom.pmf(0, 20_000, too_many, first) <= 0.025 < stats.hypergeom.pmf(0, 20_000, too_many, first - 1)
    )
    assert second == int(np.ceil(1.25 * first))
    assert rest[-1] == 20_000
    assert prepared_sizes(1, 0.99, 0.05) == [1]
    assert allowed(0.99, 100) == 1  # not 0, though 1 - .99 < .01 in floating point


def test_a_look_certifies_by_the_exact_law_and_stops_at_the_first_failure():
    """200 pairs; the best 100 have no fault and the others are all faults. 90% wanted, 60 judged by chance."""
    score = np.arange(200.0)
    chance = rng("looks").permutation(200)
    fault = score < 100
    judged = chance < 60
    facts = Facts(judged & ~fault, judged & fault, ~judged, chance)
    planned = Plan(np.array([100.0, 95.0, 0.0]), 1.0)
    look = take(facts, score, planned, number=0, size=60, alpha=0.1, model="m", wanted=0.9)
    p = []
    for threshold in planned.thresholds:
        inside = score >= threshold
        found, published = int((inside & facts.fault).sum()), int((facts.accepted | (inside & facts.open)).sum())
        law = (int(inside.sum()), allowed(0.9, published) + found + 1, int((inside & judged).sum()))
        p.append(stats.hypergeom.cdf(found, *law))
    passes = [x <= 0.05 for x in p]
    assert passes[0]
    assert not passes[-1]
    assert look.threshold == planned.thresholds[passes.index(False) - 1]
    refused = take(facts, score, Plan(np.array([0.0, 100.0]), 1.0), number=0, size=60, alpha=0.1, model="m", wanted=0.9)
    assert refused.threshold is None  # though the second would pass: the sequence is fixed


def test_a_plan_depends_on_what_the_model_learned_from_alone():
    random = rng("plans")
    score, nobody = random.normal(size=500), np.zeros(500, dtype=bool)
    told = Facts(nobody, nobody, ~nobody, random.permutation(500))
    p = 1 / (1 + np.exp(-3 - score))
    one = plan(score, p, told, 120, 0.05, 0.9)
    other = plan(score, p, dataclasses.replace(told, chance=random.permutation(500)), 120, 0.05, 0.9)
    assert (one.thresholds == other.thresholds).all()
    assert one.chance == other.chance > 0
    assert (np.diff(one.thresholds) < 0).all()
    assert one.thresholds[-1] == score.min()


def test_what_is_published_and_what_is_left_to_chance():
    """40 of 60 pairs are certified; three are judged, one of them a fault; at most four faults were allowed."""
    inside = np.arange(N) < 40
    judgements = votes(
        (0, 1, Verdict.accept, Lane.ordered), (1, 1, Verdict.reject, Lane.ordered), (50, 1, Verdict.accept, Lane.random)
    )  # fmt: skip
    certificate, publish = made(given(), judgements, [Proved(Look(0, 9, 0.05, "m", 0.0, 40, 4), inside)])
    assert np.flatnonzero(publish).tolist() == [0, *range(2, 40), 50]
    assert (certificate.accepted, certificate.unjudged, certificate.faults) == (2, 38, 3)
    assert certificate.bound == pytest.approx(1 - 3 / 40)
    assert certificate.missed is None
    assert "precision of at least 90.00% at 95% confidence" in certificate.sentence


def test_a_look_never_certifies_more_faults_than_pairs_that_are_left():
    inside = np.arange(N) < 3
    judgements = votes((0, 1, Verdict.accept, Lane.ordered), (1, 1, Verdict.accept, Lane.ordered))
    certificate, _ = made(given(), judgements, [Proved(Look(0, 9, 0.05, "m", 0.0, 3, 3), inside)])
    assert certificate.faults == 1


def test_without_a_look_only_accepted_pairs_are_published_and_nothing_is_certified():
    certificate, publish = made(given(), votes((7, 1, Verdict.accept, Lane.ordered)), [])
    assert np.flatnonzero(publish).tolist() == [7]
    assert not certificate.certified
    assert certificate.more > 0
    assert certificate.more_in_all == np.ceil(certificate.more / 0.15)
    assert "nothing is certified yet" in certificate.sentence


def test_gold_questions_widen_the_bound():
    rows = [(pair, 1, Verdict.accept if pair % 10 else Verdict.reject, Lane.ordered) for pair in range(N)]
    asked = [(N + i, 1, Verdict.reject, Lane.gold) for i in range(200)]
    certificate, publish = made(given(gold=200), votes(*rows, *asked), [])
    assert certificate.complete
    assert certificate.bound == 1
    assert certificate.missed is not None
    assert certificate.bound_missed == pytest.approx(1 - certificate.missed / 54)
    assert 0 < certificate.missed < 8
    assert len(publish) == N + 200
    assert not publish[N:].any()


def test_strata_count_by_themselves():
    rows = [(pair, 1, Verdict.reject if pair == 0 else Verdict.accept, Lane.random) for pair in range(0, N, 3)]
    candidates = given()
    found = outcome(candidates, votes(*rows))
    first, second, _ = states(strata(), candidates.stratum, known(candidates, found), found.verdict, 0.9, 0.95)
    assert (first.judged, first.accepted, first.rejected, first.sampled, first.more) == (20, 19, 1, 20, 0)
    assert first.bound == 1  # the fault is known, and taken away
    ends = stats.binomtest(19, 20).proportion_ci(0.95, "exact")
    assert (first.acceptance, first.acceptance_low, first.acceptance_high) == pytest.approx((0.95, ends.low, ends.high))
    assert (second.judged, second.acceptance, second.bound) == (0, None, 0.0)
    assert second.more is not None


def test_so_many_more_judgements_without_a_fault_are_enough_and_one_fewer_is_not():
    candidates = given()
    own = np.flatnonzero(candidates.stratum == 1)
    own = own[np.argsort(candidates.chance[own])]

    def state(judged: int):
        rows = [(int(pair), 1, Verdict.accept, Lane.random) for pair in own[:judged]]
        found = outcome(candidates, votes(*rows))
        return states(strata(), candidates.stratum, known(candidates, found), found.verdict, 0.9, 0.95)[1]

    more = state(2).more
    assert more is not None
    assert (state(2 + more).bound or 0) >= 0.9 > (state(1 + more).bound or 0)


def test_a_certificate_goes_through_json():
    certificate, _ = made(given(), votes((7, 1, Verdict.accept, Lane.ordered)), [])
    text = json.dumps(certificate.to_json(), allow_nan=False)
    assert Certificate.from_json(json.loads(text)) == certificate
