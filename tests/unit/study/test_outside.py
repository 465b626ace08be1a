"""Pair sets that a study names as files: which runs they decide, and what is said of those that are missing."""

import shutil
from pathlib import Path

import pytest

from made import made_source
from sempairs.core.errors import UserError
from sempairs.pairs.operations import sample_pairs
from sempairs.pairs.rules import same_class
from sempairs.study.finished import file_of
from sempairs.study.making import PairMaker
from sempairs.study.matrix import Study


@pytest.fixture
def given(tables, tmp_path, monkeypatch):
    """The study of the tests with an arm of given pairs; `given.parquet` in the working folder has 20 of them."""
    monkeypatch.chdir(tmp_path)
    sample_pairs(same_class(made_source(60)), 20).save(Path("given.parquet"))
    tables["arms"]["given"] = {"about": "by people", "file": "given.parquet"}
    tables["pool"] = {"source": {"name": "made"}, "like": "given.parquet"}
    return tables


def untrained(cell):
    raise AssertionError("no arm of these tests looks through a trained encoder")


def cell_of(study, arm):
    return next(cell for cell in study.cells if cell.arm == arm)


def test_every_arm_has_as_many_pairs_of_each_class_as_the_given_set(given, tmp_path):
    study = Study.check(given)
    maker = PairMaker(study, tmp_path / "pairs", untrained)
    facts = {arm: maker.facts(maker.pairs(cell_of(study, arm))) for arm in ("augmented", "random", "given")}
    assert len({(fact["pairs"], str(fact["classes"])) for fact in facts.values()}) == 1
    assert facts["given"]["pairs"] == 20
    assert facts["given"]["firsts"] == facts["augmented"]["firsts"]


def test_an_arm_can_go_beyond_the_images_of_a_given_baseline(given, tmp_path):
    given["arms"]["beyond"] = {"about": "any image of the class", "beyond": "class"}
    study = Study.check(given)
    maker = PairMaker(study, tmp_path / "pairs", untrained)
    facts = maker.facts(maker.pairs(cell_of(study, "beyond")))
    # An image from outside for each, as long as a class has them: the source has 15 of each of its 4 classes.
    assert facts["images"] == sum(min(2 * count, 15) for count in facts["classes"].values()) > 20


def test_the_content_of_a_given_file_decides_a_run_and_its_place_does_not(given, tmp_path):
    study = Study.check(given)
    before = {arm: file_of(study, tmp_path, cell_of(study, arm)) for arm in ("augmented", "given")}
    shutil.move("given.parquet", "moved.parquet")
    assert file_of(study, tmp_path, cell_of(study, "given")) != before["given"]

    given["arms"]["given"]["file"] = given["pool"]["like"] = "moved.parquet"
    moved = Study.check(given)
    assert {arm: file_of(moved, tmp_path, cell_of(moved, arm)) for arm in before} == before
    sample_pairs(same_class(made_source(60)), 21).save(Path("moved.parquet"))
    assert file_of(moved, tmp_path, cell_of(moved, "given")) != before["given"]
    assert file_of(moved, tmp_path, cell_of(moved, "augmented")) != before["augmented"]  # its images come from the file


def test_an_arm_of_a_file_decides_nothing_for_the_other_arms(given, tmp_path):
    given["pool"] = {"source": {"name": "made"}, "pairs": 16}
    study = Study.check(given)
    before = {arm: file_of(study, tmp_path, cell_of(study, arm)) for arm in ("augmented", "given")}
    sample_pairs(same_class(made_source(60)), 30).save(Path("given.parquet"))
    assert file_of(study, tmp_path, cell_of(study, "augmented")) == before["augmented"]
    assert file_of(study, tmp_path, cell_of(study, "given")) != before["given"]


def test_a_missing_file_is_missed_before_anything_is_trained(given, tmp_path):
    Path("given.parquet").unlink()
    with pytest.raises(UserError, match=r"no pair set at given\.parquet"):
        PairMaker(Study.check(given), tmp_path / "pairs", untrained)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda t: t["arms"]["given"].update(rule={"name": "class"}), "one of rule, beyond, miner and file"),
        (lambda t: t["pool"].update(pairs=10), "by pool.pairs or by pool.like"),
    ],
)
def test_what_contradicts_itself_is_refused(given, change, problem):
    change(given)
    with pytest.raises(UserError, match=problem):
        Study.check(given)
