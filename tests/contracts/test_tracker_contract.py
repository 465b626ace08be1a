"""What every tracker in the registry promises, read back from the files that its own library writes."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from sempairs.core.runs import JsonLines
from sempairs.core.settings import build
from sempairs.training.trackers import TRACKERS
from sempairs.training.trackers.base import Tracker

NAME = "0123456789abcdef"
SETTINGS = {"pairs": "fedcba", "method": {"name": "simclr", "temperature": 0.5}}
RESULT = {"steps": 60, "features": {"std": 0.4}, "collapse": None}

KILLED = """
import json, os, signal, sys
from pathlib import Path
from sempairs.core.settings import build
from sempairs.training.trackers import TRACKERS

name, folder, *told = sys.argv[1:]
run, title, settings, lines = map(json.loads, told)
tracker = build(TRACKERS, name)
tracker.begin(run, title, settings, Path(folder), 0)
for line in lines:
    tracker.log(line)
os.kill(os.getpid(), signal.SIGKILL)
"""


def line(step: int) -> dict:
    """As in metrics.jsonl: numbers, nested numbers, and what is no number."""
    return {
        "step": step,
        "loss": 1 / step,
        "features": {"std": step / 128, "top eigenvalue share": 0.25},
        "speed": {"images/s": 10 * step},
        "note": "7",
        "skipped": True,
        "memory": None,
    }


NAMES = {
    "loss": lambda step: 1 / step,
    "features/std": lambda step: step / 128,
    "features/top eigenvalue share": lambda step: 0.25,
    "speed/images/s": lambda step: 10 * step,
}


def events(folder: Path) -> dict[str, list]:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    read = EventAccumulator(str(folder)).Reload()
    assert read.Tags()["tensors"] == ["settings/text_summary", "result/text_summary"]
    assert all(len(read.Tensors(text)) == 1 for text in read.Tags()["tensors"])  # settings are not written twice
    return {tag: [(event.step, event.value) for event in read.Scalars(tag)] for tag in read.Tags()["scalars"]}


def store(folder: Path) -> dict[str, list]:
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=(folder.parent / "mlruns").as_uri())
    (run,) = client.search_runs([client.get_experiment_by_name("sempairs").experiment_id])
    assert run.data.params == {"pairs": "fedcba", "method/name": "simclr", "method/temperature": "0.5"}
    assert run.info.status == "FINISHED"
    assert json.loads(run.data.tags["sempairs.result"]) == RESULT
    return {
        metric: [(entry.step, entry.value) for entry in client.get_metric_history(run.info.run_id, metric)]
        for metric in run.data.metrics
    }


def offline_run(folder: Path) -> dict[str, list]:
    """The one offline run: 7 bytes, then protobufs in a LevelDB log (crc of 4 bytes, length of 2, type 1 = whole)."""
    import wandb
    from wandb.proto.wandb_internal_pb2 import Record

    wandb.teardown()  # its service writes in a process of its own, which `finish` does not wait for
    (path,) = (folder / "wandb").glob("offline-run-*/*.wandb")
    data, at, read = path.read_bytes(), 7, {}
    assert len(data) < 2**15  # one block
    while at < len(data):
        length = int.from_bytes(data[at + 4 : at + 6], "little")
        assert data[at + 6] == 1
        record = Record.FromString(data[at + 7 : at + 7 + length])
        for item in record.history.item:
            name = item.key or item.nested_key[0]
            read.setdefault(name, []).append((record.history.step.num, json.loads(item.value_json)))
        at += 7 + length
    return {name: values for name, values in read.items() if not name.startswith("_")}  # _step, _runtime, _timestamp


READERS = {"tensorboard": events, "mlflow": store, "wandb": offline_run}


@pytest.fixture(autouse=True)
def nobody_else(monkeypatch):
    """No tracking server of whoever runs the tests."""
    for name in ("WANDB_MODE", "WANDB_PROJECT", "MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_NAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("WANDB_SILENT", "true")


@pytest.mark.parametrize("name", list(TRACKERS))
def test_a_killed_run_is_whole_after_its_resume(name, tmp_path):
    """Killed after step 50, resumed at its checkpoint of step 30: every line is there once and in order."""
    pytest.importorskip(name, reason=f"pip install 'sempairs[{name}]' to test against the real library")
    folder, lines = tmp_path / "runs" / NAME, [line(step) for step in range(10, 70, 10)]
    folder.mkdir(parents=True)
    told = [json.dumps(value) for value in (NAME, "title", SETTINGS, lines[:5])]
    killed = subprocess.run([sys.executable, "-c", KILLED, name, str(folder), *told], check=False)
    assert killed.returncode == -signal.SIGKILL
    time.sleep(1)  # TensorBoard reads files by the second of their making

    record, before = JsonLines(folder / "metrics.jsonl"), torch.get_rng_state()
    for each in lines[:3]:
        record.append(each)
    tracker = build(TRACKERS, name)
    assert isinstance(tracker, Tracker)
    tracker.begin(NAME, "title", SETTINGS, folder, 30)
    for each in lines[3:]:
        tracker.log(each)
    tracker.end(RESULT)

    read = READERS[name](folder)
    assert read.keys() == NAMES.keys()
    for metric, value in NAMES.items():
        assert [step for step, _ in read[metric]] == [10, 20, 30, 40, 50, 60], metric
        assert [number for _, number in read[metric]] == pytest.approx([value(step) for step, _ in read[metric]])
    assert torch.equal(torch.get_rng_state(), before)  # what dropout draws from
