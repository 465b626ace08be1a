"""The studies of ImageNet, whole but small: all arms, methods, designs and evaluations; sizes alone are changed."""

import re
import tomllib
from pathlib import Path

import pytest

from made_answers import fill_in
from made_imagenet import looks_alike, write_beside, write_imagenet
from sempairs.cli.main import app
from sempairs.core.errors import UserError
from sempairs.core.progress import quiet
from sempairs.pairs.operations import sample_pairs
from sempairs.pairs.pairset import PairSet
from sempairs.pairs.rules import same_class
from sempairs.sources.opening import open_source
from sempairs.study import images
from sempairs.study.matrix import Study
from sempairs.study.records import read_records
from sempairs.study.runner import _Runner, run_study

ROOT = Path(__file__).parents[2]
SIZES = {
    "size": 24, "images": 24, "hidden": 16, "embedding": 8, "bottleneck": 4, "queue": 16, "prototypes": 8,
    "batch_size": 8, "steps": 2, "shots": [1, 2, 3], "sizes": [40], "proposals": 20, "regions": 8, "batch": 2,
    "precision": "fp32",
}  # fmt: skip
"""In place of the studies' own. The precision too: a CPU refuses to emulate bf16."""
OF_MEMBERS = {
    "fewshot": {"ways": 3, "queries": 3, "episodes": 5},
    "linear-sgd": {"epochs": 1, "lrs": [1.0]},
    "transfer": {"size": 24},
}
"""Sizes that the studies leave at their defaults."""
COMMANDS = {
    "size=256": "size=32",
    "size=224": "size=32",
    "efficientnet-lite0": "gradients:dim=16",
    "--gold-by-label 60": "--gold-by-label 8",
}
"""What the page's commands have in place of their own on the drawn folder."""
RUNS = {"imagenet100": 282, "imagenet1k": 120}
"""imagenet100: 8 methods x 8 arms x 3 seeds, then 3 x 4 x 3 and 3 x 2 views x 3 arms x 3; imagenet1k: 8 x 4 x 3 and
2 x 4 x 3, whose baseline is in the first."""


def small(name: str) -> dict:
    """A study file with small sizes, one seed and a network of four channels."""
    tables = shrunk(tomllib.loads((ROOT / f"studies/{name}.toml").read_text(encoding="utf-8")))
    encoders = {key: {"name": "small-resnet", "width": 4} for key in tables["encoders"]}
    return tables | {"seeds": [0], "encoders": encoders}


def shrunk(value):
    if isinstance(value, list):
        return [shrunk(one) for one in value]
    if not isinstance(value, dict):
        return value
    sizes = {
        key: SIZES.get(key, shrunk(one)) if not isinstance(one, dict) else shrunk(one) for key, one in value.items()
    }
    return sizes | OF_MEMBERS.get(str(value.get("name")), {})


@pytest.fixture
def work(tmp_path, monkeypatch):
    """A working folder with all that the header of the studies asks for; `imagenet` and `imagenet100` are one."""
    monkeypatch.chdir(tmp_path)
    images._open.cache_clear()
    (tmp_path / "imagenet").symlink_to(write_imagenet(tmp_path / "imagenet100"))
    with quiet():
        yield tmp_path
    images._open.cache_clear()


@pytest.fixture
def curated(work):
    """Certified pairs, not as many of each class."""
    pairs = same_class(open_source({"name": "folder", "root": "imagenet100/train", "size": 24}))
    sample_pairs(pairs, 60).save(work / "imagenet100/curated.parquet")


@pytest.mark.parametrize(("name", "runs"), RUNS.items())
def test_the_study_files_are_whole(name, runs):
    study = Study.load(ROOT / f"studies/{name}.toml")
    assert len(study.cells) == runs
    assert {cell.arm for cell in study.cells} == set(study.file.arms) >= {"augmented", "curated", "mined", "random"}
    assert {cell.method for cell in study.cells} == set(study.file.methods)
    assert len(study.file.seeds) >= 3
    no_more = study.file.cells_of({"detection": study.file.designs["detection"]})
    assert set(no_more) < set(study.file.cells_of({k: v for k, v in study.file.designs.items() if k != "detection"}))


