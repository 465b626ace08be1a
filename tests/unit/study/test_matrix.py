from importlib.resources import files
from pathlib import Path

import pytest

from sempairs.core.errors import UserError
from sempairs.study.matrix import Cell, Study


def test_a_study_spans_arms_methods_and_seeds(tables):
    study = Study.check(tables)
    assert len(study.cells) == 4 * 1 * 2
    # Seed by seed: stopped half way, the first seed is whole.
    assert {cell.seed for cell in study.cells[:4]} == {0}


def test_arms_do_not_change_the_settings(tables):
    study = Study.check(tables)
    settings = {str(study.settings(Cell(arm, "simclr", 1)).to_json()) for arm in tables["arms"]}
    assert len(settings) == 1
    assert study.settings(Cell("random", "simclr", 1)).training.seed == 1


def test_rules_that_draw_at_random_draw_anew_for_each_seed(tables):
    study = Study.check(tables)
    assert [study.rule("semantic", seed).options["seed"] for seed in (0, 1)] == [0, 1]
    assert study.rule("augmented", 1).options == {}
    tables["arms"]["semantic"]["rule"]["seed"] = 7
    assert Study.check(tables).rule("semantic", 1).options["seed"] == 7


def test_a_study_comes_back_from_its_json(tables):
    study = Study.check(tables)
    assert Study.check(study.to_json()) == study


def test_the_demo_is_a_study():
    study = Study.load(Path(str(files("sempairs.study").joinpath("demo.toml"))))
    assert len(study.cells) == 12
    assert study.file.arms["random"].control


def change(tables, path, value):
    *parents, last = path.split(".")
    for name in parents:
        tables = tables[name]
    tables[last] = value


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("baseline", "augmentd", r"not an arm(?s:.*)did you mean 'augmented'"),
        ("seeds", [], "study.seeds: "),
        ("seeds", [1, 1], "a seed stands twice"),
        ("sedes", [1], r"study.sedes: (?s:.*)did you mean 'seeds'"),
        ("arms.semantic.rule", {"name": "clas"}, r"no pairing rule called 'clas'(?s:.*)'class'"),
        ("arms.semantic.rule", {"name": "class", "sed": 1}, r"arms.semantic 'class' has no option 'sed'"),
        ("arms.semantic.rule", None, "arms.semantic needs a rule, or a miner"),
        ("arms.mined.features", None, "arms.mined needs a rule, or a miner"),
        ("methods.simclr", {"name": "simclr", "temperatur": 1.0}, "did you mean 'temperature'"),
        ("methods.simclr", {}, "method needs a name"),
        ("encoder", {"name": "resnet"}, "no encoder called 'resnet'"),
        ("training", {"lr": "fast"}, "training.lr"),
        ("evaluate.same.with", [{"name": "knm"}], "did you mean 'knn'"),
        ("pool.source", {"name": "made", "m": 3}, "has no option 'm'"),
        ("pool.images", 0, "study.pool.images: "),
    ],
)
def test_what_is_wrong_is_named_with_its_place(tables, path, value, message):
    change(tables, path, value)
    with pytest.raises(UserError, match=message):
        Study.check(tables)


def test_files_that_are_no_study(tmp_path):
    with pytest.raises(UserError, match="cannot read the study file"):
        Study.load(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("title = ")
    with pytest.raises(UserError, match="is not TOML"):
        Study.load(tmp_path / "bad.toml")
    (tmp_path / "empty.toml").write_text("")
    with pytest.raises(UserError, match=r"empty.toml.title: field required"):
        Study.load(tmp_path / "empty.toml")
