"""Simulated studies whose truth is known: intervals hold planted effects, tests of nothing find nothing, power is kept.

A seed's noise is shared by all its runs (the same images, the same order), each run adds its own. In points.
"""

import math

import numpy as np
import pytest
from jaxtyping import Float
from scipy import stats

from sempairs.core.seeds import rng
from sempairs.statistics import (
    compare_ranks,
    difference_of_differences,
    equivalence_p,
    holm,
    paired_difference,
    pooled_difference,
    power_of,
    sign_flip_test,
    t_interval,
)

STUDIES = 1000
SEED_NOISE, RUN_NOISE = 4.0, 0.5
SPREAD = RUN_NOISE * math.sqrt(2)  # of the difference of two runs of one seed


def studies(name: str, effects: list[float], seeds: int, count: int = STUDIES) -> Float[np.ndarray, "studies arms s"]:
    """Values of simulated studies: the arm, with its planted effect, and each seed of it."""
    random = rng("planted", name, seeds)
    shared = random.normal(70, SEED_NOISE, size=(count, 1, seeds))
    return shared + random.normal(np.array(effects)[:, None], RUN_NOISE, size=(count, len(effects), seeds))


def off(share: float, times: int = STUDIES) -> float:
    """Four standard deviations (p = 6e-5) of a share that is measured `times` times."""
    return 4 * math.sqrt(share * (1 - share) / times)


@pytest.mark.parametrize(("effect", "seeds"), [(1.5, 3), (0.6, 5)])
def test_the_interval_of_a_paired_difference_holds_the_effect_and_its_test_has_the_power_said(effect, seeds):
    found = [paired_difference(semantic, base) for base, semantic in studies("effect", [0.0, effect], seeds)]
    assert np.mean([effect in each for each in found]) == pytest.approx(0.95, abs=off(0.95))
    power = power_of(effect, SPREAD, seeds)
    assert 0.2 < power < 0.8
    assert np.mean([each.p <= 0.05 for each in found]) == pytest.approx(power, abs=off(power))
    # The verdict "higher" is the same statement as p <= .05 with the sign: it is never turned round here.
    assert not any(each.high < 0 for each in found)


def test_without_pairing_the_same_effect_is_hardly_seen():
    values = studies("effect", [0.0, 1.5], 3)
    unpaired = stats.ttest_ind(values[:, 1], values[:, 0], axis=1).pvalue <= 0.05
    paired = [paired_difference(semantic, base).p <= 0.05 for base, semantic in values]
    assert unpaired.mean() < 0.1 < np.mean(paired)


@pytest.mark.parametrize(("seeds", "level"), [(3, 0.0), (5, 0.0), (6, 2 / 64), (8, 12 / 256)])
def test_the_sign_flip_test_rejects_nothing_as_often_as_its_steps_allow(seeds, level):
    # p is a multiple of 2 / 2^n: the largest one up to .05 is the level that the test really has.
    rejected = [sign_flip_test(arm - base) <= 0.05 for base, arm in studies("null", [0.0, 0.0], seeds)]
    assert np.mean(rejected) == pytest.approx(level, abs=off(level))


def test_the_t_test_rejects_nothing_5_times_in_100():
    rejected = [paired_difference(arm, base).p <= 0.05 for base, arm in studies("null t", [0.0, 0.0], 3)]
    assert np.mean(rejected) == pytest.approx(0.05, abs=off(0.05))


@pytest.mark.parametrize("effects", [[0.0] * 6, [0.0, 0.0, 0.0, 0.0, 3.0, 3.0]])
def test_a_family_with_one_baseline_makes_a_false_discovery_5_times_in_100_at_most(effects):
    """The comparisons are not independent, since all have one baseline; Holm's correction does not need that."""
    is_null, times = np.array(effects) == 0, 600
    plain = corrected = 0
    for base, *arms in studies("family", [0.0, *effects], 5, times):
        p = np.array([paired_difference(arm, base).p for arm in arms])
        plain += (p[is_null] <= 0.05).any()
        corrected += (holm(p)[is_null] <= 0.05).any()
    assert corrected / times <= 0.05 + off(0.05, times)
    assert plain / times > 0.1  # what it corrects


