"""The comparison of a study against answers worked out by hand, by closed forms and by scipy."""

import dataclasses
import json
import math
import tomllib
from importlib.resources import files

import numpy as np
import pytest
from scipy import stats

from sempairs.evaluation.base import Score
from sempairs.study.compare import Comparison, Line, compare
from sempairs.study.matrix import Study, StudyFile
from sempairs.study.results import Result

DEMO = tomllib.loads(files("sempairs.study").joinpath("demo.toml").read_text())
STUDY = Study(StudyFile.model_validate_json(json.dumps(DEMO)))
# Outcomes of four test items for each of three seeds; a score is their mean, so 50, 60 and 70 for the baseline.
BASE = np.array([[40.0, 60.0, 50.0, 50.0], [70.0, 50.0, 60.0, 60.0], [60.0, 80.0, 70.0, 70.0]])
# 3, 4 and 5 points above it.
BETTER = BASE + np.array([[3.0], [4.0], [5.0]]) + np.array([1.0, -1.0, 2.0, -2.0])
# With 2 degrees of freedom Student's t has closed forms: the 95% quantile is .95 sqrt(2 / (1 - .95^2)) = 4.302653, and
# P(|T| > t) = 1 - t / sqrt(2 + t^2). The differences 3, 4, 5 have mean 4 and standard error 1 / sqrt(3).
REACH = 0.95 * math.sqrt(2 / (1 - 0.95**2)) / math.sqrt(3)
T = 4 * math.sqrt(3)
P = 1 - T / math.sqrt(2 + T**2)


def result(arm: str, seed: int, outcomes: np.ndarray, data: str = "garments", metric: str = "knn") -> Result:
    value = float(outcomes.mean())
    score = Score(metric, value, 4, "test images", (0.0, 100.0), "the protocol", outcomes=outcomes)
    return Result(arm, "simclr", seed, data, "run", score)


def results(outcomes: dict[str, np.ndarray], **where: str) -> list[Result]:
    """Seed by seed, as a study runs; arms that are not named score as the baseline does."""
    arms = {arm: outcomes.get(arm, BASE[: len(next(iter(outcomes.values())))]) for arm in DEMO["arms"]}
    seeds = range(len(next(iter(arms.values()))))
    return [result(arm, seed, own[seed], **where) for seed in seeds for arm, own in arms.items()]


def line_of(comparison: Comparison, arm: str, data: str = "garments") -> Line:
    (line,) = (line for line in comparison.lines if line.arm == arm and line.data == data)
    return line


def test_three_seeds_give_the_paired_t_interval() -> None:
    line = line_of(compare(results({"semantic": BETTER}), STUDY), "semantic")
    assert line.values == pytest.approx((53.0, 64.0, 75.0))
    assert line.seeds == (0, 1, 2)
    assert line.mean == pytest.approx(64.0)
    assert line.difference == pytest.approx(4.0)
    assert line.difference_interval == pytest.approx((4 - REACH, 4 + REACH))
    assert line.p == pytest.approx(P)
    assert line.relative == pytest.approx(100 * 4 / 60)
    assert line.verdict == "higher"
    assert (line.unit, line.n, line.over, line.protocol) == ("%", 4, "test images", "the protocol")


def test_the_interval_of_the_mean_is_wider_than_that_of_the_difference() -> None:
    line = line_of(compare(results({"semantic": BETTER}), STUDY), "semantic")
    # 53, 64, 75: standard deviation 11, so the interval is 64 ± 4.302653 x 11 / sqrt(3). Pairing by seed takes the
    # spread between seeds out of the difference.
    assert line.interval == pytest.approx((64 - 11 * REACH, 64 + 11 * REACH))


def test_items_interval_averages_the_seeds_of_each_item_first() -> None:
    line = line_of(compare(results({"semantic": BETTER}), STUDY), "semantic")
    # Mean over seeds of each item's difference: 4 + (1, -1, 2, -2) = 5, 3, 6, 2.
    expected = stats.ttest_1samp([5.0, 3.0, 6.0, 2.0], 0).confidence_interval(0.95)
    assert line.items_interval == pytest.approx((expected.low, expected.high))


@pytest.mark.parametrize(
    ("above", "verdict"),
    [
        ((3, 4, 5), "higher"),
        ((-3, -4, -5), "lower"),
        ((-1, 1, 3), "undecided"),
        ((0, 0, 0), "undecided"),
        ((2, 2, 2), "higher"),
    ],
)
def test_the_verdict_is_whether_the_interval_excludes_zero(above: tuple[int, int, int], verdict: str) -> None:
    # (-1, 1, 3) has mean 1 and standard error 2 / sqrt(3): 1 ± 4.97 holds zero. (2, 2, 2) has no spread at all.
    own = BASE + np.array(above, dtype=float)[:, None]
    assert line_of(compare(results({"semantic": own}), STUDY), "semantic").verdict == verdict


