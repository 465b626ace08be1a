"""Curation by simulated people: who becomes whose partner, what the people may know, and what is said of it all."""

import dataclasses
import math

import numpy as np
import pytest

from made import made_source
from sempairs.core.errors import UserError
from sempairs.core.seeds import rng
from sempairs.core.settings import Spec
from sempairs.pairs.arms import prove_match
from sempairs.pairs.mining import Features, mine
from sempairs.pairs.mining.nearest import nearest_neighbours
from sempairs.pairs.pairset import PairSet
from sempairs.pairs.rules import identity
from sempairs.review import session
from sempairs.review.base import VERDICTS, Verdict
from sempairs.review.outcome import UNJUDGED
from sempairs.study import curation
from sempairs.study.curation import curated

N, K = 120, 4
ACCEPT, REJECT = VERDICTS.index(Verdict.accept), VERDICTS.index(Verdict.reject)


@pytest.fixture(scope="module")
def pool():
    return made_source(N, classes=4, size=4)


def seen(pool, noise=1.0, dim=12, seed=0):
    """Features in which the images of a class lie around one of four axes; at noise 1 a fourth of them misleads."""
    values = rng("seen", seed).normal(0, noise, (len(pool), dim))
    values[np.arange(len(pool)), pool.labels] += 2.0
    return Features(pool.ids, values.astype(np.float32), "an encoder")


def mined(pool, features, k=K):
    spec = Spec(name="nearest", options={"k": k})
    return mine(pool, features, lambda found: nearest_neighbours(found, k=k), spec)


@pytest.fixture(scope="module")
def features(pool):
    return seen(pool)


@pytest.fixture(scope="module")
def proposals(pool, features):
    return mined(pool, features)


def rows_of(pairs, pool):
    """For each image its proposals as (partner, similarity, right), in their order."""
    found = {image: [] for image in range(len(pool))}
    for (left, right), score in zip(pairs.positions(pool).tolist(), pairs.column("similarity"), strict=True):
        found[left].append((right, float(score), bool(pool.labels[left] == pool.labels[right])))
    return found


def test_people_who_judge_all_and_never_err_give_each_image_a_right_proposal_if_it_has_one(pool, features, proposals):
    found = curated(pool, proposals, features, judgements=10_000, misses=0.0, alarms=0.0)
    for (left, right), rule in zip(found.pairs.positions(pool).tolist(), found.pairs.column("rule"), strict=True):
        wanted = [partner for partner, _, is_right in rows_of(proposals, pool)[left] if is_right]
        assert (right, rule) == ((left, "identity") if not wanted else (right, "judged"))
        assert right in [*wanted, left]
    couples = {frozenset(couple) for couple in proposals.positions(pool).tolist()}
    right = [couple for couple in couples if len({int(pool.labels[image]) for image in couple}) == 1]
    assert (found.judged, found.accepted) == (len(couples), len(right))  # proposed both ways, judged once
    assert found.judged < len(proposals)
    assert 0.5 < found.purity_before < found.purity_after == 1.0


def test_the_best_proposal_is_taken_in_the_order_of_the_definition(pool, features, proposals, monkeypatch):
    """Against a loop: accepted before modelled, then by probability, then by similarity; rejected ones never."""
    random = rng("verdicts")
    told = {}

    def judge(pairs, *others):
        n = len(pairs)
        told["verdict"] = random.choice([ACCEPT, REJECT, UNJUDGED], n, p=[0.2, 0.3, 0.5]).astype(np.int64)
        told["p"] = random.choice([0.2, 0.5, 0.7, 0.9], n)  # few values, so that similarity decides too
        told["row"] = {frozenset(couple): row for row, couple in enumerate(pairs.positions(pool).tolist())}
        return told["verdict"], told["p"]

    monkeypatch.setattr(curation, "_judge", judge)
    for least in (0.0, 0.5, 0.8):
        found = curated(pool, proposals, features, least=least)
        chosen = found.pairs.positions(pool).tolist()
        for image, candidates in rows_of(proposals, pool).items():
            best, rule = None, "identity"
            for partner, similarity, _ in candidates:
                row = told["row"][frozenset((image, partner))]
                verdict, p = told["verdict"][row], told["p"][row]
                if verdict == REJECT or (verdict == UNJUDGED and p < least):
                    continue
                key = (verdict == ACCEPT, p, similarity)
                if best is None or key > best[0]:
                    best, rule = (key, partner), "judged" if verdict == ACCEPT else "modelled"
            assert chosen[image] == [image, image if best is None else best[1]]
            assert found.pairs.column("rule")[image] == rule
        assert found.partners == sum(left != right for left, right in chosen)
    assert set(found.pairs.column("rule")) == {"judged", "modelled", "identity"}


