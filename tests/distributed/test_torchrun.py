"""Whole trainings by `torchrun -m sempairs train`: the numbers of one process, resumable, on any number of them."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from sempairs.core.runs import JsonLines
from sempairs.encoders.files import load_encoder

STEPS = 24
OPTIONS = [
    "digits", "--method", "moco-v2", "--set", "method.queue=64", "--set", "encoder.width=4",
    "--set", "training.batch_size=16", "--set", f"training.steps={STEPS}", "--set", "training.lr=0.01",
]  # fmt: skip
# Checkpoints after every step, which the command line has no option for, and steps that take a while where asked.
PROGRAM = """
import os, sys, time
from sempairs.cli.main import app
from sempairs.training import record
from sempairs.training.state import TrainState
record.CHECKPOINT_SECONDS, record.AGREE_STEPS = 0.0, 1
advance, pause = TrainState.advance, float(sys.argv.pop(1))
TrainState.advance = lambda *given: (time.sleep(pause), advance(*given))[1]
open(sys.argv.pop(1), "a").write(f"{os.getpid()}\\n")
app()
"""


def started(folder: Path, processes: int, pause: float = 0.0) -> subprocess.Popen:
    """The command on so many processes, each of which writes down its number."""
    program, pids = folder.parent / "program.py", folder.parent / "pids"
    program.write_text(PROGRAM)
    pids.unlink(missing_ok=True)
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
    command = [sys.executable, *(torchrun if processes > 1 else []), program, str(pause), pids, "train", *OPTIONS]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.Popen([*command, "--out", folder], env=environment, stderr=subprocess.PIPE, text=True)


def finished(folder: Path, processes: int) -> Path:
    """The folder of the run, after the command has come to its end."""
    process = started(folder, processes)
    _, errors = process.communicate(timeout=240)
    assert process.returncode == 0, errors
    [settings] = folder.glob("*/settings.json")
    return settings.parent


def killed(folder: Path, processes: int, at_step: int) -> None:
    """Start the command and kill all of it once a checkpoint of this step or a later one is there."""
    process = started(folder, processes, pause=0.05)
    began = time.monotonic()
    while not any(int(path.name.split("-")[1]) >= at_step for path in folder.glob("*/checkpoint-*")):
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() - began < 240
        time.sleep(0.01)
    process.kill()
    for pid in (folder.parent / "pids").read_text().split():  # torchrun's workers live on without it
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(pid), signal.SIGKILL)
    process.communicate()
    assert not list(folder.glob("*/result.json"))


def log_of(run: Path) -> list[dict]:
    return JsonLines(run / "metrics.jsonl").read()


def weights(run: Path) -> dict[str, torch.Tensor]:
    return load_encoder(run).state_dict()


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A training that nobody stopped, on one and on two processes."""
    folder = tmp_path_factory.mktemp("whole")
    return {count: finished(folder / str(count), count) for count in (1, 2)}


def test_two_processes_train_what_one_does(whole):
    one, two = (weights(whole[count]) for count in (1, 2))
    assert one.keys() == two.keys()
    for name in one:  # float32 sums in another order, through 24 steps
        torch.testing.assert_close(two[name], one[name], rtol=2e-3, atol=2e-4, msg=lambda text, name=name: name + text)
    logs = [log_of(whole[count]) for count in (1, 2)]
    assert [line["step"] for line in logs[0]] == [line["step"] for line in logs[1]] == [10, 20, 24]
    for a, b in zip(*logs, strict=True):
        assert b["loss"] == pytest.approx(a["loss"], rel=1e-3)
    assert json.loads((whole[2] / "result.json").read_text())["processes"] == 2


@pytest.mark.parametrize(
    ("processes", "at_step"),
    [
        (1, 13), (2, 7), pytest.param(1, 3, marks=pytest.mark.slow), pytest.param(2, 17, marks=pytest.mark.slow),
    ],
)  # fmt: skip
def test_a_killed_training_ends_bit_for_bit_as_one_that_was_not(whole, tmp_path, processes, at_step):
    killed(tmp_path / "runs", processes, at_step)
    run = finished(tmp_path / "runs", processes)
    ours, theirs = weights(run), weights(whole[processes])
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    assert (run / "metrics.jsonl").read_bytes() == (whole[processes] / "metrics.jsonl").read_bytes()


def test_a_training_goes_on_with_another_number_of_processes(whole, tmp_path):
    killed(tmp_path / "runs", 2, 9)
    run = finished(tmp_path / "runs", 1)
    for name, value in weights(whole[1]).items():
        torch.testing.assert_close(weights(run)[name], value, rtol=2e-3, atol=2e-4)
    assert [line["step"] for line in log_of(run)] == [10, 20, 24]
