import numpy as np
import pytest
from scipy.stats import binomtest

from sempairs.core.errors import UserError
from sempairs.core.seeds import rng
from sempairs.pairs.calibrate import calibrate


def world(n: int = 20_000) -> tuple[np.ndarray, np.ndarray]:
    """Pairs that are right with a probability that rises from .5 to 1 with their similarity."""
    random = rng("calibrate world")
    similarity = random.random(n)
    return similarity, random.random(n) < 0.5 + 0.5 * similarity


def drawn(n: int, count: int, draw: int) -> np.ndarray:
    judged = np.zeros(n, dtype=bool)
    judged[rng("calibrate draw", draw).choice(n, count, replace=False)] = True
    return judged


def test_each_step_counts_its_part_of_the_sample():
    similarity, right = world()
    judged = drawn(len(right), 500, 0)
    found = calibrate(similarity, judged, right, wanted=0.8)
    assert [step.similarity for step in found.steps] == sorted((s.similarity for s in found.steps), reverse=True)
    for step in found.steps:
        keep = similarity >= step.similarity
        k, n = int(right[keep & judged].sum()), int((keep & judged).sum())
        assert (step.judged, step.kept) == (n, keep.mean())
        two_sided = binomtest(k, n).proportion_ci(0.95, "exact")
        one_sided = binomtest(k, n, alternative="greater").proportion_ci(0.95, "exact")
        assert (step.precision, step.low, step.high) == pytest.approx((k / n, two_sided.low, two_sided.high))
        assert step.bound == pytest.approx(one_sided.low)
    assert found.steps[-1].judged == 500


def test_the_chosen_step_is_the_last_before_the_first_failure():
    similarity, right = world()
    found = calibrate(similarity, drawn(len(right), 500, 0), right, wanted=0.8)
    assert found.chosen is not None
    place = found.steps.index(found.chosen)
    assert all(step.bound >= 0.8 for step in found.steps[: place + 1])
    assert found.steps[place + 1].bound < 0.8


def test_the_promise_holds_as_often_as_it_says():
    """400 samples: the share of broken promises is at most .05, give or take its standard deviation of .011."""
    similarity, right = world()
    broken = given = 0
    for draw in range(400):
        chosen = calibrate(similarity, drawn(len(right), 300, draw), right, wanted=0.85).chosen
        if chosen is not None:
            given += 1
            broken += right[similarity >= chosen.similarity].mean() < 0.85
    assert given > 200  # it is not kept by promising nothing
    assert broken / 400 <= 0.05 + 2 * 0.011


def test_a_perfect_sample_keeps_everything_and_a_wrong_one_nothing():
    similarity, _ = world(1000)
    judged = drawn(1000, 100, 0)
    chosen = calibrate(similarity, judged, np.ones(1000, dtype=bool)).chosen
    assert chosen is not None
    assert chosen.similarity == similarity[judged].min()
    assert calibrate(similarity, judged, np.zeros(1000, dtype=bool)).chosen is None


def test_verdicts_outside_the_sample_are_not_read():
    similarity, right = world(2000)
    judged = drawn(2000, 200, 0)
    assert calibrate(similarity, judged, right) == calibrate(similarity, judged, right & judged)


def test_a_sample_too_small_to_promise_anything_is_refused():
    similarity, right = world(1000)
    # .95^58 = .051 > .05 > .95^59 = .048: 59 faultless judgements are the fewest that can promise 95%.
    with pytest.raises(UserError, match=r"needs 59 judged pairs(?s:.*)got: 58"):
        calibrate(similarity, drawn(1000, 58, 0), right)
    calibrate(similarity, drawn(1000, 59, 0), right)


@pytest.mark.parametrize("options", [{"wanted": 1.0}, {"wanted": 0.0}, {"confidence": 1.0}])
def test_shares_out_of_range_are_refused(options):
    similarity, right = world(1000)
    with pytest.raises(UserError, match="between 0 and 1"):
        calibrate(similarity, right, right, **options)