def test_purity_is_that_of_the_nearest_proposals_before_and_of_the_pairs_of_two_images_after(pool, features, proposals):
    found = curated(pool, proposals, features, judgements=40, seed=2)
    nearest = [max(candidates, key=lambda one: one[1])[2] for candidates in rows_of(proposals, pool).values()]
    assert found.purity_before == pytest.approx(np.mean(nearest))
    left, right = found.pairs.positions(pool).T
    pairs = left != right
    assert 0 < pairs.sum() == found.partners
    assert found.purity_after == pytest.approx(np.mean(pool.labels[left[pairs]] == pool.labels[right[pairs]]))
    assert found.judged == 40
    given = np.array([math.nan if value is None else value for value in found.pairs.column("similarity")], dtype=float)
    assert np.array_equal(np.isnan(given), ~pairs)


def test_the_arm_is_matched_says_who_judged_and_survives_a_file(pool, features, proposals, tmp_path):
    pairs = curated(pool, proposals, features, judgements=30, misses=0.1, alarms=0.05, seed=3).pairs
    (proof,) = prove_match({"augmented": identity(pool), "curated": pairs}, pool)[1:]
    assert (proof.pairs, proof.same_images) == (N, True)
    options = {"judgements": 30, "misses": 0.1, "alarms": 0.05, "least": 0.5, "seed": 3}
    assert pairs.origin.rule == Spec(name="curated", options={"people": "simulated", **options})
    assert (pairs.origin.parents, pairs.origin.encoder) == ((proposals.hash,), "an encoder")
    assert set(pairs.column("verdict")) == {None}  # nobody may take a simulated verdict for a person's
    pairs.save(tmp_path / "curated.parquet")
    assert PairSet.load(tmp_path / "curated.parquet").hash == pairs.hash


def test_any_partner_is_drawn_from_all_that_may_be_taken(pool, features, proposals):
    def partners(seed, **options):
        found = curated(pool, proposals, features, judgements=200, misses=0.0, alarms=0.0, seed=seed, **options)
        return found.pairs.positions(pool)[:, 1]

    drawn = np.stack([partners(seed, least=0.0, choose="any") for seed in range(30)])
    rows = rows_of(proposals, pool)
    for image, candidates in rows.items():
        assert set(drawn[:, image]) <= {partner for partner, *_ in candidates} | {image}
    # At least 0.0, whatever nobody judged may be taken: a right proposal always, and each one sooner or later.
    right = {image: [partner for partner, _, is_right in rows[image] if is_right] for image in rows}
    assert np.mean([len(set(drawn[:, i]) & set(right[i])) == len(right[i]) for i in rows]) > 0.9
    best = np.stack([partners(seed, least=0.0) for seed in range(3)])
    similarity = {i: {partner: score for partner, score, _ in rows[i]} | {i: np.nan} for i in rows}
    mean = [np.nanmean([similarity[i][b] for row in of for i, b in enumerate(row)]) for of in (drawn, best)]
    assert mean[0] < mean[1]


def test_so_many_proposals_of_each_image_come_before_people(pool, features, proposals):
    found = curated(pool, proposals, features, judgements=10_000, of_each=2)
    assert found.judged < len(proposals) / 2 + 1
    assert found.pairs.origin.parents != (proposals.hash,)
    everything = curated(pool, proposals, features, judgements=30, of_each=K).pairs
    assert everything.column("pair_id").tolist() == curated(
        pool, proposals, features, judgements=30).pairs.column("pair_id").tolist()  # fmt: skip