@pytest.mark.parametrize("name", RUNS)
def test_without_imagenet_a_study_says_which_file_or_folder_it_wants(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    images._open.cache_clear()
    study = Study.load(ROOT / f"studies/{name}.toml")
    with pytest.raises(
        UserError, match=f"cannot open the folder of images\n.*{tmp_path}/imagenet.*/train.*No such file"
    ):
        run_study(study, tmp_path / "out")
    write_imagenet(tmp_path / study.file.pool.source["root"].partition("/")[0])
    with pytest.raises(UserError, match=r"no pair set at imagenet.*/curated\.parquet"):
        run_study(Study.check(small(name)), tmp_path / "out")


def test_every_arm_and_every_method_is_trained_and_matched(curated, work):
    tables = small("imagenet100")
    tables["designs"] = {
        "arms": {"methods": ["simclr"], "encoders": ["resnet18"], "views": ["full"]},
        "methods": {"arms": ["augmented"], "encoders": ["resnet18"], "views": ["full"]},
    }
    tables["evaluate"] = {"imagenet": tables["evaluate"]["imagenet"]}
    study = Study.check(tables)
    run_study(study, work / "out")
    records = read_records(work / "out")
    assert not records.missing
    facts = {run.cell.arm: run.pairs for run in records.runs}
    assert {arm: fact["pairs"] for arm, fact in facts.items()} == dict.fromkeys(study.file.arms, 60)
    composition = PairSet.load(work / "imagenet100/curated.parquet").column("label").tolist()
    for fact in facts.values():
        assert fact["classes"] == {name: composition.count(name) for name in sorted(set(composition))}


def test_every_evaluation_of_a_study_is_made(curated, work, monkeypatch):
    write_beside(work, monkeypatch)
    tables = small("imagenet100")
    detection = tables["designs"]["detection"] | {"methods": ["simclr"], "arms": ["augmented", "curated"]}
    study = Study.check(tables | {"designs": {"detection": detection}})
    run_study(study, work / "out")
    records = read_records(work / "out")
    assert not records.missing
    assert len(records.runs) == 2
    metrics = {data: {metric for of, metric in records.metrics if of == data} for data, _ in records.metrics}
    assert set(metrics) == set(study.file.evaluate)
    assert {"knn", "linear-sgd", "3-way 1-shot"} <= metrics["imagenet"]
    assert {"transfer pets", "transfer mean"} == metrics["transfer"]
    assert {"detection AP", "detection AP50", "detection AP75"} == metrics["detection"]
    assert "invariance" in metrics["invariance"]


def test_the_curation_of_the_page_ends_in_a_set_that_the_study_takes(work, capfd):
    """Its commands as they are written; a program judges all pairs, and somebody fills in the answers."""
    page = (ROOT / "docs/imagenet.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    commands = [line for line in "".join(blocks).splitlines() if line.startswith("sempairs ")]
    assert len(commands) == 14
    for command in commands:
        for own, tiny in COMMANDS.items():
            command = command.replace(own, tiny)
        run(command, capfd)
        if command.startswith("sempairs review create"):
            candidates = PairSet.load(Path("candidates.parquet"))
            rows = zip(*(candidates.column(name) for name in ("pair_id", "a", "b")), strict=True)
            verdicts = [f"{id},{'accept' if looks_alike(a, b) else 'reject'}" for id, a, b in rows]
            Path("verdicts.csv").write_text("\n".join(["pair_id,verdict", *verdicts]))
            run("sempairs review import verdicts.csv --store review.sqlite --as script --simulated", capfd)
        elif "--questions" in command:
            Path("answers.toml").write_text(fill_in(Path("answers.toml").read_text()))
    certified = PairSet.load(work / "imagenet100/curated.parquet")
    assert 0 < len(certified) < len(candidates)
    assert all(looks_alike(*pair) for pair in zip(certified.column("a"), certified.column("b"), strict=True))

    tables = small("imagenet100")
    tables["designs"] = {"one": {"methods": ["simclr"], "encoders": ["resnet18"], "arms": ["augmented", "curated"]}}
    tables["designs"]["one"]["views"] = ["full"]
    tables["evaluate"] = {"imagenet": tables["evaluate"]["imagenet"]}
    run_study(Study.check(tables), work / "out")
    pairs = {run.cell.arm: run.pairs["pairs"] for run in read_records(work / "out").runs}
    assert pairs["augmented"] == pairs["curated"] == len(set(certified.column("a")))


def run(command: str, capfd) -> None:
    with pytest.raises(SystemExit) as exit:
        app(command.split()[1:])
    out, err = capfd.readouterr()
    assert not exit.value.code, f"{command}\n{out}{err}"


@pytest.mark.slow
@pytest.mark.parametrize("name", RUNS)
def test_a_whole_study_is_run_stopped_resumed_and_reported(name, curated, work, monkeypatch, capfd):
    write_beside(work, monkeypatch)
    study = Study.check(small(name))
    real, done = _Runner.finish, []

    def stopped(runner, cell, title):
        if len(done) == 7:
            raise KeyboardInterrupt
        done.append(cell)
        real(runner, cell, title)

    monkeypatch.setattr(_Runner, "finish", stopped)
    with pytest.raises(KeyboardInterrupt):
        run_study(study, work / "out")
    monkeypatch.setattr(_Runner, "finish", lambda runner, cell, title: (done.append(cell), real(runner, cell, title)))
    run_study(study, work / "out")
    assert len(done) == len(set(done)) == len(study.cells)
    assert not read_records(work / "out").missing
    run("sempairs study report out", capfd)
    page = (work / "out/report.html").read_text(encoding="utf-8")
    assert all(name in page for name in (*study.file.arms, *study.file.methods))
