"""A study file: what it spans, what it completes, and how each mistake in it is named."""

from importlib.resources import files
from pathlib import Path

import pytest

from sempairs.core.errors import UserError
from sempairs.study.cells import Cell, Condition
from sempairs.study.matrix import Study

CONDITION = Condition("simclr", "small", "crops", "all")


def test_a_study_spans_arms_conditions_and_seeds(tables):
    tables["views"]["none"] = {"name": "none"}
    tables["budgets"] = {"short": {}, "long": {"passes": 4}}
    study = Study.check(tables)
    assert len(study.cells) == 4 * 1 * 1 * 2 * 2 * 2
    # Seed by seed: stopped half way, the first seed is whole.
    assert {cell.seed for cell in study.cells[:16]} == {0}


def test_a_cell_says_what_is_trained(tables):
    tables["views"]["none"] = {"name": "none"}
    tables["budgets"] = {"short": {}, "long": {"passes": 4}}
    settings = Study.check(tables).settings(Cell("semantic", 1, Condition("simclr", "small", "none", "long")))
    assert (settings.views.name, settings.encoder.options["width"]) == ("none", 4)
    assert (settings.training.passes, settings.training.batch_size, settings.training.seed) == (4, 16, 1)


def test_arms_do_not_change_the_settings(tables):
    study = Study.check(tables)
    settings = {str(study.settings(Cell(arm, 1, CONDITION)).to_json()) for arm in tables["arms"]}
    assert len(settings) == 1


def test_rules_that_draw_at_random_draw_anew_for_each_seed(tables):
    study = Study.check(tables)
    assert [study.rule("semantic", seed).options["seed"] for seed in (0, 1)] == [0, 1]
    assert study.rule("augmented", 1).options == {}
    tables["arms"]["semantic"]["rule"]["seed"] = 7
    assert Study.check(tables).rule("semantic", 1).options["seed"] == 7


def test_every_share_of_false_neighbours_is_an_arm(tables):
    tables["arms"]["semantic"]["noise"] = [0.0, 0.2, 0.125]
    file = Study.check(tables).file
    assert list(file.arms) == [
        "augmented",
        "semantic",
        "semantic, 20% false",
        "semantic, 12.5% false",
        "mined",
        "random",
    ]
    noisy = file.arms["semantic, 12.5% false"]
    assert (noisy.of, noisy.noise) == ("semantic", (0.125,))
    assert noisy.about == "its class; 12.5% of the partners are of another class"
    assert {arm.of for arm in file.arms.values()} == {"augmented", "semantic", "mined", "random"}
    assert ("semantic, 20% false", "augmented") in file.comparisons


def test_contrasts_are_compared_after_the_baseline(tables):
    tables["contrasts"] = [["semantic", "random"], ["semantic", "augmented"]]
    assert Study.check(tables).file.comparisons == (
        ("semantic", "augmented"), ("mined", "augmented"), ("random", "augmented"), ("semantic", "random"),
    )  # fmt: skip


def test_an_evaluation_may_be_of_some_designs_only(tables):
    tables["methods"]["byol"] = {"name": "byol", "hidden": 8, "embedding": 4}
    tables["designs"] = {"main": {"methods": ["simclr"]}, "more": {"methods": ["byol"], "seeds": [0]}}
    tables["evaluate"]["other"]["designs"] = ["main"]
    study = Study.check(tables)
    assert len(study.cells) == 4 * 2 + 4
    assert {cell.method: list(study.file.evaluations(cell)) for cell in study.cells} == {
        "simclr": ["same", "other"], "byol": ["same"],
    }  # fmt: skip


@pytest.mark.parametrize("noise", [[0.0], [0.0, 0.3]])
def test_a_study_comes_back_from_its_json(tables, noise):
    tables["arms"]["semantic"]["noise"] = noise
    tables["designs"] = {"main": {"kind": "list", "rows": [{"views": "crops"}]}}
    study = Study.check(tables)
    again = Study.check(study.to_json())
    assert again == study
    assert again.cells == study.cells


def test_the_demo_is_a_study():
    study = Study.load(Path(str(files("sempairs.study").joinpath("demo.toml"))))
    assert len(study.cells) == 12
    assert study.file.arms["random"].control


def change(tables, path, value):
    *parents, last = path.split(".")
    for name in parents:
        tables = tables[name]
    tables[last] = value


