"""The abstract and what goes against the claims: plain sentences, every number of which is known."""

import dataclasses

from made_known import known_contents, known_records
from sempairs.report.abstract import abstract
from sempairs.report.against import against, treatment_sentence
from sempairs.report.contents import Contents
from sempairs.study.cells import Cell
from sempairs.study.records import Records


def shifted(records: Records, arm: str, by: float) -> Records:
    """The records with another score of an arm."""
    values = (dataclasses.replace(v, value=v.value + by) if v.cell.arm == arm else v for v in records.values)
    return dataclasses.replace(records, values=tuple(values))


def sentences(contents: Contents) -> dict[str, list[str]]:
    """What goes against the claims, by heading."""
    return {finding.heading: finding.sentences for finding in against(contents)}


def test_one_method_by_itself(contents: Contents) -> None:
    compared, main, others, control, rest = abstract(contents)
    assert compared == (
        "Encoders were trained from scratch on pairs made in 4 ways of 12,000 images of fashion-mnist, by 1 method "
        "(simclr), with 3 seeds: 12 trainings on 6,000 pairs each. That nothing but the pairs differs was checked in 3 "
        "comparisons of two arms; none was refused."
    )
    assert main == (
        "Semantic pairs were compared with augmented pairs, by the mean difference over 3 seeds and its 95% "
        "t-interval. They score higher on garments by knn +4.0 points [+1.5, +6.5] and 5-way 5-shot +4.0 points "
        "[+1.5, +6.5]; on digits by knn +2.0 points [+1.8, +2.2] and 5-way 5-shot +2.0 points [+1.8, +2.2]."
    )
    assert others == (
        "Mined pairs: −0.5 points [−3.8, +2.8] by knn on garments; higher in 2 of 4 (interval above zero in 0, below "
        "in 0)."
    )
    assert control == (
        "The negative control, random pairs, in none of 4 comparisons scored higher with an interval above zero, as it "
        "must be (below zero in 2)."
    )
    # p of (3, 4, 5) is .0202, of (1.9, 2, 2.1) .0008, of random on garments .0020; mined and random on digits are far
    # from .05. Holm multiplies in four families of three: garments .0404 and .0059, digits .0025; two metrics each.
    assert rest == (
        "Against the claim, treatments scored lower in 2 of 8 comparisons, with an interval below zero in 0; below "
        "they are all named. After Holm’s correction 6 of 12 comparisons keep p < 0.05; with 3 seeds the permutation "
        "test cannot reach that (its p is never below 0.250)."
    )


def test_several_methods_are_counted() -> None:
    contents = known_contents(
        known_records(("knn",), methods=("simclr", "moco-v2", "byol", "simsiam"), data=("garments",))
    )
    _, told, main, *_ = abstract(contents)
    assert "with augmented pairs, 4 methods together, by the mean difference over 3 seeds" in told
    assert "They score higher on garments by knn +4.0 points [+1.5, +6.5] (4 of 4)." in told
    # All methods have the same scores, so there is no gap.
    assert "Contrastive methods gain +4.0 and non-contrastive ones +4.0 points by knn on garments, a gap of 0.0" in main


def test_a_method_that_stands_for_its_family_is_named() -> None:
    contents = known_contents(known_records(("knn",), methods=("simclr", "byol"), data=("garments",)))
    _, _, main, *_ = abstract(contents)
    assert "Contrastive methods (here simclr alone) gain +4.0 and non-contrastive ones (here byol alone) +4.0" in main


def test_a_change_with_the_views_is_said() -> None:
    def gain(cell: Cell, data: str, metric: str) -> float:
        return (4.0 if cell.condition.views == "full" else 6.5) if cell.arm == "semantic" else 0.0

    records = known_records(("knn",), views=("full", "none"), data=("garments",))
    values = (
        dataclasses.replace(v, value=80 + v.cell.seed * 0.5 + gain(v.cell, v.data, v.metric)) for v in records.values
    )
    contents = known_contents(dataclasses.replace(records, values=tuple(values)))
    _, main, changes, *_ = abstract(contents)
    assert "From full to none (views) the gain by knn on garments goes from +4.0 to +6.5, a change of +2.5" in changes
    assert "with augmented pairs, views full, by the mean difference" in main


