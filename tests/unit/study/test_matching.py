"""The proof of matching refuses whatever is changed in one of two runs, and nothing but that."""

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from made_records import made_records, made_study
from sempairs.study.cells import Cell
from sempairs.study.matching import Match, matched, proof_table, prove
from sempairs.study.records import Records, RunRecord

STUDY = made_study(arms=("augmented", "semantic"), methods=("simclr",), seeds=(0, 1), views=("full", "none"))
RECORDS = made_records(STUDY)


def run(arm: str, seed: int = 0, views: str = "full", records: Records = RECORDS) -> RunRecord:
    (found,) = (
        run for run in records.runs if (run.cell.arm, run.cell.seed, run.cell.condition.views) == (arm, seed, views)
    )
    return found


def changed(record: RunRecord, path: str, value: Any) -> RunRecord:
    """The record with one leaf set, as "settings/training/lr"; the value `...` takes it away."""
    part, *keys, last = path.split("/")
    table = copy.deepcopy(getattr(record, part))
    inner = table
    for key in keys:
        inner = inner[key]
    if value is ...:
        del inner[last]
    else:
        inner[last] = value
    return replace(record, **{part: table})


def against_changed(path: str, value: Any) -> Match:
    """Semantic pairs against a baseline in which one thing is changed."""
    return prove(run("semantic"), changed(run("augmented"), path, value))


def test_runs_of_two_arms_are_matched() -> None:
    proof = prove(run("semantic"), run("augmented"))
    assert proof.problems == ()
    assert [row.name for row in proof.rows] == [
        "settings", "seed", "images of the pool", "number of pairs", "optimizer steps", "pairs seen", "classes of a",
        "pairs described are those trained on", "the pair sets differ",
    ]  # fmt: skip
    by_name = {row.name: row for row in proof.rows}
    assert by_name["number of pairs"].ours == by_name["number of pairs"].theirs == 6000
    # 5 passes over 6,000 pairs in batches of 128: 5 x 46 steps.
    assert by_name["optimizer steps"].ours == 230
    assert by_name["pairs seen"].ours == 230 * 128


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        ("settings/training/batch_size", 64, "other training.batch_size: 128 and 64"),
        ("settings/views/jitter", 0.9, "other views.jitter: 0.5 and 0.9"),
        ("settings/method/temperature", 0.1, "other method.temperature: 0.5 and 0.1"),
        ("settings/start", "0123", "other start: None and 0123"),
        ("settings/images", "e" * 16, f"other images of the pool: {'f' * 16} and {'e' * 16}"),
        ("result/steps", 229, "other optimizer steps: 230 and 229"),
        ("result/pairs_seen", 29_312, "other pairs seen: 29,440 and 29,312"),
        ("pairs/pairs", 5999, "other number of pairs: 6,000 and 5,999"),
        ("pairs/classes/Dress", 1999, "other pairs of Dress: 2,000 and 1,999"),
        ("pairs/classes/Coat", ..., "other pairs of Coat: 2,000 and None"),
        (
            "pairs/hash", "0" * 16,
            "the pairs described for simclr on augmented pairs, seed 0 are not those it was trained on",
        ),
        ("result/steps", ..., "not recorded: optimizer steps"),
        ("pairs/pairs", ..., "not recorded: number of pairs"),
        ("settings/images", ..., "not recorded: images of the pool"),
    ],
)  # fmt: skip
def test_each_condition_alone_is_refused(path: str, value: Any, problem: str) -> None:
    assert against_changed(path, value).problems == (problem,)


def test_every_setting_counts() -> None:
    """Whatever is in settings.json but the pair set: no setting is forgotten by name."""

    def leaves(table: dict[str, Any], place: str) -> list[str]:
        return [
            leaf
            for key, value in table.items()
            for leaf in (leaves(value, f"{place}/{key}") if isinstance(value, dict) else [f"{place}/{key}"])
        ]

    every = leaves(run("augmented").settings, "settings")
    assert len(every) > 30
    for path in every:
        assert against_changed(path, "changed").problems, path


def test_another_seed_is_refused() -> None:
    proof = prove(run("semantic", 0), run("augmented", 1))
    assert "other seed: 0 and 1" in proof.problems
    assert "other training.seed: 0 and 1" in proof.problems


def test_a_run_counts_for_one_seed_only() -> None:
    # Both sides say seed 1, and both were trained with seed 0: as a second seed they would be the first one again.
    ours, theirs = (changed(run(arm, 1), "settings/training/seed", 0) for arm in ("semantic", "augmented"))
    assert prove(ours, theirs).problems == (
        "simclr on semantic pairs, seed 1 was trained with seed 0",
        "simclr on augmented pairs, seed 1 was trained with seed 0",
    )


def test_the_same_pairs_under_two_names_are_not_compared() -> None:
    same = changed(run("augmented"), "settings/pairs", run("semantic").settings["pairs"])
    same = changed(same, "pairs/hash", run("semantic").pairs["hash"])
    assert prove(run("semantic"), same).problems == ("both arms have the same pairs",)


@pytest.mark.parametrize(
    ("path", "value", "note"),
    [
        ("pairs/images", 5000, "other distinct images: 12,000 and 5,000"),
        ("pairs/purity", 0.5, "other purity: 1 and 0.5"),
        ("pairs/firsts", "other", None),
        ("result/device", "cuda", "other device: cpu and cuda"),
        ("result/environment/threads", 4, "other environment.threads: 1 and 4"),
        ("result/environment/torch", "2.0", "other environment.torch: 2.14.1 and 2.0"),
        ("result/seconds", 99.0, None),
    ],
)
def test_what_may_differ_is_noted_and_not_refused(path: str, value: Any, note: str | None) -> None:
    proof = against_changed(path, value)
    assert proof.problems == ()
    if note is not None:
        assert note in [problem for row in proof.notes for problem in row.problems]
    if path == "pairs/firsts":
        assert not next(row for row in proof.notes if row.name == "images that stand as a").holds


