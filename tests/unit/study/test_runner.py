"""Running a study: nothing is done twice, whatever was stopped, shared out or added in between."""

import json
import shutil

import numpy as np
import pytest

from sempairs.core.errors import UserError
from sempairs.core.runs import RunStore
from sempairs.core.settings import resolve
from sempairs.encoders.files import load_encoder
from sempairs.encoders.mining import mine_through
from sempairs.evaluation.files import load_scores
from sempairs.pairs import PairSet
from sempairs.pairs.mining import MINERS
from sempairs.study import runner
from sempairs.study.examples import load_examples
from sempairs.study.finished import Finished
from sempairs.study.images import open_images, train_and_test
from sempairs.study.matrix import Study
from sempairs.study.records import read_records
from sempairs.study.runner import run_study
from sempairs.study.shards import Shard
from sempairs.training.state import TrainState


class Counted:
    """How many trainings began."""

    def __init__(self, monkeypatch):
        self.count, fresh = 0, TrainState.fresh

        def counted(*arguments):
            self.count += 1
            return fresh(*arguments)

        monkeypatch.setattr(TrainState, "fresh", counted)

    def since(self) -> int:
        """How many began since this was asked last."""
        count, self.count = self.count, 0
        return count


@pytest.fixture
def trainings(monkeypatch):
    return Counted(monkeypatch)


def test_a_study_gives_a_value_for_each_run_data_set_and_metric(tables, whole):
    records = read_records(whole)
    assert [run.cell for run in records.runs] == Study.check(tables).cells
    assert records.missing == ()
    assert len(records.values) == 8 * 3  # k-NN on the same, k-NN and few-shot on the other images
    assert set(records.metrics) == {("same", "knn"), ("other", "knn"), ("other", "4-way 1-shot")}
    # Three arms against the baseline, with three metrics each.
    assert len(records.items) == 3 * 3
    assert {item.against for item in records.items} == {"augmented"}


def test_a_value_is_the_mean_of_the_outcomes_that_are_kept_beside_the_run(whole):
    kept = [value for path in (whole / "cells").glob("*.json") for value in Finished.read(path).values]
    assert len(kept) == 8 * 3
    for value in kept:
        run = whole / "runs" / value.run
        assert (run / "encoder.safetensors").is_file()
        scores = {score.metric: score for score in load_scores((run / value.file).with_suffix(""))}
        assert value.value == pytest.approx(scores[value.metric].outcomes.mean())
        assert (value.low, value.high) == scores[value.metric].interval


def test_a_run_says_what_decided_it(whole):
    for run in read_records(whole).runs:
        stored = next(own for own in RunStore(whole / "runs") if own.name == run.run)
        assert run.settings == stored.settings
        assert run.result == stored.result
        assert run.settings["training"]["seed"] == run.cell.seed
        assert run.settings["pairs"] == run.pairs["hash"]
        assert run.pairs["pairs"] == 48
        assert run.pairs["classes"] == {f"class {label}": 12 for label in range(4)}
        assert run.curve[-1][0] == run.result["pairs_seen"] == 2 * 48
        assert set(run.seconds) == {"same", "other"}
    purity = {run.cell.arm: run.pairs["purity"] for run in read_records(whole).runs}
    assert purity["augmented"] == purity["semantic"] == 1.0
    assert purity["random"] < 0.6  # among 4 classes: about a quarter


def test_a_second_run_trains_and_evaluates_nothing_and_gives_the_same(tables, whole, found, tmp_path, monkeypatch):
    shutil.copytree(whole, tmp_path / "again")
    monkeypatch.setattr(runner, "run_evaluations", lambda *_: pytest.fail("it evaluated again"))
    monkeypatch.setattr(runner, "train", lambda *_: pytest.fail("it trained again"))
    monkeypatch.setattr(runner, "PairMaker", lambda *_: pytest.fail("it opened images again"))
    run_study(Study.check(tables), tmp_path / "again")
    assert found(tmp_path / "again") == found(whole)


