import json
import shutil

import numpy as np
import pytest

from sempairs.core.errors import UserError
from sempairs.core.files import read_json
from sempairs.study import runner
from sempairs.study.compare import Comparison
from sempairs.study.examples import load_examples
from sempairs.study.images import train_and_test
from sempairs.study.matrix import Study
from sempairs.study.results import read_results
from sempairs.study.runner import run_study


@pytest.fixture
def study(tables):
    return Study.check(tables)


def snapshot(folder):
    """The results of a study: everything but how long its runs took."""
    names = ("results.jsonl", "comparison.json", "audits.json")
    return {name: (folder / name).read_text() for name in names}


def test_a_study_gives_a_result_for_each_run_data_set_and_metric(study, tmp_path):
    run_study(study, tmp_path)
    lines = read_results(tmp_path / "results.jsonl")
    assert len(lines) == 8 * 3  # knn on the same, knn and few-shot on the other images
    assert {(line["arm"], line["seed"]) for line in lines} == {(cell.arm, cell.seed) for cell in study.cells}
    for line in lines:
        assert (tmp_path / "runs" / line["run"] / "encoder.safetensors").is_file()
    comparison = Comparison.from_json(read_json(tmp_path / "comparison.json"))
    assert len(comparison.lines) == 3 * 4
    for line in comparison.lines:
        own = [r["value"] for r in lines if (r["arm"], r["data"], r["metric"]) == (line.arm, line.data, line.metric)]
        assert line.mean == pytest.approx(np.mean(own))


def test_a_second_run_trains_and_evaluates_nothing_and_gives_the_same(study, tmp_path, monkeypatch):
    run_study(study, tmp_path)
    before = snapshot(tmp_path)
    monkeypatch.setattr(runner, "run_evaluations", lambda *_: pytest.fail("it evaluated again"))
    monkeypatch.setattr("sempairs.training.state.TrainState.fresh", lambda *_: pytest.fail("it trained again"))
    run_study(study, tmp_path)
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize("after", [1, 6])
def test_a_study_that_was_stopped_ends_as_one_that_was_not(study, tmp_path, monkeypatch, after):
    run_study(study, tmp_path / "whole")
    calls = iter(range(100))

    def stopped(*arguments):
        if next(calls) == after:
            raise KeyboardInterrupt
        return original(*arguments)

    original = runner.run_evaluations
    with monkeypatch.context() as patch:
        patch.setattr(runner, "run_evaluations", stopped)
        with pytest.raises(KeyboardInterrupt):
            run_study(study, tmp_path / "stopped")
    run_study(study, tmp_path / "stopped")
    assert snapshot(tmp_path / "stopped") == snapshot(tmp_path / "whole")


def test_arms_are_matched_and_kept(study, tmp_path):
    run_study(study, tmp_path)
    audits = json.loads((tmp_path / "audits.json").read_text())
    assert {audit["pairs"] for audit in audits.values()} == {48}
    assert len({str(audit["classes"]) for audit in audits.values()}) == 1
    assert audits["semantic"]["purity"] == 1.0
    # Identity and mined pairs are the same for both seeds, class and random pairs are not.
    assert len(list((tmp_path / "pairs").iterdir())) == 1 + 1 + 2 + 2


def test_examples_show_the_same_images_in_every_arm(study, tmp_path):
    run_study(study, tmp_path)
    examples = load_examples(tmp_path / "examples.npz")
    first = examples["augmented"].images[:, 0]
    assert all(np.array_equal(arm.images[:, 0], first) for arm in examples.values())
    np.testing.assert_array_equal(first, examples["augmented"].images[:, 1])
    assert examples["semantic"].same_class.all()


def test_arms_that_do_not_match_start_nothing(tables, tmp_path):
    tables["arms"]["mined"]["miner"] = {"name": "mutual", "k": 1}  # rest = "drop": fewer pairs
    with pytest.raises(UserError, match="'augmented' and 'mined' are not matched"):
        run_study(Study.check(tables), tmp_path)
    assert not (tmp_path / "runs").exists()


def test_another_study_in_the_folder_is_not_overwritten(tables, tmp_path):
    run_study(Study.check(tables), tmp_path)
    tables["title"] = "another"
    with pytest.raises(UserError, match=r"holds another study(?s:.*)got: made images"):
        run_study(Study.check(tables), tmp_path)


def test_other_evaluations_do_not_train_again(tables, tmp_path, monkeypatch):
    run_study(Study.check(tables), tmp_path / "a")
    shutil.copytree(tmp_path / "a" / "runs", tmp_path / "b" / "runs")
    tables["evaluate"]["same"]["with"][0]["k"] = 5
    monkeypatch.setattr("sempairs.training.state.TrainState.fresh", lambda *_: pytest.fail("it trained again"))
    run_study(Study.check(tables), tmp_path / "b")
    assert snapshot(tmp_path / "a") != snapshot(tmp_path / "b")


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