MINER = {"about": "own", "miner": {"name": "mutual"}}


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("baseline", "augmentd", r"not an arm(?s:.*)did you mean 'augmented'"),
        ("contrasts", [["semantic", "minde"]], r"contrasts: 'minde' is not an arm(?s:.*)did you mean 'mined'"),
        ("seeds", [], "study.seeds: "),
        ("seeds", [1, 1], "a seed stands twice"),
        ("sedes", [1], r"study.sedes: (?s:.*)did you mean 'seeds'"),
        ("arms.semantic.rule", {"name": "clas"}, r"arms.semantic(?s:.*)no pairing rule called 'clas'(?s:.*)'class'"),
        ("arms.semantic.rule", {"name": "class", "sed": 1}, r"arms.semantic 'class' has no option 'sed'"),
        ("arms.semantic.rule", None, "arms.semantic needs one of rule, beyond, miner and file"),
        ("arms.semantic.beyond", "class", "arms.semantic needs one of rule, beyond, miner and file"),
        ("arms.semantic.noise", [1.5], "arms.semantic: a share of false neighbours is between 0 and 1"),
        ("arms.semantic.noise", [], "arms.semantic.noise"),
        ("arms.semantic.noise", [0.2, 0.2], "arms.semantic: a share stands twice"),
        ("arms.semantic.share", 1.5, "arms.semantic.share"),
        ("arms.semantic.curate", {}, "arms.semantic: only what a miner proposes is curated"),
        ("arms.semantic.features", {"name": "pca"}, "arms.semantic: a miner needs features"),
        ("arms.mined.features", None, "arms.mined: a miner needs features, or an arm to look through"),
        ("arms.mined.through", "augmented", "arms.mined: a miner needs features, or an arm to look through"),
        ("arms.mined.features", {"name": "pc"}, r"arms.mined(?s:.*)did you mean 'pca'"),
        ("arms.mined.curate", {"judgements": 0}, "arms.mined.curate.judgements"),
        ("arms.own", {**MINER, "through": "augmentd"}, "arms.own: cannot look through 'augmentd'(?s:.*)'augmented'"),
        ("arms.own", {**MINER, "through": "own"}, "arms.own: cannot look through 'own'"),
        (
            "arms.own",
            {"about": "more", "beyond": "class"},
            "arms.own: the pool has no image that the baseline",
        ),
        ("arms.own", {"about": "more", "beyond": "clas"}, "arms.own.beyond"),
        ("methods.simclr", {"name": "simclr", "temperatur": 1.0}, "did you mean 'temperature'"),
        ("methods.simclr", {}, "methods.simclr needs a name"),
        ("methods.spare", {"name": "simcl"}, r"methods.spare: there is no method(?s:.*)did you mean 'simclr'"),
        ("methods", {}, "study.methods"),
        ("encoders.small", {"name": "resnet"}, "encoders.small: there is no encoder called 'resnet'"),
        ("views.crops", {"name": "crop"}, r"views.crops(?s:.*)did you mean 'crop-only'"),
        ("encoder", {"name": "small-resnet"}, r"study.encoder: (?s:.*)did you mean 'encoders'"),
        ("training", {"lr": "fast"}, "training.lr"),
        ("budgets", {"long": {"pases": 3}}, "did you mean 'passes'"),
        ("designs", {}, "study.designs"),
        ("designs", {"one": {"methods": ["byol"]}}, r"designs.one.methods: 'byol' is not in the study(?s:.*)simclr"),
        ("designs", {"one": {"seeds": [4]}}, "designs.one.seeds: 4 is not in the study"),
        ("designs", {"one": {"arms": ["semantic"]}}, "designs.one lacks the baseline(?s:.*)'augmented'"),
        ("designs", {"one": {"arms": ["augmented", "x"]}}, "designs.one.arms: 'x' is not in the study"),
        ("designs", {"one": {"kind": "list"}}, "designs.one: a design of the kind 'list' has 'rows'"),
        ("designs", {"one": {"kind": "product", "vary": ["views"]}}, "designs.one: (?s:.*)kind 'product' with vary"),
        ("designs", {"one": {"kind": "list", "rows": [{"views": "x"}]}}, "designs.one.rows: 'x' is not in the study"),
        ("designs", {"one": {"kind": "list", "rows": [{"arm": "x"}]}}, "designs.one.rows"),
        ("designs", {"one": {"kind": "all"}}, "designs.one.kind"),
        ("evaluate.same.with", [{"name": "knm"}], r"evaluate.same.with(?s:.*)did you mean 'knn'"),
        ("evaluate.same.designs", ["min"], "evaluate.same.designs: there is no design 'min'"),
        ("evaluate.same.test", {"source": {"name": "mad"}}, "evaluate.same.test.source: (?s:.*)did you mean 'made'"),
        ("pool.source", {"name": "made", "m": 3}, "pool.source 'made' has no option 'm'"),
        ("pool.images", 0, "study.pool.images: "),
        ("pool.pairs", 1, "study.pool.pairs: "),
    ],
)
def test_what_is_wrong_is_named_with_its_place(tables, path, value, message):
    change(tables, path, value)
    with pytest.raises(UserError, match=message):
        Study.check(tables)


def test_an_arm_is_not_looked_through_where_it_is_not_made(tables):
    """The arm with false neighbours is there, the one without is not."""
    tables["arms"]["semantic"]["noise"] = [0.5]
    tables["arms"]["own"] = {**MINER, "through": "semantic"}
    with pytest.raises(UserError, match=r"arms.own: cannot look through 'semantic'"):
        Study.check(tables)


def test_files_that_are_no_study(tmp_path):
    with pytest.raises(UserError, match="cannot read the study file"):
        Study.load(tmp_path / "none.toml")
    with pytest.raises(UserError, match="cannot read the study file"):
        Study.load(tmp_path)
    (tmp_path / "bad.toml").write_text("title = ")
    with pytest.raises(UserError, match="is not TOML"):
        Study.load(tmp_path / "bad.toml")
    (tmp_path / "empty.toml").write_text("")
    with pytest.raises(UserError, match=r"empty.toml.title: field required"):
        Study.load(tmp_path / "empty.toml")
