import numpy as np

from sempairs.core.seeds import rng
from sempairs.review.strata import FEWEST, stratify


def test_each_class_is_cut_into_bins_of_equal_numbers_from_the_least_similar_up():
    name = np.repeat(np.array(["b", "a"], dtype=object), 400)
    similarity = rng("strata").random(800)
    number, strata = stratify(name, similarity, 4)
    assert [(s.number, s.name, s.pairs) for s in strata] == [(i, "ab"[i // 4], 100) for i in range(8)]
    for stratum in strata:
        inside = similarity[number == stratum.number]
        assert (stratum.low, stratum.high) == (inside.min(), inside.max())
        assert set(name[number == stratum.number]) == {stratum.name}
    highs = [s.high for s in strata[:4]]
    assert highs == sorted(highs)


def test_a_small_class_gets_fewer_bins_and_ties_are_never_torn_apart():
    name = np.array(["small"] * (2 * FEWEST - 1) + ["tied"] * 400, dtype=object)
    similarity = np.concatenate([np.linspace(0, 1, 2 * FEWEST - 1), np.full(400, 0.5)])
    _, strata = stratify(name, similarity, 4)
    assert [(s.name, s.pairs) for s in strata] == [("small", 2 * FEWEST - 1), ("tied", 400)]


def test_pairs_without_a_similarity_are_a_stratum_of_their_own():
    name = np.full(300, "", dtype=object)
    similarity = np.where(np.arange(300) < 100, np.nan, np.linspace(0, 1, 300))
    number, strata = stratify(name, similarity, 2)
    assert [(s.pairs, s.low is None, s.high is None) for s in strata] == [
        (100, False, False), (100, False, False), (100, True, True)
    ]  # fmt: skip
    assert (number[:100] == 2).all()