@pytest.mark.parametrize("after", [1, 6])
def test_a_study_that_was_stopped_ends_as_one_that_was_not(tables, whole, found, tmp_path, monkeypatch, after):
    study = Study.check(tables)
    calls = iter(range(100))

    def stopped(*arguments):
        if next(calls) == after:
            raise KeyboardInterrupt
        return original(*arguments)

    original = runner.run_evaluations
    with monkeypatch.context() as patch:
        patch.setattr(runner, "run_evaluations", stopped)
        with pytest.raises(KeyboardInterrupt):
            run_study(study, tmp_path)
    run_study(study, tmp_path)
    assert found(tmp_path) == found(whole)


def test_two_parts_give_what_one_whole_run_gives(tables, whole, found, tmp_path, trainings):
    study = Study.check(tables)
    for number in (2, 1):
        run_study(study, tmp_path, shard=Shard(number, 2))
        assert trainings.since() == 4
    assert found(tmp_path) == found(whole)


def test_a_study_that_grows_keeps_what_is_done(two_arms, tmp_path, trainings):
    run_study(Study.check(two_arms), tmp_path)
    before = read_records(tmp_path)
    assert trainings.since() == 4
    two_arms["seeds"] = [0, 1, 2]
    two_arms["arms"]["semantic"]["noise"] = [0.0, 0.5]
    study = Study.check(two_arms)
    run_study(study, tmp_path)
    assert trainings.since() == 2 + 3  # a seed of both arms, and three seeds of a new one
    after = read_records(tmp_path)
    assert [run.cell for run in after.runs] == study.cells
    assert {run.run for run in before.runs} < {run.run for run in after.runs}
    assert set(before.values) < set(after.values)


def test_a_study_that_was_cut_down_leaves_out_what_is_no_longer_in_it(tables, whole, tmp_path, trainings):
    folder = shutil.copytree(whole, tmp_path / "cut")
    tables["seeds"] = [1]
    run_study(Study.check(tables), folder)
    assert trainings.since() == 0
    assert {run.cell.seed for run in read_records(folder).runs} == {1}
    # The pairs of another seed are shown now; they were not looked into before.
    assert list(json.loads((folder / "audits.json").read_text())) == list(tables["arms"])
    assert len(load_examples(folder / "examples.npz")) == 4


def test_another_study_in_the_folder_is_not_overwritten(tables, whole, found):
    before = found(whole)
    tables["title"] = "another"
    with pytest.raises(UserError, match=r"holds another study(?s:.*)got: made images"):
        run_study(Study.check(tables), whole)
    assert found(whole) == before


def test_records_that_came_without_their_runs_are_not_overwritten(tables, whole, tmp_path):
    folder = shutil.copytree(whole, tmp_path / "committed", ignore=shutil.ignore_patterns("cells", "runs", "pairs"))
    before = (folder / "runs.jsonl").read_bytes()
    with pytest.raises(UserError, match=r"without its runs(?s:.*)study report"):
        run_study(Study.check(tables), folder)
    assert (folder / "runs.jsonl").read_bytes() == before


def test_other_evaluations_do_not_train_again(two_arms, found, tmp_path, trainings):
    run_study(Study.check(two_arms), tmp_path)
    before = found(tmp_path)
    two_arms["evaluate"]["same"]["with"][0]["k"] = 5
    trainings.since()
    run_study(Study.check(two_arms), tmp_path)
    assert trainings.since() == 0
    assert found(tmp_path)["results.jsonl"] != before["results.jsonl"]


def test_studies_may_share_a_folder_of_runs(two_arms, tmp_path, trainings):
    run_study(Study.check(two_arms), tmp_path / "one", runs=tmp_path / "runs")
    assert trainings.since() == 4
    two_arms["title"] = "another"
    two_arms["arms"]["random"] = {"about": "any", "rule": {"name": "random"}}
    run_study(Study.check(two_arms), tmp_path / "other", runs=tmp_path / "runs")
    assert trainings.since() == 2
    assert not (tmp_path / "one" / "runs").exists()
    assert len(read_records(tmp_path / "other").items) == 2