def test_a_control_that_helps_is_a_warning_at_the_head_and_among_what_goes_against() -> None:
    contents = known_contents(shifted(known_records(("knn",), data=("garments",)), "random", 16.0))
    assert (
        "A warning: the negative control, random pairs, scored higher with an interval above zero in 1 of 1 comparison "
        "(where nothing differs, chance brings 1 in 40)." in abstract(contents)
    )
    found = sentences(contents)
    # −13 + 16 = 3 ± 2.484
    assert found["Negative controls that scored higher, with an interval above zero"] == [
        "random: on garments knn +3.0 [+0.5, +5.5] points."
    ]


def test_everything_that_goes_against_is_named(contents: Contents) -> None:
    found = sentences(contents)
    assert found["Treatments that scored lower, with an interval below zero"] == []
    assert found["Gains of treatments that stay undecided"] == [
        "mined: on garments knn −0.5 [−3.8, +2.8], 5-way 5-shot −0.5 [−3.8, +2.8] points; on digits knn +1.0 "
        "[−4.0, +6.0], 5-way 5-shot +1.0 [−4.0, +6.0] points."
    ]
    assert found["Arms that did better than the main treatment"] == []
    assert treatment_sentence(contents) == (
        "The claim is carried by “semantic” and “mined”; the main treatment is “semantic”."
    )


def test_treatments_that_score_lower_and_arms_that_beat_the_main_one() -> None:
    contents = known_contents(shifted(known_records(("knn",), data=("garments",)), "semantic", -9.0))
    found = sentences(contents)
    # 4 − 9 = −5 ± 2.484; mined has −0.5.
    assert found["Treatments that scored lower, with an interval below zero"] == [
        "semantic: on garments knn −5.0 [−7.5, −2.5] points."
    ]
    assert found["Arms that did better than the main treatment"] == [
        "On garments by knn: mined −0.5 points [−3.8, +2.8], where semantic has −5.0 points [−7.5, −2.5]."
    ]
    assert "with an interval below zero in 1" in abstract(contents)[-1]


def test_methods_together_that_score_lower_are_told_and_single_ones_are_a_table() -> None:
    records = known_records(("knn",), methods=("simclr", "byol"), data=("garments",))
    found = against(known_contents(shifted(records, "semantic", -9.0)))[0]
    assert found.sentences == ["semantic, methods together: on garments knn −5.0 [−7.5, −2.5] points."]
    assert found.by_method is not None
    assert found.by_method.head == ("On", "By", "In", "simclr", "byol")
    assert found.by_method.rows == [("semantic", ("garments", "knn", "points", "−5.0", "−5.0"))]


def test_what_scores_lower_is_told_apart_from_what_is_open() -> None:
    records = known_records(("knn",), methods=("simclr", "byol"), data=("garments",))
    lower, opened = (abstract(known_contents(shifted(records, "semantic", by)))[1] for by in (-9.0, -4.5))
    assert "They score lower on garments by knn −5.0 points [−7.5, −2.5] (2 of 2)." in lower
    assert "It is undecided, as the interval includes zero, on garments by knn −0.5 points [−3.0, +2.0]" in opened
    assert "(0 higher, 0 lower of 2)." in opened


def test_one_seed_decides_nothing() -> None:
    contents = known_contents(known_records(("knn",), seeds=(0,)))
    assert abstract(contents)[-1].endswith("Each comparison has one seed: nothing can be said about other seeds.")
    assert (
        "The gain of semantic pairs over augmented pairs, 1 seed: on garments by knn +3.0 points;"
        in abstract(contents)[1]
    )
    assert "one seed cannot judge that" in abstract(contents)[3]
    assert sentences(contents)["Gains of treatments that stay undecided"] == [
        "All of them, as each comparison has one seed; 2 of 4 are below zero."
    ]


def test_arms_that_only_show_other_images_carry_no_claim() -> None:
    records = known_records(
        ("knn",), arms=("augmented", "augmented-pool", "semantic"), contrasts=[["semantic", "augmented-pool"]]
    )
    contents = known_contents(shifted(records, "augmented-pool", 0.5))
    found = sentences(contents)
    # Differences without any spread have an interval of length zero.
    assert found["Other images alone that scored higher, with an interval above zero"] == [
        "augmented-pool: on garments knn +0.5 [+0.5, +0.5] points; on digits knn +0.5 [+0.5, +0.5] points."
    ]
    assert "The claim is carried by “semantic”" in treatment_sentence(contents)
    assert (
        "Over augmented-pool pairs the gain is +3.5 points [+1.0, +6.0] by knn on garments; higher in 2 of 2"
        in abstract(contents)[2]
    )