def unlabelled(record: RunRecord, firsts: str | None) -> RunRecord:
    return replace(record, pairs={**record.pairs, "classes": {}, "purity": None, "firsts": firsts})


def test_without_labels_the_same_images_must_stand_first() -> None:
    ours, theirs = run("semantic"), run("augmented")
    assert prove(unlabelled(ours, "same"), unlabelled(theirs, "same")).problems == ()
    other = prove(unlabelled(ours, "same"), unlabelled(theirs, "other"))
    assert other.problems == ("other images that stand as a: same and other",)
    unknown = prove(unlabelled(ours, None), unlabelled(theirs, None))
    assert unknown.problems == ("not recorded: images that stand as a",)


def test_labels_in_one_run_alone_prove_nothing() -> None:
    assert prove(run("semantic"), unlabelled(run("augmented"), "same")).problems == (
        "other pairs of Dress: 2,000 and None",
        "other pairs of Coat: 2,000 and None",
        "other pairs of Ankle boot: 2,000 and None",
    )


def test_between_levels_of_a_factor_that_factor_alone_may_differ() -> None:
    ours, theirs = run("semantic", views="none"), run("semantic", views="full")
    assert prove(ours, theirs, "views").problems == ()
    assert "other views.name: none and simclr" in prove(ours, theirs, "encoder").problems
    assert prove(ours, changed(theirs, "settings/training/lr", 0.1), "views").problems == (
        "other training.lr: 0.002 and 0.1",
    )
    # An arm that is mined through the encoder of its own condition has other pairs under each.
    remined = changed(changed(theirs, "settings/pairs", "0" * 16), "pairs/hash", "0" * 16)
    assert prove(ours, remined, "views").problems == ()


def test_a_budget_may_have_other_steps_and_no_other_encoder() -> None:
    records = made_records(made_study(arms=("augmented", "semantic"), methods=("simclr",), budgets=("all", "short")))
    short, whole = (r for r in records.runs if r.cell.arm == "semantic" and r.cell.seed == 0)
    if short.cell.condition.budget != "short":
        short, whole = whole, short
    assert short.result["steps"] != whole.result["steps"]
    assert prove(short, whole, "budget").problems == ()
    assert prove(changed(short, "settings/encoder/width", 64), whole, "budget").problems == (
        "other encoder.width: 64 and 32",
    )


def missing(*cells: tuple[str, int]) -> Callable[[Cell], bool]:
    return lambda cell: (cell.arm, cell.seed) not in cells


def test_every_comparison_of_a_study_is_proved() -> None:
    study = made_study(contrasts=[("semantic", "mined")])
    found = matched(made_records(study))
    # Two methods, three arms against the baseline and one contrast.
    assert [(one.condition.method, one.arm, one.against) for one in found] == [
        (method, arm, against)
        for method in ("simclr", "byol")
        for arm, against in (
            ("semantic", "augmented"), ("mined", "augmented"), ("random", "augmented"), ("semantic", "mined"),
        )
    ]  # fmt: skip
    assert all(one.seeds == (0, 1, 2) and len(one.proofs) == 3 and one.problems == () for one in found)


def test_a_seed_that_one_arm_lacks_is_named() -> None:
    study = made_study(arms=("augmented", "semantic", "mined"), methods=("simclr",))
    semantic, mined = matched(made_records(study, made=missing(("semantic", 1), ("mined", 0), ("mined", 2))))
    assert semantic.problems == ("seed 1 of semantic is missing",)
    assert semantic.seeds == (0, 2)
    assert mined.problems == ("seeds 0 and 2 of mined are missing",)


def test_seeds_that_both_arms_lack_are_no_problem() -> None:
    study = made_study(arms=("augmented", "semantic"), methods=("simclr",))
    (found,) = matched(made_records(study, made=lambda cell: cell.seed == 0))
    assert (found.seeds, found.problems) == ((0,), ())


def test_comparisons_without_any_run_are_left_out() -> None:
    found = matched(made_records(made_study(), made=lambda cell: cell.method == "byol"))
    assert {one.condition.method for one in found} == {"byol"}


def test_a_problem_of_all_seeds_is_said_once() -> None:
    records = made_records(made_study(arms=("augmented", "semantic"), methods=("simclr",)))
    runs = tuple(changed(r, "result/steps", 7) if r.cell.arm == "semantic" else r for r in records.runs)
    (found,) = matched(replace(records, runs=runs))
    assert found.problems == ("other optimizer steps: 7 and 230",)


def test_the_table_counts_comparisons() -> None:
    records = made_records(made_study(arms=("augmented", "semantic", "mined"), methods=("simclr",)))
    runs = [changed(r, "pairs/pairs", 5999) if (r.cell.arm, r.cell.seed) == ("mined", 2) else r for r in records.runs]
    found = matched(replace(records, runs=tuple(runs)))
    table = {row.name: row for row in proof_table(found)}
    pairs = table["number of pairs"]  # one seed of one of the two comparisons is wrong
    assert (pairs.holds, pairs.of, pairs.values) == (1, 2, ("6,000", "5,999"))
    assert (table["seed"].holds, table["seed"].values) == (2, ("0", "1", "2"))
    assert table["classes of a"].values == ("3, 2,000 each",)
    notes = {row.name: row for row in proof_table(found, notes=True)}
    # Semantic pairs show 12,000 images where the baseline shows 6,000; mined ones show no more than the baseline.
    assert (notes["distinct images"].holds, notes["distinct images"].of) == (1, 2)
    assert notes["machine and versions"].holds == 2