def test_an_arm_is_mined_through_the_encoder_of_this_condition_and_seed(two_arms, tmp_path, trainings):
    two_arms["arms"]["looked"] = {
        "about": "own", "miner": {"name": "mutual", "k": 5, "rest": "nearest"}, "through": "augmented",
    }  # fmt: skip
    study = Study.check(two_arms)
    run_study(study, tmp_path)
    assert trainings.since() == 6
    pool = open_images(study.file.pool)
    runs = {(run.cell.arm, run.cell.seed): run for run in read_records(tmp_path).runs}
    for seed in (0, 1):
        teacher = load_encoder(tmp_path / "runs" / runs["augmented", seed].run)
        expected = mine_through(teacher, pool, resolve(MINERS, two_arms["arms"]["looked"]["miner"]))
        own = [PairSet.load(path) for path in (tmp_path / "pairs").glob("looked-*.parquet")]
        [made] = [pairs for pairs in own if pairs.hash == runs["looked", seed].pairs["hash"]]
        assert {tuple(row) for row in made.positions(pool)} <= {tuple(row) for row in expected.positions(pool)}
        assert len(made) == len(pool)


def test_an_arm_that_looks_trains_what_it_looks_through_once(two_arms, tmp_path, trainings):
    """The arm it looks through is of no design: it is trained, and has no line."""
    two_arms["arms"]["looked"] = {"about": "own", "miner": {"name": "mutual", "k": 5}, "through": "semantic"}
    two_arms["arms"]["looked"]["miner"]["rest"] = "nearest"
    two_arms["designs"] = {"all": {"arms": ["augmented", "looked"]}}
    run_study(Study.check(two_arms), tmp_path)
    assert trainings.since() == 6
    assert {run.cell.arm for run in read_records(tmp_path).runs} == {"augmented", "looked"}


def test_shares_of_augmented_and_of_false_pairs(two_arms, tmp_path):
    two_arms["arms"]["semantic"]["noise"] = [0.0, 0.25]
    two_arms["arms"]["mixed"] = {"about": "half", "rule": {"name": "class"}, "share": 0.5}
    two_arms["seeds"] = [0]
    study = Study.check(two_arms)
    run_study(study, tmp_path)
    pool = open_images(study.file.pool)
    runs = {run.cell.arm: run for run in read_records(tmp_path).runs}
    assert runs["semantic, 25% false"].pairs["purity"] == 0.75  # 12 of 48 pairs
    assert runs["mixed"].pairs["purity"] == 1.0
    [mixed] = [PairSet.load(path) for path in (tmp_path / "pairs").glob("mixed-*.parquet")]
    left, right = mixed.positions(pool).T
    assert (left == right).sum() == 24
    assert {run.pairs["firsts"] for run in runs.values()} == {runs["augmented"].pairs["firsts"]}


def test_an_arm_goes_beyond_the_baselines_images(two_arms, tmp_path):
    two_arms["pool"]["pairs"] = 20
    two_arms["seeds"] = [0]
    two_arms["arms"]["more"] = {"about": "another of its class", "beyond": "class"}
    two_arms["arms"]["pool"] = {"about": "itself", "beyond": "identity"}
    run_study(Study.check(two_arms), tmp_path)
    runs = {run.cell.arm: run.pairs for run in read_records(tmp_path).runs}
    assert {arm: (own["pairs"], own["images"]) for arm, own in runs.items()} == {
        "augmented": (20, 20), "semantic": (20, 20), "more": (20, 40), "pool": (20, 20),
    }  # fmt: skip
    assert len({str(own["classes"]) for own in runs.values()}) == 1


