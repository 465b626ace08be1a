"""The comparison of a study against answers worked out by hand, by closed forms and by scipy."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from scipy import stats

from made_records import made_records, made_study
from sempairs.study.cells import Cell
from sempairs.study.compare import Comparison, Line, compare
from sempairs.study.records import Records, Value

# What the baseline scores with each seed, and the semantic arm of most tests: 3, 4 and 5 points above it.
BASE = (50.0, 60.0, 70.0)
BETTER = {"semantic": (3.0, 4.0, 5.0)}
# With 2 degrees of freedom Student's t has closed forms: the quantile of 1/2 + c/2 is c sqrt(2 / (1 - c^2)), which is
# 4.302653 for c = .95 and 2.919986 for c = .9, and P(|T| > t) = 1 - t / sqrt(2 + t^2). The differences 3, 4, 5 have
# mean 4, standard deviation 1 and standard error 1 / sqrt(3).
REACH = 0.95 * math.sqrt(2 / (1 - 0.95**2)) / math.sqrt(3)
REACH_90 = 0.9 * math.sqrt(2 / (1 - 0.9**2)) / math.sqrt(3)
T = 4 * math.sqrt(3)
P = 1 - T / math.sqrt(2 + T**2)


def records_of(
    above: Mapping[str, Sequence[float]] = BETTER,
    metric: str = "knn",
    made: Callable[[Cell], bool] = lambda cell: True,
    **study: Any,
) -> Records:
    """Records without chance: `BASE` and what an arm is above it, seed by seed; nothing for an arm without a name."""

    def gain(cell: Cell, data: str, metric: str) -> float:
        raised = BASE[cell.seed] + (above[cell.arm][cell.seed] if cell.arm in above else 0.0) - 80.0
        return -raised if metric == "corruption error" else raised  # the values of which are 80 minus the gain

    tables: dict[str, Any] = {"methods": ("simclr",), "data": ("garments",), **study}
    return made_records(made_study(**tables), gain=gain, metrics=(metric,), sd=0.0, shared=0.0, made=made)


def line_of(comparison: Comparison, arm: str = "semantic", against: str = "augmented", **place: str) -> Line:
    (line,) = (
        line
        for line in comparison.lines
        if (line.arm, line.against) == (arm, against) and all(getattr(line, k) == v for k, v in place.items())
    )
    return line


def refused(records: Records, arm: str = "semantic", against: str = "augmented") -> str:
    """Why this comparison is refused; sees that nothing is said of a difference."""
    line = line_of(compare(records), arm, against)
    assert line.difference is line.difference_interval is line.bootstrap_interval is line.relative is None
    assert line.p is line.p_permutation is line.p_holm is line.items_interval is line.reference is None
    assert line.detectable is line.equivalent_within is None
    assert line.differences == ()
    assert line.verdict == "undecided"
    return line.refused


def test_three_seeds_give_the_paired_t_interval() -> None:
    line = line_of(compare(records_of()))
    assert line.refused == ""
    assert line.values == pytest.approx((53.0, 64.0, 75.0))
    assert line.seeds == (0, 1, 2)
    assert line.mean == pytest.approx(64.0)
    assert line.differences == pytest.approx((3.0, 4.0, 5.0))
    assert line.difference == pytest.approx(4.0)
    assert line.difference_interval == pytest.approx((4 - REACH, 4 + REACH))
    assert line.p == pytest.approx(P)
    assert line.reference == pytest.approx(60.0)
    assert line.relative == pytest.approx(100 * 4 / 60)
    assert line.verdict == "higher"
    assert (line.unit, line.n, line.over, line.evaluation) == ("%", 10_000, "test images", "knn")
    assert line.protocol == "k-NN, k = 20"


def test_what_else_is_said_of_three_seeds() -> None:
    line = line_of(compare(records_of()))
    # Of the 8 sign vectors two, all plus and all minus, reach a sum of 12.
    assert line.p_permutation == 2 / 8
    # The farther end of the 90% interval: no difference larger than 4 + 2.92 / sqrt(3).
    assert line.equivalent_within == pytest.approx(4 + REACH_90)
    # The noncentral t with 2 degrees of freedom: a true difference of so many standard deviations has power .8.
    assert line.detectable is not None
    critical = stats.t.ppf(0.975, 2)
    upper, lower = (stats.nct.sf(critical, 2, sign * line.detectable * math.sqrt(3)) for sign in (1, -1))
    assert upper + lower == pytest.approx(0.8)
    # 27 ways to draw three of three again, of which one is (3, 3, 3): more than 2.5%, so the ends are 3 and 5.
    assert line.bootstrap_interval == pytest.approx((3.0, 5.0))


def test_the_interval_of_the_mean_is_wider_than_that_of_the_difference() -> None:
    # 53, 64, 75: standard deviation 11, so the interval is 64 ± 4.302653 x 11 / sqrt(3). Pairing by seed takes the
    # spread between seeds out of the difference.
    assert line_of(compare(records_of())).interval == pytest.approx((64 - 11 * REACH, 64 + 11 * REACH))


def test_the_interval_over_items_is_the_recorded_one() -> None:
    # `made_records` gives 0.7 to either side of the mean difference, which is 4.
    assert line_of(compare(records_of())).items_interval == pytest.approx((3.3, 4.7))
    without = replace(records_of(), items=())
    line = line_of(compare(without))
    assert line.items_interval is None
    assert line.difference_interval == pytest.approx((4 - REACH, 4 + REACH))


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
    assert line_of(compare(records_of({"semantic": above}))).verdict == verdict


def test_the_baseline_is_compared_with_nothing() -> None:
    line = line_of(compare(records_of()), "augmented", "")
    assert line.verdict == "baseline"
    assert line.difference is line.difference_interval is line.p is line.p_holm is line.items_interval is None
    assert line.relative is line.reference is None
    assert line.refused == ""
    assert line.interval == pytest.approx((60 - 10 * REACH, 60 + 10 * REACH))  # 50, 60, 70: standard deviation 10


def test_one_seed_gives_a_difference_and_items_but_nothing_over_seeds() -> None:
    line = line_of(compare(records_of(seeds=(0,))))
    assert line.difference == pytest.approx(3.0)
    assert line.interval is line.difference_interval is line.p is line.p_holm is line.p_permutation is None
    assert line.detectable is line.equivalent_within is line.bootstrap_interval is None
    assert line.verdict == "undecided"
    assert line.items_interval == pytest.approx((2.3, 3.7))


def test_a_share_of_nothing_is_not_known() -> None:
    # R2 and cosines may be zero or below, and then a percentage of them says nothing.
    records = records_of()
    lowered = tuple(replace(value, value=value.value - 60.0) for value in records.values)
    line = line_of(compare(replace(records, values=lowered)))
    assert line.reference == pytest.approx(0.0)
    assert line.relative is None
    assert line.difference == pytest.approx(4.0)


def test_holm_corrects_over_the_arms_methods_and_views_of_one_metric() -> None:
    above = {"semantic": (3.0, 4.0, 5.0), "mined": (-1.0, 1.0, 3.0)}
    comparison = compare(
        records_of(above, methods=("simclr", "byol"), views=("full", "none"), data=("garments", "digits"))
    )
    for data in ("garments", "digits"):
        family = [line for line in comparison.lines if line.p_holm is not None and line.data == data]
        assert len(family) == 3 * 2 * 2  # arms beside the baseline, methods, views
        # The smallest p, that of semantic pairs in all four conditions, times 12, 11, 10, 9; the largest product holds.
        for line in family:
            if line.arm == "semantic":
                assert line.p_holm == pytest.approx(12 * P)
        # (-1, 1, 3): t = sqrt(3) / 2, p = 1 - t / sqrt(2 + t^2) = .478, times 8 is above 1. No difference: p = 1.
        mined = next(line for line in family if line.arm == "mined")
        assert mined.p == pytest.approx(1 - math.sqrt(0.75 / 2.75))
        assert mined.p_holm == next(line for line in family if line.arm == "random").p_holm == 1.0


def test_contrasts_are_a_family_of_their_own() -> None:
    above = {"semantic": (3.0, 4.0, 5.0), "mined": (1.0, 1.0, 1.0)}
    comparison = compare(records_of(above, contrasts=[("semantic", "mined")]))
    contrast = line_of(comparison, "semantic", "mined")
    assert contrast.differences == pytest.approx((2.0, 3.0, 4.0))
    assert contrast.reference == pytest.approx(61.0)
    assert contrast.p_holm == contrast.p
    assert line_of(comparison).p_holm == pytest.approx(2 * P)  # of three, after mined, whose p is 0
    assert contrast.items_interval == pytest.approx((2.3, 3.7))


def test_lines_come_in_the_order_of_the_study_file() -> None:
    records = records_of(methods=("byol", "simclr"), data=("garments", "digits"), contrasts=[("semantic", "mined")])
    shuffled = replace(records, values=records.values[::-1], runs=records.runs[::-1])
    places = [(line.method, line.data, line.arm, line.against) for line in compare(shuffled).lines]
    assert places == [
        (method, data, arm, against)
        for method in ("byol", "simclr")
        for data in ("garments", "digits")
        for arm, against in (
            ("augmented", ""), ("semantic", "augmented"), ("mined", "augmented"), ("random", "augmented"),
            ("semantic", "mined"),
        )
    ]  # fmt: skip


def test_a_number_that_should_be_low_is_a_loss_when_it_is_higher() -> None:
    line = line_of(compare(records_of(metric="corruption error")))
    assert line.verdict == "higher"  # a fact, not a judgement
    gain = line.as_gain
    assert gain.metric == "less corruption error"
    assert gain.verdict == "lower"
    assert gain.differences == pytest.approx((-3.0, -4.0, -5.0))
    assert gain.difference == pytest.approx(-4.0)
    assert gain.difference_interval == pytest.approx((-4 - REACH, -4 + REACH))
    assert gain.bootstrap_interval == pytest.approx((-5.0, -3.0))
    assert gain.items_interval == pytest.approx((-4.7, -3.3))
    assert gain.relative == pytest.approx(-100 * 4 / 60)
    assert (gain.p, gain.equivalent_within) == (line.p, line.equivalent_within)
    higher = line_of(compare(records_of()))
    assert higher.as_gain == higher


def test_a_number_that_describes_is_not_tested() -> None:
    line = line_of(compare(records_of(metric="invariance rotation")))
    assert line.difference_interval == pytest.approx((4 - REACH, 4 + REACH))
    assert line.p is line.p_permutation is line.p_holm is None


def test_all_ways_of_measuring_are_counted() -> None:
    records = records_of()
    place = ("garments", "knn")
    several = replace(records.metrics[place], protocols=("l2 0.1", "l2 1", "l2 10"))
    line = line_of(compare(replace(records, metrics={place: several})))
    assert line.protocol == "l2 0.1 (and 2 variants)"


# What is refused, one condition at a time.


def test_runs_that_are_not_matched_are_refused() -> None:
    records = records_of()
    runs = tuple(
        replace(run, settings={**run.settings, "training": {**run.settings["training"], "batch_size": 64}})
        if (run.cell.arm, run.cell.seed) == ("semantic", 1)
        else run
        for run in records.runs
    )
    broken = replace(records, runs=runs)
    assert refused(broken) == "other training.batch_size: 64 and 128"
    assert line_of(compare(broken), "mined").refused == ""
    tested = [line for line in compare(broken).lines if line.p_holm is not None]
    assert {line.arm for line in tested} == {"mined", "random"}  # the family is what is compared


def made_but(*cells: tuple[str, int]) -> Callable[[Cell], bool]:
    return lambda cell: (cell.arm, cell.seed) not in cells


def test_a_seed_that_the_arm_lacks_refuses() -> None:
    records = records_of(made=made_but(("semantic", 1), ("semantic", 2)))
    assert refused(records) == "seeds 1 and 2 of semantic are missing"
    line = line_of(compare(records))
    assert (line.seeds, line.values) == ((0,), pytest.approx((53.0,)))


def test_a_seed_that_the_baseline_lacks_refuses() -> None:
    assert refused(records_of(made=made_but(("augmented", 0)))) == "seed 0 of augmented is missing"


def test_no_baseline_at_all_refuses() -> None:
    records = records_of(made=lambda cell: cell.arm != "augmented")
    assert refused(records) == "seeds 0, 1 and 2 of augmented are missing"


def test_an_arm_without_any_run_has_no_line_but_a_reason() -> None:
    comparison = compare(records_of(made=lambda cell: cell.arm != "mined"))
    assert [line.arm for line in comparison.lines] == ["augmented", "semantic", "random"]
    (mined,) = (one for one in comparison.matched if one.arm == "mined")
    assert mined.problems == ("seeds 0, 1 and 2 of mined are missing",)


def test_an_unfinished_study_compares_the_seeds_that_both_have() -> None:
    line = line_of(compare(records_of(made=lambda cell: cell.seed != 2)))
    assert (line.refused, line.seeds) == ("", (0, 1))
    assert line.differences == pytest.approx((3.0, 4.0))


def without(records: Records, arm: str, seed: int) -> tuple[Value, ...]:
    return tuple(value for value in records.values if (value.cell.arm, value.cell.seed) != (arm, seed))


def test_a_run_without_its_score_refuses() -> None:
    records = records_of()
    assert refused(replace(records, values=without(records, "semantic", 1))) == "seed 1 of semantic is missing"
    assert refused(replace(records, values=without(records, "augmented", 1))) == "seed 1 of augmented is missing"


@pytest.mark.parametrize("arm", ["semantic", "augmented"])
def test_a_score_of_another_run_than_the_recorded_one_refuses(arm: str) -> None:
    records = records_of()
    values = tuple(
        replace(value, run="0" * 16) if (value.cell.arm, value.cell.seed) == (arm, 2) else value
        for value in records.values
    )
    reason = f"the score of simclr on {arm} pairs, seed 2 is not of the run that is recorded"
    assert refused(replace(records, values=values)) == reason


def test_a_score_without_its_run_refuses() -> None:
    records = records_of()
    runs = tuple(run for run in records.runs if (run.cell.arm, run.cell.seed) != ("semantic", 0))
    score = "the score of simclr on semantic pairs, seed 0 is not of the run that is recorded"
    assert refused(replace(records, runs=runs)) == f"seed 0 of semantic is missing; {score}"


def test_a_contrast_is_refused_for_its_own_reasons() -> None:
    study = {"contrasts": [("semantic", "mined")]}
    records = records_of(made=made_but(("mined", 1)), **study)
    assert refused(records, "semantic", "mined") == "seed 1 of mined is missing"
    assert refused(records, "mined") == "seed 1 of mined is missing"
    assert line_of(compare(records)).refused == ""


# What a study does not plan is not missing.


def test_designs_decide_what_is_compared() -> None:
    study = made_study(
        methods=("simclr",), views=("full", "none"), data=("garments", "digits"),
        designs={
            "main": {"views": ["full"], "seeds": [0, 1]},
            "ablation": {"arms": ["augmented", "semantic"], "views": ["none"], "seeds": [0]},
            "more": {"arms": ["augmented", "semantic"], "views": ["full"], "seeds": [2]},
        },
    )  # fmt: skip
    digits = study.evaluate["digits"].model_copy(update={"designs": ("main",)})
    study = study.model_copy(update={"evaluate": {**study.evaluate, "digits": digits}})
    lines = compare(made_records(study, metrics=("knn",), sd=0.0, shared=0.0)).lines
    assert not any(line.refused for line in lines)
    seeds = {(line.condition.views, line.data, line.arm): line.seeds for line in lines}
    assert seeds == {
        ("full", "garments", "augmented"): (0, 1, 2),
        ("full", "garments", "semantic"): (0, 1, 2),
        ("full", "garments", "mined"): (0, 1),  # compared with the baseline's same two seeds
        ("full", "garments", "random"): (0, 1),
        ("full", "digits", "augmented"): (0, 1),
        ("full", "digits", "semantic"): (0, 1),
        ("full", "digits", "mined"): (0, 1),
        ("full", "digits", "random"): (0, 1),
        ("none", "garments", "augmented"): (0,),
        ("none", "garments", "semantic"): (0,),
    }