def test_a_seed_gives_the_same_pairs_and_another_seed_others(pool, features, proposals):
    hashes = [curated(pool, proposals, features, judgements=60, seed=seed).pairs.hash for seed in (1, 1, 2)]
    assert hashes[0] == hashes[1] != hashes[2]


def test_only_the_people_know_the_labels(pool, features, proposals, monkeypatch):
    names = []
    make = session.make_candidates

    def spied(*arguments):
        candidates, strata = make(*arguments)
        names.extend([*candidates.name, *(stratum.name for stratum in strata)])
        return candidates, strata

    monkeypatch.setattr(session, "make_candidates", spied)
    before = curated(pool, proposals, features, judgements=60).pairs
    assert set(names) == {""}
    # Other names and numbers of the same classes: whatever came from them would change the order.
    turned = dataclasses.replace(pool, labels=(pool.labels * 3 + 1) % 4, label_names=("d", "c", "b", "a"))
    after = curated(turned, proposals, features, judgements=60).pairs
    np.testing.assert_array_equal(after.positions(pool), before.positions(pool))


def test_judgements_help_where_the_model_can_learn_from_them():
    """Two of four classes lie on one another: half of their proposals are false, and people find out which half of the
    features that is. The other proposals are right nearly always."""
    gains, dropped = [], []
    for seed in range(4):
        pool = made_source(400, classes=4, size=4, seed=seed)
        values = rng("near", seed).normal(0, 0.35, (400, 4))
        values[np.arange(400), np.maximum(pool.labels, 1)] += 1.0  # classes 0 and 1 share an axis
        features = Features(pool.ids, values.astype(np.float32), "an encoder")
        found = curated(pool, mined(pool, features), features, judgements=150, least=0.7, seed=seed)
        of_near = np.isin(pool.labels, [0, 1])
        keeps_itself = found.pairs.column("rule") == "identity"
        dropped.append((keeps_itself[of_near].mean(), keeps_itself[~of_near].mean()))
        gains.append(found.purity_after - found.purity_before)
    assert min(gains) > 0
    near, others = np.mean(dropped, axis=0)
    assert near > 2 * others  # measured: .49 and .11


def test_without_features_the_similarity_of_the_proposals_must_do(pool, proposals):
    found = curated(pool, proposals, None, judgements=60)
    assert found.judged == 60
    assert found.partners > N / 2


def test_an_image_without_a_proposal_keeps_itself(pool, features):
    left, right = np.array([0, 0, 5]), np.array([4, 8, 9])  # all of one class each
    few = PairSet.make(pool, left, right, Spec(name="few"), similarity=np.array([0.5, 0.9, 0.7]))
    found = curated(pool, few, features, judgements=10, misses=0.0, alarms=0.0)
    positions = found.pairs.positions(pool)
    assert positions[5].tolist() == [5, 9]
    assert positions[0, 1] in (4, 8)
    assert (positions[:, 0] != positions[:, 1]).sum() == found.partners == 2


def test_people_who_reject_all_leave_nothing_but_the_baseline(pool, features, proposals):
    found = curated(pool, proposals, features, judgements=10_000, misses=0.0, alarms=1.0)
    assert (found.accepted, found.partners) == (0, 0)
    assert found.pairs.column("pair_id").tolist() == identity(pool).column("pair_id").tolist()
    assert math.isnan(found.purity_after)


def test_what_does_not_belong_together_is_refused(pool, features, proposals):
    with pytest.raises(UserError, match="a simulated curation needs labels"):
        curated(dataclasses.replace(pool, labels=None, label_names=()), proposals, features)
    with pytest.raises(UserError, match="the features are not those of"):
        curated(pool, proposals, features.take(np.arange(50)))
    with pytest.raises(UserError, match="does not have"):
        curated(pool.take(np.arange(50)), proposals, None)
