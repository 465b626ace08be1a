"""The smaller parts of the page: roles, headline metrics, proof, lineage, cost, bars and protocols."""

import dataclasses

import pytest

from made_known import known_contents, known_records
from made_records import made_metric, made_study
from sempairs.report.cost import costs, machines
from sempairs.report.described import described
from sempairs.report.headline import headlines
from sempairs.report.marks import marks_of
from sempairs.report.members import briefly, composition, made_by, member
from sempairs.report.numbers import duration, listed_briefly, tick
from sempairs.report.places import Setting, named, place_of, settings_of
from sempairs.report.proof import may_differ, refused, values_of
from sempairs.report.protocols import merged, protocols
from sempairs.report.rank_figures import rank_figures
from sempairs.report.roles import main_treatment, roles
from sempairs.report.runs import designs, lineage
from sempairs.report.summaries import across_table, gap_table
from sempairs.study.cells import Condition
from sempairs.study.matching import matched, proof_table
from sempairs.study.tables import Images

MARKS = marks_of(["augmented", "augmented-pool", "semantic", "mined", "random"])


def test_roles_and_the_main_treatment() -> None:
    arms = ("augmented", "augmented-pool", "mined", "semantic", "random")
    study = made_study(arms=arms)
    assert list(roles(study).values()) == ["baseline", "more images", "treatment", "treatment", "negative control"]
    assert main_treatment(study) == "mined"
    assert main_treatment(made_study(arms=arms, contrasts=[["semantic", "augmented-pool"]])) == "semantic"
    assert main_treatment(made_study(arms=("augmented", "random"))) is None


def test_a_data_set_is_represented_by_k_nn_and_few_shot_before_all_else() -> None:
    def metric(name: str, evaluation: str, **changes: str):
        return dataclasses.replace(made_metric("d", "knn"), metric=name, evaluation=evaluation, **changes)

    linear, knn, swept = metric("linear", "linear"), metric("knn", "knn"), metric("knn swept", "knn")
    one, five = metric("5-way 1-shot", "fewshot"), metric("5-way 5-shot", "fewshot")
    rankme, map50 = metric("rankme", "geometry", direction="neither"), metric("mAP", "detection")
    assert headlines([linear, one, five, knn, swept]) == {"d": [knn, five]}
    assert headlines([linear, one]) == {"d": [one]}
    assert headlines([rankme, map50, linear]) == {"d": [linear]}
    assert headlines([rankme]) == {}


def test_settings_are_named_by_what_tells_them_apart() -> None:
    study = made_study(methods=("simclr",), views=("full", "none"))
    full, none = settings_of(study)
    assert (full, named(none, study)) == (Setting("small-resnet", "full", "all"), "views none")
    assert place_of(Condition("simclr", "small-resnet", "none", "all"), study) == "simclr, views none"
    assert named(full, made_study()) == ""


def test_the_proof_says_what_was_equal_and_what_was_refused() -> None:
    records = known_records(("knn",))
    rows = {row.name: row for row in proof_table(matched(records))}
    assert values_of(rows["settings"]) == "every entry but the pair set, in which the two must differ"
    assert values_of(rows["the pair sets differ"]) == "12 pair sets"  # arms x seeds
    assert values_of(rows["optimizer steps"]) == "230"
    assert refused(matched(records), records.study) == []
    longer = dataclasses.replace(records.runs[1], result={**records.runs[1].result, "steps": 460})
    broken = dataclasses.replace(records, runs=(records.runs[0], longer, *records.runs[2:]))
    (found,) = refused(matched(broken), broken.study)
    assert found.what == "semantic against augmented, simclr"
    assert found.why == ("other optimizer steps: 460 and 230",)


def test_what_may_differ_is_given_as_a_range() -> None:
    records = known_records(("knn",))
    first = dataclasses.replace(records.runs[0], pairs={**records.runs[0].pairs, "images": 5990, "purity": 0.5})
    rows = {row.arm: row for row in may_differ((first, *records.runs[1:]), list(records.study.arms))}
    assert (rows["augmented"].images, rows["augmented"].purity) == ("5,990 to 6,000", "50.0% to 100.0%")
    assert rows["mined"].purity == "86.2%"
    unlabelled = dataclasses.replace(first, pairs={**first.pairs, "purity": None})
    assert may_differ([unlabelled], ["augmented"])[0].purity == "unknown, no labels"


def test_matched_runs_share_the_hash_of_their_settings() -> None:
    rows = lineage(known_records(("knn",), views=("full", "none")))
    by_place = {(row.condition, row.seed): set[str]() for row in rows}
    for row in rows:
        by_place[row.condition, row.seed].add(row.settings)
    assert len(rows) == 4 * 3 * 2
    assert all(len(hashes) == 1 for hashes in by_place.values())
    assert len(set.union(*by_place.values())) == 3 * 2, "another seed or view is another setting"
    assert len({row.run for row in rows}) == len(rows)


def test_designs_count_their_runs() -> None:
    records = known_records(("knn",), views=("full", "none"))
    cut = dataclasses.replace(records, missing=tuple(records.study.cells[:5]))
    (row,) = designs(cut)
    assert (row.arms, row.conditions, row.seeds, row.runs, row.missing) == (4, 2, 3, 24, 5)