def test_what_a_miner_proposes_is_judged(tables, tmp_path):
    tables["arms"] = {name: tables["arms"][name] for name in ("augmented", "mined")}
    tables["arms"]["curated"] = {**tables["arms"]["mined"], "curate": {"judgements": 30}}
    tables["seeds"] = [0]
    run_study(Study.check(tables), tmp_path)
    runs = {run.cell.arm: run.pairs for run in read_records(tmp_path).runs}
    assert runs["curated"]["pairs"] == runs["augmented"]["pairs"]
    assert runs["curated"]["classes"] == runs["augmented"]["classes"]


def test_an_arm_that_draws_nothing_has_one_pair_set(whole):
    hashes = {}
    for run in read_records(whole).runs:
        hashes.setdefault(run.cell.arm, set()).add(run.pairs["hash"])
    # Of the miner's proposals one is drawn for each image.
    assert {arm: len(own) for arm, own in hashes.items()} == {"augmented": 1, "semantic": 2, "mined": 2, "random": 2}


def test_the_pairs_of_every_arm_are_looked_into(tables, whole):
    audits = json.loads((whole / "audits.json").read_text())
    assert list(audits) == list(tables["arms"])
    assert {audit["pairs"] for audit in audits.values()} == {48}
    assert (audits["augmented"]["purity"], audits["semantic"]["purity"]) == (1.0, 1.0)


def test_examples_show_the_same_images_in_every_arm(tables, whole):
    examples = load_examples(whole / "examples.npz")
    assert list(examples) == list(tables["arms"])
    first = examples["augmented"].images[:, 0]
    assert all(np.array_equal(arm.images[:, 0], first) for arm in examples.values())
    np.testing.assert_array_equal(first, examples["augmented"].images[:, 1])
    assert examples["semantic"].same_class.all()


def test_an_evaluation_of_one_design_is_made_of_its_runs_alone(two_arms, tmp_path):
    two_arms["designs"] = {"all": {"arms": ["augmented"]}, "first": {"seeds": [0]}}
    two_arms["evaluate"]["first"] = {**two_arms["evaluate"]["same"], "designs": ["first"]}
    run_study(Study.check(two_arms), tmp_path)
    seen = {(value.data, value.cell.arm, value.cell.seed) for value in read_records(tmp_path).values}
    assert seen == {
        ("same", "augmented", 0), ("same", "augmented", 1), ("same", "semantic", 0),
        ("first", "augmented", 0), ("first", "semantic", 0),
    }  # fmt: skip


def test_runs_that_are_gone_leave_no_intervals_over_items(tables, whole, found, tmp_path):
    """A study whose runs were removed is collected from what is left: the scores stay, what needs outcomes goes."""
    folder = shutil.copytree(whole, tmp_path / "moved", ignore=lambda *_: ["runs"])
    run_study(Study.check(tables), folder)
    before, after = found(whole), found(folder)
    assert after["results.jsonl"] == before["results.jsonl"]
    assert after["items.jsonl"] == b""


def test_what_is_learned_from_and_tested_on_share_no_image(tables):
    train, test = train_and_test(Study.check(tables).file.evaluate["same"])
    assert (len(train), len(test)) == (40, 20)
    assert not set(train.ids) & set(test.ids)


def test_images_in_both_are_refused(tables):
    tables["evaluate"]["other"]["test"]["source"].pop("seed")
    with pytest.raises(UserError, match="60 images to be tested on are among those to learn from"):
        train_and_test(Study.check(tables).file.evaluate["other"])


def test_nothing_left_to_test_on_is_refused(tables):
    tables["evaluate"]["same"]["train"].pop("images")
    with pytest.raises(UserError, match="nothing is left to test on"):
        train_and_test(Study.check(tables).file.evaluate["same"])


def test_more_pairs_than_images_are_refused(two_arms, tmp_path):
    two_arms["pool"]["pairs"] = 49
    with pytest.raises(UserError, match=r"the pool has fewer images than pairs(?s:.*)48 images"):
        run_study(Study.check(two_arms), tmp_path)