def test_the_baseline_is_compared_with_nothing() -> None:
    line = line_of(compare(results({"semantic": BETTER}), STUDY), "augmented")
    assert line.verdict == "baseline"
    assert line.difference is line.difference_interval is line.p is line.p_holm is line.items_interval is None
    assert line.relative is None
    assert line.interval == pytest.approx((60 - 10 * REACH, 60 + 10 * REACH))  # 50, 60, 70: standard deviation 10


def test_one_seed_gives_a_difference_and_items_but_nothing_over_seeds() -> None:
    line = line_of(compare(results({"semantic": BETTER[:1]}), STUDY), "semantic")
    assert line.difference == pytest.approx(3.0)
    assert line.interval is line.difference_interval is line.p is line.p_holm is None
    assert line.verdict == "undecided"
    assert line.items_interval is not None


def test_holm_corrects_over_all_comparisons_of_the_study() -> None:
    both = results({"semantic": BETTER, "mined": BASE + np.array([[-1.0], [1.0], [3.0]])})
    both += results({"semantic": BETTER}, data="digits")
    comparison = compare(both, STUDY)
    tested = [line for line in comparison.lines if line.p is not None]
    assert len(tested) == 2 * 3  # two data sets, three arms beside the baseline
    # The smallest p, that of semantic pairs on both data sets, is multiplied by 6 and by 5; the larger product holds.
    assert line_of(comparison, "semantic").p_holm == pytest.approx(6 * P)
    assert line_of(comparison, "semantic", "digits").p_holm == pytest.approx(6 * P)
    # (-1, 1, 3): t = sqrt(3) / 2, p = 1 - t / sqrt(2 + t^2) = .478, times 4 is above 1. No difference at all: p = 1.
    assert line_of(comparison, "mined").p == pytest.approx(1 - math.sqrt(0.75 / 2.75))
    assert line_of(comparison, "mined").p_holm == line_of(comparison, "random").p_holm == 1.0


def test_lines_come_in_the_order_of_the_study_file() -> None:
    pairs = [*results({"semantic": BETTER}), *results({"semantic": BETTER}, data="digits")]
    shuffled = [one for seed in range(3) for one in reversed([r for r in pairs if r.seed == seed])]
    arms = [line.arm for line in compare(shuffled, STUDY).lines]
    assert arms == ["augmented", "semantic", "mined", "random"] * 2


def test_a_comparison_survives_json() -> None:
    comparison = compare(results({"semantic": BETTER}), STUDY)
    text = json.dumps(comparison.to_json(), allow_nan=False)
    assert Comparison.from_json(json.loads(text)) == comparison


def turned(direction: str, outcomes: np.ndarray = BETTER) -> Line:
    """The line of semantic pairs, 3, 4 and 5 above the baseline, in a number of this direction."""
    lines = results({"semantic": outcomes})
    lines = [dataclasses.replace(one, score=dataclasses.replace(one.score, direction=direction)) for one in lines]
    return line_of(compare(lines, STUDY), "semantic")


def test_a_number_that_should_be_low_is_a_loss_when_it_is_higher() -> None:
    line = turned("lower")
    assert line.verdict == "higher"  # a fact, not a judgement
    gain = line.as_gain
    assert gain.metric == "less knn"
    assert gain.verdict == "lower"
    assert gain.difference == pytest.approx(-4.0)
    assert gain.difference_interval == pytest.approx((-4 - REACH, -4 + REACH))
    assert gain.relative == pytest.approx(-100 * 4 / 60)
    assert gain.p == line.p
    assert turned("higher").as_gain == turned("higher")


def test_a_number_that_describes_is_not_tested() -> None:
    line = turned("neither")
    assert line.difference_interval == pytest.approx((4 - REACH, 4 + REACH))
    assert line.p is None
    assert line.p_holm is None


def test_numbers_without_outcomes_are_compared_over_seeds_alone() -> None:
    lines = results({"semantic": BETTER})
    lines = [dataclasses.replace(one, score=dataclasses.replace(one.score, outcomes=np.empty(0))) for one in lines]
    line = line_of(compare(lines, STUDY), "semantic")
    assert line.items_interval is None
    assert line.difference_interval == pytest.approx((4 - REACH, 4 + REACH))