def test_a_family_of_sign_flip_tests_keeps_its_promise_too():
    false = 0
    for base, *arms in studies("family of flips", [0.0] * 4, 9, 500):
        false += (holm([sign_flip_test(arm - base) for arm in arms]) <= 0.05).any()
    assert false / 500 <= 0.05 + off(0.05, 500)


def test_the_interval_of_an_interaction_holds_the_planted_one():
    # Gains of 2.0 under full augmentation and 0.8 without: the interaction is 1.2, and 4 runs add their noise.
    found = [
        difference_of_differences(a1, b1, a0, b0)
        for b1, a1, b0, a0 in studies("interaction", [0.0, 2.0, -5.0, -4.2], 4)
    ]
    assert np.mean([1.2 in each for each in found]) == pytest.approx(0.95, abs=off(0.95))
    power = power_of(1.2, 2 * RUN_NOISE, 4)
    assert np.mean([each.p <= 0.05 for each in found]) == pytest.approx(power, abs=off(power))


def of_cells(effect: float, seeds: int, cells: int) -> Float[np.ndarray, "studies s cells"]:
    """Differences of one arm in many cells: a seed's pairs help or harm all its cells together."""
    random = rng("cells", seeds, cells)
    together = random.normal(effect, 0.5, size=(STUDIES, seeds, 1))
    return together + random.normal(0, 0.5, size=(STUDIES, seeds, cells))


def test_pooled_over_cells_the_effect_is_held_only_if_seeds_are_counted():
    values = of_cells(1.0, 4, 8)
    pooled = [1.0 in pooled_difference(study) for study in values]
    as_if_independent = [1.0 in t_interval(study.ravel()) for study in values]
    assert np.mean(pooled) == pytest.approx(0.95, abs=off(0.95))
    # Its error is √(.5 / 32) = .125, the true one √((.25 + .25 / 8) / 4) = .265: ±2.04 · .125 holds the normal .66.
    assert np.mean(as_if_independent) < 0.72


def test_flipping_the_cells_of_a_seed_together_keeps_the_level_and_one_by_one_does_not():
    values = of_cells(0.0, 6, 3)
    together = [sign_flip_test(study) <= 0.05 for study in values]
    one_by_one = [sign_flip_test(study.ravel()) <= 0.05 for study in values[:300]]
    assert np.mean(together) == pytest.approx(2 / 64, abs=off(2 / 64))
    # Taken for 18 chances the error is √(.5 / 18), the true one √2 times that: about P(|z| > 1.96 / √2) = .17 of tests.
    assert np.mean(one_by_one) > 0.05 + off(0.05, 300)


def test_equivalence_is_claimed_of_a_difference_that_matters_5_times_in_100():
    # The true difference is exactly the margin: the worst case of the procedure.
    claimed = [equivalence_p(arm - base, 1.5) <= 0.05 for base, arm in studies("margin", [0.0, 1.5], 5)]
    assert np.mean(claimed) == pytest.approx(0.05, abs=off(0.05))
    # And with no difference at all it is mostly claimed: the margin is 4.7 standard errors away.
    claimed = [equivalence_p(arm - base, 1.5) <= 0.05 for base, arm in studies("alike", [0.0, 0.0], 5)]
    assert np.mean(claimed) > 0.9


@pytest.mark.parametrize(("arms", "sets"), [(3, 3), (5, 6)])
def test_ranks_of_equal_arms_are_told_apart_5_times_in_100_at_most(arms, sets):
    names, times = tuple("abcde"[:arms]), 100
    found = [compare_ranks(each, names) for each in rng("ranks null", arms).normal(size=(times, sets, arms))]
    assert np.mean([each.p <= 0.05 for each in found]) <= 0.05 + off(0.05, times)
    assert np.mean([[len(clique) for clique in each.cliques] != [arms] for each in found]) <= 0.05 + off(0.05, times)


def test_an_arm_that_is_better_on_every_data_set_ends_alone_in_front():
    # Levels of data sets are 30 points apart, which ranks do not see; the arm is 2 points (4 times the noise) ahead.
    random = rng("ranks effect")
    for _ in range(20):
        values = random.uniform(50, 80, size=(12, 1)) + random.normal([0, 0, 0, 2], RUN_NOISE, size=(12, 4))
        found = compare_ranks(values, ["a", "b", "c", "ahead"])
        assert found.p < 0.01
        assert np.argmin(found.ranks) == 3
        assert sum("ahead" in clique for clique in found.cliques) <= 1
