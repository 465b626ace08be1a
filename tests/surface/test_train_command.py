"""`sempairs train` as someone meets it: what it will cost, what it says while it trains, and what it refuses."""

import json
import os
from pathlib import Path

import pytest
import torch.distributed as dist

from sempairs.cli.main import app
from sempairs.core.runs import JsonLines
from sempairs.training import distributed

SMALL = ["--set", "encoder.width=4", "--set", "training.batch_size=32", "--set", "training.steps=12"]


def run(capsys, *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as exit:
        app(["train", "digits", *SMALL, *arguments])
    out, err = capsys.readouterr()
    return int(exit.value.code or 0), out, err


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_dry_run_says_everything_and_leaves_nothing(here, capsys):
    code, out, _ = run(capsys, "--dry-run", "--method", "byol", "--set", "method.hidden=8")
    assert code == 0
    assert '[method]\nname = "byol"\n' in out
    assert "hidden = 8" in out
    assert "size = (not set)" in out
    assert 'precision = "fp32"' in out
    # 12 steps of 32 pairs; 1,797 digits.
    assert "12 of 32 pairs (384 of a set of 1,797)" in out
    assert "pairs/s" in out
    assert not list(here.iterdir())


def test_a_dry_run_counts_what_is_trained_and_what_follows(here, capsys):
    _, out, _ = run(capsys, "--dry-run", "--method", "byol", "--set", "method.hidden=8", "--set", "method.embedding=4")
    counts = {
        line.split()[0]: int(line.split()[1].replace(",", "")) for line in out.splitlines() if "parameters" in line
    }
    # Projector 16 -> 8 -> 4 from features of 4 * width, predictor 4 -> 8 -> 4; a norm of two numbers each for the
    # hidden layers, which have no bias before it.
    projector, predictor = 16 * 8 + 2 * 8 + 8 * 4 + 4, 4 * 8 + 2 * 8 + 8 * 4 + 4
    assert counts["heads"] == projector + predictor
    assert counts["teacher"] == counts["encoder"] + projector


def test_scores_while_it_trains_are_in_the_log_and_change_no_weight(here, capsys):
    code, _, err = run(capsys, "--online", "digits", "--online-every", "4", "--out", "watched")
    assert code == 0
    assert "of batches made ahead" in err
    [watched] = Path("watched").iterdir()
    lines = JsonLines(watched / "metrics.jsonl").read()
    assert [(line["step"], sorted(line.get("online", {}))) for line in lines] == [
        (4, ["knn"]), (8, ["knn"]), (10, []), (12, ["knn"]),
    ]  # fmt: skip
    run(capsys, "--out", "alone")
    [alone] = Path("alone").iterdir()
    assert alone.name == watched.name
    assert (alone / "encoder.safetensors").read_bytes() == (watched / "encoder.safetensors").read_bytes()
    result = json.loads((alone / "result.json").read_text())
    assert (result["processes"], result["incidents"], result["frames"]) == (1, 0, [28, 28, 1])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--track", "tensorbord"], "did you mean 'tensorboard'"),
        (["--online", "digits", "--online-with", "knnn"], "did you mean 'knn'"),
        (["--set", "training.precision=fp8"], "training.precision"),
        (["--set", "training.precision=fp16"], "no arithmetic of its own for fp16"),
        (["--set", "training.micro_batch=-1"], "training.micro_batch must be at least 0"),
        (["--set", "training.if_spike=ignore"], "training.if_spike"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(here, capsys, arguments, message):
    code, _, err = run(capsys, *arguments)
    assert code == 2
    assert message in err
    assert "Traceback" not in err
    assert not list(here.glob("runs/*/result.json"))


def test_a_batch_that_processes_cannot_share_is_refused(here, capsys, monkeypatch):
    monkeypatch.setattr(distributed, "processes", lambda: 3)
    with pytest.raises(ValueError, match=r"cannot be shared out evenly(?s:.*)32 for 3 processes(?s:.*)multiple"):
        distributed.share(32)


def test_torchruns_processes_are_joined_and_left(here, monkeypatch):
    given = {"WORLD_SIZE": "2", "RANK": "0", "LOCAL_RANK": "0", "MASTER_ADDR": "localhost", "MASTER_PORT": "0"}
    for name, value in given.items():
        monkeypatch.setitem(os.environ, name, value)
    began = []
    monkeypatch.setattr(dist, "init_process_group", lambda backend, timeout: began.append(backend))
    monkeypatch.setattr(dist, "destroy_process_group", lambda: began.append("left"))
    with distributed.joined():
        assert began == ["gloo"]
    assert began == ["gloo", "left"]