def test_costs_are_means_by_arm_and_totals() -> None:
    records = known_records(("knn",))
    (row,) = costs(records.runs, [*records.study.arms, "absent"])
    assert row.by_arm == (26.0, 26.0, 26.0, 26.0, None)  # 25, 26 and 27 seconds
    assert (row.training, row.evaluation) == (12 * 26.0, 12 * 2 * 3.5)
    assert machines(records.runs).endswith("threads 1): 12 runs")
    assert [duration(seconds) for seconds in (42.0, 210.0, 9000.0)] == ["42 s", "3.5 min", "2.5 h"]


def test_what_describes_is_a_bar_for_each_arm_over_seeds_and_methods() -> None:
    records = known_records(("knn", "invariance rotation"), methods=("simclr", "byol"), data=("garments",))
    (section,) = described(known_contents(records).comparison, records.study, MARKS)
    assert section.title == "garments, held out, invariance (cosine)"
    # 0.5 and a thousandth of 3, 5, 7 (semantic with its seeds): .505 ± 4.3027 x .002 / sqrt(3) = .005
    assert section.rows == [("rotation", ["0.501 ± 0.002", "0.505 ± 0.005", "0.501 ± 0.006", "0.488 ± 0.005"])]
    assert section.about.startswith("Mean over 2 methods and 3 seeds")
    assert section.figure is None, "one name is no figure"
    cut = tuple(v for v in records.values if (v.cell.method, v.cell.arm) != ("byol", "mined"))
    (section,) = described(known_contents(dataclasses.replace(records, values=cut)).comparison, records.study, MARKS)
    assert section.about.startswith("Mean over 3 seeds"), "byol lacks an arm"


def test_means_over_data_sets_leave_out_the_images_of_the_training() -> None:
    contents = known_contents(known_records(("knn",), data=("garments", "digits", "animals")))
    assert across_table(contents.gains) is None, "all data sets are of the pool's source"
    study = contents.study
    other = {
        name: one.model_copy(update={"train": Images(source={"name": "digits"})})
        for name, one in study.evaluate.items()
    }
    moved = dataclasses.replace(contents.records, study=study.model_copy(update={"evaluate": other}))
    table = across_table(known_contents(moved).gains)
    assert table is not None
    rows = dict(table.rows)
    # Semantic gains 4, 2 and 0: 2 ± 4.3027 (t, 2 degrees of freedom) x 2 / sqrt(3).
    assert rows["semantic"][:4] == ("knn", "3 data sets", "+2.0 points", "[−3.0, +7.0]")
    two = dataclasses.replace(moved, values=tuple(v for v in moved.values if v.data != "animals"))
    assert across_table(known_contents(two).gains) is None, "an interval of two data sets says nothing"


def test_gaps_of_families_are_absolute_and_relative() -> None:
    contents = known_contents(known_records(("knn",), methods=("simclr", "byol"), data=("garments",)))
    table = gap_table(contents.gaps, contents.gains)
    assert table is not None
    assert [cells[1] for arm, cells in table.rows if arm == "semantic"] == ["points", "% of the score"]
    assert table.rows[0][1][:5] == ("knn on garments", "points", "+4.0", "+4.0", "0.0")


def test_ranks_are_drawn_for_two_data_sets_or_more() -> None:
    assert len(list(_ranks(("garments", "digits")))) == 1
    assert list(_ranks(("garments",))) == []


def _ranks(data: tuple[str, ...]):
    contents = known_contents(known_records(("knn",), data=data))
    return rank_figures(contents.comparison, contents.gains, MARKS)


def test_protocols_that_differ_in_single_words_become_one() -> None:
    assert merged(["k = 20, λ = 0.1 of 8", "k = 20, λ = 0.3 of 8", "other words"]) == [
        "k = 20, λ = 0.1 or 0.3 of 8",
        "other words",
    ]
    assert protocols(known_records(("knn",))) == [("knn", ["k-NN, k = 20"])]


def test_members_images_and_arms_as_text() -> None:
    assert member({"name": "none"}) == "none"
    assert member({"name": "simclr", "size": None, "flip": 0.5, "kind": "a"}) == "simclr: flip 0.5, kind a"
    inner = {"name": "subset", "source": {"name": "fashion-mnist", "split": "train"}, "classes": ["Dress", "Coat"]}
    assert member(inner) == "subset: source (fashion-mnist: split train), classes (Dress, Coat)"
    assert briefly(Images(source=inner, images=6000)) == "6,000 images of fashion-mnist"
    assert composition({}) == "unknown, there are no labels"
    assert composition({"cat": 1200, "dog": 3}) == "cat 1,200, dog 3"
    arms = made_study(arms=("augmented", "mined", "mixed", "semantic"), noise=(0.2,)).arms
    assert made_by(arms["mined"]) == "miner mutual: k 50, rest nearest, on features of pca: dim 64"
    assert made_by(arms["mixed"]).endswith("50.0% of the pairs, the others are augmented ones")
    assert made_by(arms["semantic, 20% false"]).endswith("20.0% of them with a false neighbour")


@pytest.mark.parametrize(("value", "text"), [(0.0, "0"), (2.5, "+2.5"), (-0.002, "−0.002"), (10.0, "+10")])
def test_ticks_are_as_long_as_they_need_to_be(value: float, text: str) -> None:
    assert tick(value) == text


def test_long_lists_are_counted() -> None:
    assert listed_briefly(["1", "2", "3"]) == "1, 2 and 3"
    assert listed_briefly(["1", "2", "3", "4"]) == "4 values, such as 1"
    assert listed_briefly([]) == "–"
