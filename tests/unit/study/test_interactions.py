"""Gains by method, family, view recipe and share of wrong pairs, planted in records and found again."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from made_records import made_records, made_study
from sempairs.methods import METHODS
from sempairs.statistics import difference_of_differences, pooled_difference
from sempairs.study.across_data import across_data
from sempairs.study.cells import Cell
from sempairs.study.compare import Comparison, compare
from sempairs.study.families import REFERENCES, family_of
from sempairs.study.interactions import Change, changes, family_gaps
from sempairs.study.pooling import Pooled, pooled
from sempairs.study.ranking import ranks
from sempairs.study.records import Records

METHOD_GAINS = {"simclr": 6.0, "moco-v2": 4.0, "byol": 2.0, "vicreg": -1.0, "mae": 100.0}
BY_SEED = (-1.0, 0.0, 1.0)  # what a seed adds to the semantic arm's gain: standard deviation 1


def exact(gain: Callable[[Cell, str, str], float], metrics: tuple[str, ...] = ("knn",), **study: Any) -> Records:
    """Records without chance, in which only semantic pairs gain."""

    def of_semantic(cell: Cell, data: str, metric: str) -> float:
        return gain(cell, data, metric) if cell.arm.startswith("semantic") else 0.0

    tables: dict[str, Any] = {"arms": ("augmented", "semantic"), "data": ("garments",), **study}
    return made_records(made_study(**tables), gain=of_semantic, metrics=metrics, sd=0.0, shared=0.0)


def by_method(cell: Cell, data: str, metric: str) -> float:
    return METHOD_GAINS[cell.method] + BY_SEED[cell.seed]


def comparison_of(**study: Any) -> Comparison:
    return compare(exact(by_method, methods=tuple(METHOD_GAINS), **study))


def pool(found: tuple[Pooled, ...], name: str) -> Pooled:
    (one,) = (one for one in found if one.pool == name)
    return one


def test_every_method_has_the_family_that_it_states() -> None:
    families = {name: family_of(name) for name in METHODS}
    assert {name for name, family in families.items() if family == "reference"} == set(REFERENCES)
    for name, family in families.items():
        if family != "reference":
            assert (family == "contrastive") == METHODS[name].contrastive
    # The eight methods of the main study.
    assert [family_of(name) for name in ("simclr", "moco-v2", "nnclr")] == ["contrastive"] * 3
    others = ("byol", "simsiam", "barlow-twins", "vicreg", "swav")
    assert [family_of(name) for name in others] == ["non-contrastive"] * 5


def test_methods_of_others_have_a_family_too(monkeypatch: pytest.MonkeyPatch) -> None:
    assert family_of("not installed here") == "other"
    monkeypatch.setitem(METHODS._members, "says nothing", type("Third", (), {}))
    monkeypatch.setitem(METHODS._members, "says so", type("Third", (), {"contrastive": True}))
    assert (family_of("says nothing"), family_of("says so")) == ("other", "contrastive")


def test_the_pool_is_the_mean_over_methods_within_each_seed() -> None:
    comparison = comparison_of()
    everyone = pool(pooled(comparison), "all")
    assert everyone.methods == ("simclr", "moco-v2", "byol", "vicreg")  # no reference
    assert everyone.gains == pytest.approx((6.0, 4.0, 2.0, -1.0))
    # (6 + 4 + 2 - 1) / 4 = 2.75; seeds add -1, 0 and 1 to all methods, so the standard error is 1 / sqrt(3) with n = 3
    # and not 1 / sqrt(12): methods of one seed tell nothing new.
    reach = 0.95 * math.sqrt(2 / (1 - 0.95**2)) / math.sqrt(3)
    assert everyone.differences == pytest.approx((1.75, 2.75, 3.75))
    assert everyone.difference_interval == pytest.approx((2.75 - reach, 2.75 + reach))
    assert everyone.seeds == (0, 1, 2)
    assert everyone.p_permutation == 2 / 8  # a seed's cells turn together
    assert (everyone.above, everyone.higher, everyone.lower) == (3, 2, 0)  # 2 ± 2.48 and -1 ± 2.48 hold zero
    # The baseline scores 80 with every method.
    assert everyone.relative == pytest.approx(100 * 2.75 / 80)
    lines = [line for line in comparison.lines if line.against and line.method in everyone.methods]
    found = pooled_difference(np.array([line.differences for line in lines]).T)
    assert (everyone.difference, everyone.p) == (pytest.approx(found.estimate), pytest.approx(found.p))


def test_families_have_pools() -> None:
    found = pooled(comparison_of())
    assert [one.pool for one in found] == ["all", "contrastive", "non-contrastive"]
    assert pool(found, "contrastive").difference == pytest.approx(5.0)
    assert pool(found, "non-contrastive").difference == pytest.approx(0.5)
    assert pool(found, "contrastive").methods == ("simclr", "moco-v2")


def test_one_method_alone_is_no_pool() -> None:
    found = pooled(compare(exact(by_method, methods=("simclr", "moco-v2", "byol"))))
    assert [one.pool for one in found] == ["all", "contrastive"]
    assert pooled(compare(exact(by_method, methods=("simclr",)))) == ()


def test_a_pool_leaves_out_what_is_refused_and_says_so() -> None:
    records = exact(by_method, methods=("simclr", "moco-v2", "byol"))
    runs = tuple(
        replace(run, result={**run.result, "steps": 1})
        if (run.cell.arm, run.cell.seed, run.cell.method) == ("semantic", 0, "byol") else run
        for run in records.runs
    )  # fmt: skip
    everyone = pool(pooled(compare(replace(records, runs=runs))), "all")
    assert (everyone.methods, everyone.left_out) == (("simclr", "moco-v2"), ("byol",))
    assert everyone.difference == pytest.approx(5.0)


def test_a_pool_has_the_seeds_that_all_its_methods_have() -> None:
    records = exact(by_method, methods=("simclr", "moco-v2"))
    kept = tuple(run for run in records.runs if (run.cell.method, run.cell.seed) != ("moco-v2", 2))
    values = tuple(value for value in records.values if (value.cell.method, value.cell.seed) != ("moco-v2", 2))
    everyone = pool(pooled(compare(replace(records, runs=kept, values=values))), "all")
    assert everyone.seeds == (0, 1)
    assert everyone.differences == pytest.approx((4.0, 5.0))


def test_pools_are_gains_where_low_values_are_good() -> None:
    records = exact(by_method, ("corruption error",), methods=("simclr", "moco-v2"))
    everyone = pool(pooled(compare(records)), "all")
    assert (everyone.metric, everyone.direction) == ("corruption error", "lower")
    assert everyone.difference == pytest.approx(5.0)
    assert everyone.relative == pytest.approx(100 * 5 / 80)
    assert (everyone.above, everyone.higher, everyone.verdict) == (2, 2, "higher")


def test_holm_of_pools_counts_the_arms() -> None:
    records = made_records(made_study(contrasts=[("semantic", "mined")], data=("garments",)), metrics=("knn",))
    found = [one for one in pooled(compare(records)) if one.pool == "all"]
    against = [one for one in found if one.against == "augmented"]
    assert len(against) == 3
    least = min(against, key=lambda one: one.p or 0.0)
    assert least.p is not None
    assert least.p_holm == pytest.approx(3 * least.p)
    (contrast,) = (one for one in found if one.against == "mined")
    assert contrast.p_holm == contrast.p


# How gains change with a factor.

WITHOUT = {"full": 2.0, "crop-only": 5.0, "none": 9.0}


def by_views(cell: Cell, data: str, metric: str) -> float:
    """Semantic pairs gain more with weaker views, simclr 1 more than byol does without any; seeds differ there."""
    views = cell.condition.views
    own = 1.0 if (views, cell.method) == ("none", "simclr") else 0.0
    return WITHOUT[views] + own + (BY_SEED[cell.seed] if views == "none" else 0.0)


def changes_of(records: Records) -> list[Change]:
    return list(changes(records, compare(records)))


def test_a_change_is_a_difference_of_differences_by_seed() -> None:
    records = exact(by_views, views=tuple(WITHOUT), metrics=("knn", "corruption error"))
    found = changes_of(records)
    assert {one.factor for one in found} == {"views"}
    # Two methods and the pool of both, at two levels, by two metrics; no family has two methods.
    assert len(found) == 3 * 2 * 2
    for metric in ("knn", "corruption error"):
        (one,) = (o for o in found if o.methods == ("simclr",) and o.level == "none" and o.metric == metric)
        assert (one.pool, one.first, one.views) == ("", "full", "none")
        assert (one.gain, one.gain_first) == pytest.approx((10.0, 2.0))
        assert one.differences == pytest.approx((7.0, 8.0, 9.0))
        values = {
            (value.cell.arm, value.cell.condition.views, value.cell.seed): value.value
            for value in records.values
            if value.cell.method == "simclr" and value.metric == metric
        }
        rows = [
            [values[arm, views, seed] for seed in range(3)]
            for views in ("none", "full")
            for arm in ("semantic", "augmented")
        ]
        sign = -1 if metric == "corruption error" else 1
        expected = difference_of_differences(*rows)
        assert one.difference == pytest.approx(sign * expected.estimate)
        assert one.p == pytest.approx(expected.p)
        assert one.difference_interval == pytest.approx(sorted((sign * expected.low, sign * expected.high)))


def test_changes_are_pooled_over_methods() -> None:
    found = changes_of(exact(by_views, views=tuple(WITHOUT)))
    (none,) = (one for one in found if one.pool == "all" and one.level == "none")
    assert none.methods == ("simclr", "byol")
    assert none.differences == pytest.approx((6.5, 7.5, 8.5))  # 8 and 7, and what seeds add
    (crop,) = (one for one in found if one.pool == "all" and one.level == "crop-only")
    assert crop.difference == pytest.approx(3.0)
    # Crop-only has no spread, so p is 0 and none is corrected for one; of two, the larger p is.
    assert (crop.p, none.p_holm) == (0.0, none.p)


def test_levels_of_one_at_a_time_are_compared_at_the_first_levels_of_the_others() -> None:
    study: dict[str, Any] = {
        "methods": ("simclr",), "views": ("full", "none"), "encoders": ("small-resnet", "wide-resnet"),
        "budgets": ("all", "short"),
        "designs": {"one": {"kind": "one-at-a-time", "vary": ["views", "encoders", "budgets"]}},
    }  # fmt: skip
    found = changes_of(exact(lambda cell, data, metric: {"none": 5.0}.get(cell.condition.views, 1.0), **study))
    assert [(one.factor, one.level, one.refused) for one in found] == [
        ("views", "none", ""), ("encoder", "wide-resnet", ""), ("budget", "short", ""),
    ]  # fmt: skip
    assert [one.difference for one in found] == pytest.approx([4.0, 0.0, 0.0])


def with_changed_runs(records: Records, where: Callable[[Cell], bool], **training: Any) -> Records:
    runs = tuple(
        replace(run, settings={**run.settings, "training": {**run.settings["training"], **training}})
        if where(run.cell) else run
        for run in records.runs
    )  # fmt: skip
    return replace(records, runs=runs)


def test_levels_that_differ_in_more_than_the_factor_are_refused() -> None:
    records = exact(by_views, views=("full", "none"))
    # Both arms have it, so that the arms stay matched; the views do not.
    other = with_changed_runs(records, lambda c: c.condition.views == "none" and c.method == "simclr", lr=0.1)
    assert not any(line.refused for line in compare(other).lines)
    simclr, byol = changes_of(other)
    assert simclr.refused == "other training.lr: 0.1 and 0.002"
    assert simclr.difference is simclr.gain is simclr.p is simclr.p_holm is None
    assert byol.refused == ""


def test_a_refused_line_has_no_change() -> None:
    records = exact(by_views, views=("full", "none"), methods=("simclr",))
    other = with_changed_runs(records, lambda c: c.arm == "semantic" and c.condition.views == "full", lr=0.1)
    (change,) = changes_of(other)
    assert change.refused == "other training.lr: 0.1 and 0.002"


def test_levels_without_a_common_seed_are_refused() -> None:
    designs = {"full": {"views": ["full"], "seeds": [0]}, "none": {"views": ["none"], "seeds": [1]}}
    (change,) = changes_of(exact(by_views, views=("full", "none"), methods=("simclr",), designs=designs))
    assert change.refused == "the two levels have no seed in common"


# Contrastive and non-contrastive methods.


def test_the_gap_between_families() -> None:
    absolute, relative = family_gaps(comparison_of())
    assert (absolute.contrastive, absolute.non_contrastive) == (("simclr", "moco-v2"), ("byol", "vicreg"))
    assert (absolute.gain_contrastive, absolute.gain_non_contrastive) == pytest.approx((5.0, 0.5))
    # What a seed adds to all methods cancels: 5 - 0.5 with every seed.
    assert absolute.differences == pytest.approx((4.5, 4.5, 4.5))
    assert (absolute.relative, relative.relative) == (False, True)
    assert relative.differences == pytest.approx((100 * 4.5 / 80,) * 3)  # the baseline scores 80 with every method


def test_relative_gaps_are_in_percent_of_what_each_method_scores() -> None:
    records = exact(lambda cell, data, metric: {"simclr": 4.0, "byol": 4.0}[cell.method])
    lowered = tuple(
        replace(value, value=value.value - (40.0 if value.cell.method == "simclr" else 0.0)) for value in records.values
    )
    absolute, relative = family_gaps(compare(replace(records, values=lowered)))
    assert absolute.difference == pytest.approx(0.0)
    assert relative.difference == pytest.approx(100 * 4 / 40 - 100 * 4 / 80)


def test_a_gap_needs_both_families_and_a_percentage_something_above_zero() -> None:
    assert family_gaps(compare(exact(by_method, methods=("simclr", "moco-v2", "mae")))) == ()
    records = exact(by_method, methods=("simclr", "byol"))
    zeros = tuple(replace(value, value=value.value - 80.0) for value in records.values)
    assert [gap.relative for gap in family_gaps(compare(replace(records, values=zeros)))] == [False]


# Ranks, data sets.


def test_ranks_over_data_sets() -> None:
    records = made_records(made_study(data=("a", "b", "c")), metrics=("knn", "corruption error"), sd=0.0, shared=0.0)
    comparison = compare(records)
    for metric in ("knn", "corruption error"):
        found = ranks(comparison, metric)
        assert found is not None
        # Semantic gains 4, mined 2, random -5, on all three data sets, by either metric.
        assert dict(zip(found.names, found.ranks, strict=True)) == {
            "semantic": 1.0, "mined": 2.0, "augmented": 3.0, "random": 4.0,
        }  # fmt: skip
        assert found.n == 3
    assert ranks(comparison, "no such metric") is None
    assert ranks(compare(made_records(made_study(data=("a",)))), "knn") is None


def test_ranks_leave_out_arms_that_are_refused_somewhere() -> None:
    study = made_study(data=("a", "b"), arms=("augmented", "semantic", "mined", "mixed", "random"))
    records = made_records(study, made=lambda cell: (cell.arm, cell.seed, cell.method) != ("mined", 0, "byol"))
    found = ranks(compare(records), "knn")
    assert found is not None
    assert found.names == ("augmented", "semantic", "mixed", "random")


def test_gains_over_data_sets() -> None:
    by_data = {"a": 1.0, "b": 2.0, "c": 3.0}
    records = exact(lambda cell, data, metric: by_data[data], data=tuple(by_data), metrics=("knn", "corruption error"))
    found = across_data(pooled(compare(records)))
    assert [(one.of, one.metric) for one in found] == [("all", "knn"), ("all", "corruption error")]
    for one in found:
        assert (one.data, one.seeds) == (("a", "b", "c"), ())
        assert one.differences == pytest.approx((1.0, 2.0, 3.0))
        reach = 0.95 * math.sqrt(2 / (1 - 0.95**2)) / math.sqrt(3)
        assert one.difference_interval == pytest.approx((2 - reach, 2 + reach))
    assert {one.of for one in across_data(compare(records).lines)} == {"simclr", "byol"}
    assert across_data(compare(exact(by_method, methods=("simclr",))).lines) == ()
