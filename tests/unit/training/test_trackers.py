"""No training stops, changes or waits for a tracker that fails; nothing leaves the machine unless asked for."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from made import made_source
from sempairs.core.errors import UserError
from sempairs.core.runs import JsonLines, RunStore
from sempairs.core.settings import build
from sempairs.encoders.files import load_encoder
from sempairs.pairs.rules import same_class
from sempairs.training import loop
from sempairs.training.loop import train
from sempairs.training.settings import TrainSettings
from sempairs.training.trackers import TRACKERS
from sempairs.training.trackers.base import flat, numbers, tell
from sempairs.training.trackers.mlflow import MLflow
from sempairs.training.trackers.wandb import WandB


class Listener:
    """Keeps what it is told."""

    def __init__(self):
        self.told = []

    def begin(self, *given):
        self.told.append(("begin", *given))

    def log(self, *given):
        self.told.append(("log", *given))

    def end(self, *given):
        self.told.append(("end", *given))


class Failing(Listener):
    """Raises in one of its methods, after it has spoilt what it was given."""

    def __init__(self, where):
        super().__init__()
        self.where = where

    def _spoil(self, what, *given):
        self.told.append(what)
        if what == self.where:
            for value in given:
                if isinstance(value, dict):
                    value.clear()
            torch.manual_seed(len(self.told))
            raise OSError("the server is gone")

    def begin(self, *given):
        self._spoil("begin", *given)

    def log(self, *given):
        self._spoil("log", *given)

    def end(self, *given):
        self._spoil("end", *given)


def tell_a_run(trackers):
    tell(trackers, "begin", "name", "title", {}, Path(), 0)
    tell(trackers, "log", {"step": 1, "loss": 0.5})
    tell(trackers, "log", {"step": 2, "loss": 0.4})
    tell(trackers, "end", {"steps": 2})


def test_numbers_have_names_with_a_slash_and_texts_are_none():
    line = {"step": 3, "loss": 1, "features": {"std": 0.5, "deep": {"er": 2}}, "text": "1", "yes": True, "none": None}
    assert numbers(line) == {"loss": 1.0, "features/std": 0.5, "features/deep/er": 2.0}
    assert flat({"a": {"b": "text", "c": [1, 2]}, "d": None}) == {"a/b": "text", "a/c": [1, 2], "d": None}


@pytest.mark.parametrize(
    ("where", "told"),
    [
        ("begin", ["begin"]),
        ("log", ["begin", "log"]),
        ("end", ["begin", "log", "log", "end"]),
    ],
)
def test_one_that_raises_is_left_alone_and_said_once(capsys, where, told):
    failing, other = Failing(where), Listener()
    tell_a_run([failing, other])
    assert failing.told == told
    assert [each[0] for each in other.told] == ["begin", "log", "log", "end"]
    assert [each[1] for each in other.told[1:]] == [{"step": 1, "loss": 0.5}, {"step": 2, "loss": 0.4}, {"steps": 2}]
    said = capsys.readouterr().err
    assert said.count("the server is gone") == 1
    assert "Failing failed and is left alone" in said


def test_the_next_run_is_another_chance(capsys):
    failing = Failing("log")
    tell_a_run([failing])
    tell_a_run([failing])
    assert failing.told == ["begin", "log"] * 2


def test_a_key_that_is_pressed_is_no_failure_of_a_tracker():
    class Pressed(Listener):
        def log(self, line):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tell_a_run([Pressed()])


@pytest.mark.parametrize("where", ["begin", "log", "end"])
def test_a_training_with_failing_trackers_is_the_training_without(tmp_path, monkeypatch, capsys, where):
    monkeypatch.setattr(loop, "LOG_STEPS", 1)
    source = made_source()
    tables = {"encoder": {"name": "small-resnet", "width": 4}, "training": {"batch_size": 16, "passes": 2}}
    settings, listener = TrainSettings.resolve(tables), Listener()
    alone = train(same_class(source), source, settings, RunStore(tmp_path / "alone"))
    told = train(same_class(source), source, settings, RunStore(tmp_path / "told"), trackers=[Failing(where), listener])
    one, other = (load_encoder(run.folder).state_dict() for run in (alone, told))
    assert all(torch.equal(one[name], other[name]) for name in one)
    lines, said = (JsonLines(run.folder / "metrics.jsonl").read() for run in (alone, told))
    assert [line["loss"] for line in lines] == [line["loss"] for line in said]
    begin, *logged, end = listener.told
    assert begin[1] == told.name
    assert begin[4:] == (told.folder, 0)
    speed = [{"speed": line} for line in JsonLines(told.folder / "speed.jsonl").read()]
    for line in speed:
        line["speed"].pop("step")
    assert logged == [("log", a | b) for a, b in zip(said, speed, strict=True)]  # what stands in the files, in order
    assert end == ("end", told.result)
    assert capsys.readouterr().err.count("the server is gone") == 1


@pytest.mark.parametrize(
    ("name", "module"), [("tensorboard", "torch.utils.tensorboard"), ("mlflow", "mlflow"), ("wandb", "wandb")]
)
def test_a_library_that_is_missing_is_the_users_to_install(monkeypatch, name, module):
    monkeypatch.setitem(sys.modules, module, None)  # Python's own way to say that it cannot be imported
    with pytest.raises(UserError, match=rf"is not installed(?s:.*)pip install 'sempairs\[{name}\]'"):
        build(TRACKERS, name)


class Service:
    """Stands in for wandb online, which no test reaches: it has the lines up to a step, as after a kill."""

    def __init__(self, has):
        self.starting_step, self.has, self.asked, self.code = max(has, default=-1) + 1, list(has), {}, None
        self.Settings, self.summary = SimpleNamespace, {}

    def init(self, **asked):
        self.asked = asked
        return self

    def log(self, numbers, step):
        self.has.append(step)

    def finish(self, exit_code):
        self.code = exit_code


@pytest.mark.parametrize(
    ("has", "then"),
    [
        ([], [10, 20, 30, 40]),  # offline, or a service that never got anything
        ([10], [10, 20, 30, 40]),  # what a kill lost is filled in
        ([10, 20, 30], [10, 20, 30, 40]),  # sent before the kill: not again
        ([10, 20, 30, 40], [10, 20, 30, 40]),
    ],
)
def test_wandb_gets_what_the_service_lacks(tmp_path, monkeypatch, has, then):
    service = Service(has)
    monkeypatch.setitem(sys.modules, "wandb", service)
    monkeypatch.setenv("WANDB_MODE", "online")
    (tmp_path / "wandb/offline-run-1-name").mkdir(parents=True)
    for step in (10, 20):
        JsonLines(tmp_path / "metrics.jsonl").append({"step": step, "loss": 0.5})
    tracker = WandB()
    tracker.begin("name", "title", {"lr": 0.1}, tmp_path, 20)
    for step in (30, 40):
        tracker.log({"step": step, "loss": 0.5})
    tracker.end(None)
    assert service.has == then
    assert service.code == 1
    assert {"id": "name", "mode": "online", "resume": "allow", "config": {"lr": 0.1}}.items() <= service.asked.items()
    assert (tmp_path / "wandb/offline-run-1-name").exists()  # online says nothing of it


def test_wandb_is_offline_unless_asked(tmp_path, monkeypatch):
    service = Service([])
    monkeypatch.setitem(sys.modules, "wandb", service)
    monkeypatch.delenv("WANDB_MODE", raising=False)
    (tmp_path / "wandb/offline-run-1-other").mkdir(parents=True)
    (tmp_path / "wandb/offline-run-1-name").mkdir()
    WandB().begin("name", "title", {}, tmp_path, 0)
    assert service.asked["mode"] == "offline"
    assert [path.name for path in (tmp_path / "wandb").iterdir()] == ["offline-run-1-other"]


def history(client, metric):
    (run,) = client.search_runs([client.get_experiment_by_name("mine").experiment_id])
    return run.info.status, [entry.step for entry in client.get_metric_history(run.info.run_id, metric)]


def test_mlflow_goes_where_the_environment_says_and_completes_half_a_line(tmp_path, monkeypatch):
    mlflow = pytest.importorskip("mlflow", reason="pip install 'sempairs[mlflow]' to test against the real library")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", (tmp_path / "elsewhere").as_uri())
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "mine")
    first, client = MLflow(), mlflow.MlflowClient()
    first.begin("name", "title", {}, tmp_path / "runs/name", 0)
    first.log({"step": 10, "loss": 0.5, "lr": 0.1})
    first.log({"step": 20, "loss": 0.4})  # killed before it came to "lr"
    first.end(None)
    assert history(client, "loss") == ("KILLED", [10, 20])
    second = MLflow()
    second.begin("name", "title", {}, tmp_path / "runs/name", 10)
    second.log({"step": 20, "loss": 0.4, "lr": 0.1})
    assert history(client, "loss") == ("RUNNING", [10, 20])
    assert history(client, "lr") == ("RUNNING", [10, 20])
    assert not (tmp_path / "runs").exists()
