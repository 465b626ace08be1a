import dataclasses

import numpy as np
import pyarrow as pa
import pytest

from made import made_source
from sempairs.core.errors import UserError
from sempairs.core.seeds import rng
from sempairs.core.settings import Spec
from sempairs.pairs.mining import Features
from sempairs.pairs.pairset import SCHEMA, PairSet
from sempairs.review.candidates import make_candidates
from sempairs.review.pair_features import pair_features
from sempairs.review.settings import ReviewSettings

SOURCE = made_source(60)
POSITIONS = np.arange(60, dtype=np.int64)


def pairs(similarity: np.ndarray | None = None, group: np.ndarray | None = None, step: int = 1) -> PairSet:
    right = np.roll(POSITIONS, -step)
    return PairSet.make(SOURCE, POSITIONS, right, Spec(name="made"), similarity=similarity, group=group)


def answered(verdict: str | None) -> PairSet:
    """Ten gold questions with this answer."""
    table = pairs(step=7).table.slice(0, 10)
    column = pa.array([verdict] * 10, pa.string())
    return PairSet(table.set_column(SCHEMA.get_field_index("verdict"), SCHEMA.field("verdict"), column), pairs().origin)


def seen() -> Features:
    return Features(SOURCE.ids, rng("candidate features").normal(size=(60, 12)).astype(np.float32), "test")


def test_every_pair_has_its_own_place_in_the_random_order_and_gold_stands_last_without_one():
    made, strata = make_candidates(pairs(), SOURCE, ReviewSettings(), None, answered("reject"))
    assert sorted(made.chance[:60].tolist()) == list(range(60))
    assert made.chance[:60].tolist() != list(range(60))
    for column in (made.chance, made.stratum):
        assert (column[60:] == -1).all()
    assert (made.gold[:60] == -1).all()
    assert (made.gold[60:] == 0).all()  # VERDICTS: reject, accept, unsure
    assert sum(stratum.pairs for stratum in strata) == 60


def test_a_pair_stands_for_its_group_else_its_label_else_the_class_of_its_first_image():
    group = np.array(["ward"] * 5 + [None] * 55, dtype=object)
    made, _ = make_candidates(pairs(group=group), SOURCE, ReviewSettings())
    assert made.name[:5].tolist() == ["ward"] * 5
    assert made.name[5:8].tolist() == ["class 1", "class 2", "class 3"]  # classes take turns: 5 % 4 = 1
    nameless = dataclasses.replace(SOURCE, labels=None)
    assert set(make_candidates(pairs(), nameless, ReviewSettings())[0].name) == {""}  # no pair has a label


def test_the_random_order_depends_on_the_seed_and_on_no_image():
    first, second = (make_candidates(pairs(), SOURCE, ReviewSettings(seed=seed))[0].chance for seed in (0, 1))
    again = make_candidates(pairs(), SOURCE, ReviewSettings(seed=0), seen())[0].chance
    assert (first == again).all()
    assert (first != second).any()


def test_a_share_of_the_pairs_gets_several_votes():
    made, _ = make_candidates(pairs(), SOURCE, ReviewSettings(votes=3, votes_share=0.5), None, answered("accept"))
    assert set(made.wanted[:60].tolist()) == {1, 3}
    assert 18 <= (made.wanted[:60] == 3).sum() <= 42  # 30 expected, deviation 3.9
    assert (made.wanted[60:] == 1).all()


def test_columns_are_standardised_and_hold_no_similarity_that_is_not_known():
    similarity = np.where(POSITIONS < 30, np.nan, np.linspace(0, 1, 60))
    positions = pairs().positions(SOURCE)
    for features in (None, seen()):
        found = pair_features(similarity, positions, features)
        assert np.isfinite(found).all()
        assert found.mean(axis=0) == pytest.approx(0, abs=1e-5)
        assert all(spread == pytest.approx(1, abs=1e-4) or spread == 0 for spread in found.std(axis=0))
    assert pair_features(similarity, positions, None)[:30, 0] == pytest.approx(0, abs=1e-6)  # the mean stands in


def test_the_neighbourhood_of_a_pair_is_what_slow_counting_says():
    features, positions = seen(), pairs().positions(SOURCE)
    similarity = np.full(60, 0.5)
    columns = pair_features(similarity, positions, features)[:, 4:9]
    unit = features.values.astype(np.float64) / np.linalg.norm(features.values, axis=1, keepdims=True)
    cosine = np.round(unit @ unit.T, 6)
    np.fill_diagonal(cosine, -2)
    lists = np.argsort(-cosine, axis=1, kind="stable")[:, :20]
    slow = []
    for a, b in positions:
        ranks = [list(lists[x]).index(y) if y in lists[x] else 20 for x, y in ((a, b), (b, a))]
        margins = [cosine[a, b] - cosine[x, lists[x, -1]] for x in (a, b)]
        slow.append([*sorted(np.log1p(ranks)), *sorted(margins), len(set(lists[a]) & set(lists[b]))])
    expected = np.array(slow)
    expected = (expected - expected.mean(axis=0)) / expected.std(axis=0)
    assert columns == pytest.approx(expected, abs=1e-4)


def test_what_does_not_fit_together_is_refused():
    with pytest.raises(UserError, match="features are not those"):
        make_candidates(pairs(), SOURCE, ReviewSettings(), seen().take(np.arange(10)))
    with pytest.raises(UserError, match=r"needs its answer(?s:.*)got: 10 without"):
        make_candidates(pairs(), SOURCE, ReviewSettings(), None, answered(None))
