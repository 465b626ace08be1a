"""`sempairs study` as someone meets it: planned, shared out, stopped, killed, gone on with, watched and reported."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

STUDY = """
title = "digits"
about = "Do pairs of two digits help?"
seeds = [0, 1]
baseline = "augmented"
pool = { source = { name = "digits" }, images = 192 }
training = { passes = 2, batch_size = 32 }
[arms]
augmented = { about = "an image with itself", rule = { name = "identity" } }
semantic = { about = "an image with another of its class", rule = { name = "class" } }
[methods]
simclr = { name = "simclr" }
[encoders]
small = { name = "small-resnet", width = 4 }
[views]
crops = { name = "crop-only" }
[evaluate.digits]
title = "digits"
train = { source = { name = "digits" }, images = 898 }
with = [{ name = "knn" }]
"""
# Whoever starts the tests in the background has SIGINT ignored, and children inherit that; a terminal has not.
AS_IN_A_TERMINAL = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    "from sempairs.cli.main import main; main()"
)


@pytest.fixture
def study(tmp_path) -> Path:
    (tmp_path / "study.toml").write_text(STUDY)
    return tmp_path / "study.toml"


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    """The folder of the study when it is done, and reported on."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "study.toml").write_text(STUDY)
    command = [sys.executable, "-m", "sempairs", "study", "run", "study.toml", "--out", "out"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "report: " in done.stdout
    return folder / "out"


def refused(result: tuple[int, str, str], *patterns: str) -> None:
    code, _, err = result
    assert code == 2, err
    for pattern in patterns:
        assert re.search(pattern, err), err


def until(condition, process) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_quick_plan(run, study):
    code, out, _ = run("study", "plan", study, "--quick")
    assert code == 0
    assert "Do pairs of two digits help?" in out
    assert "2: augmented (baseline); semantic" in out
    assert re.search(r"all +product +4", out)
    # 192 images in batches of 32, two passes: 12 steps; two arms and two seeds.
    assert re.search(r"simclr +4 +0 +12 +not timed", out)
    assert "4 of 4 runs are left\n" in out
    assert "width = 4" in out
    assert "passes = 2" in out
    assert os.listdir() == ["study.toml"]


def test_a_timed_plan_says_how_long_and_how_much(run, study):
    code, out, _ = run("study", "plan", study, "--processes", "2")
    assert code == 0
    assert re.search(r"4 of 4 runs are left: about .* on cpu by 2 processes of 1 thread", out)
    assert re.search(r"disk: [\d.]+ kB of encoders and scores, and [\d.]+ kB of checkpoints", out)
    assert os.listdir() == ["study.toml"]


def test_a_plan_knows_what_is_done(run, study, whole):
    code, out, _ = run("study", "plan", study, "--out", whole)
    assert code == 0
    assert "all 4 runs are done" in out


def test_the_status_of_a_finished_study(run, whole):
    code, out, _ = run("study", "status", whole)
    assert code == 0
    assert re.search(r"simclr +●● +●●", out)
    assert "all 4 runs are done" in out
    assert run("study", "status", whole, "--watch")[0] == 0


def test_two_parts_give_the_bytes_of_the_whole(run, study, whole):
    code, out, err = run("study", "run", study, "--out", "parts", "--shard", "1/2")
    assert code == 0, err
    assert "runs of other parts that are left: 2" in err
    assert not Path("parts/results.jsonl").exists()
    refused(run("study", "report", "parts", "--runs", "nowhere"), "no run of the study in parts is finished")
    code, out, err = run("study", "run", study, "--out", "parts", "--shard", "2/2")
    assert code == 0, err
    assert "report: " in out
    for name in ("results.jsonl", "items.jsonl", "audits.json", "study.json"):
        assert (Path("parts") / name).read_bytes() == (whole / name).read_bytes()


def test_a_report_is_made_again_from_json_lines_alone(run, whole):
    shutil.copytree(whole, "committed", ignore=lambda *_: {"runs", "pairs", "cells", "report.html", "logs"})
    code, out, err = run("study", "report", "committed")
    assert code == 0, err
    assert "it came without its runs" in err
    assert "semantic" in out
    assert Path("committed/report.html").is_file()


def test_a_report_of_an_unfinished_study(run, whole):
    shutil.copytree(whole, "half")
    for path in sorted(Path("half/cells").glob("*.json")):
        if json.loads(path.read_text())["run"]["seed"] == 1:
            path.unlink()
    code, _, err = run("study", "report", "half")
    assert code == 0, err
    assert {json.loads(line)["seed"] for line in Path("half/results.jsonl").read_text().splitlines()} == {0}
    assert Path("half/report.html").is_file()


def test_control_c_stops_all_processes_and_the_command_goes_on(run, study, whole, tmp_path):
    long = [str(study), "--out", "out", "--processes", "2"]
    command = [sys.executable, "-c", AS_IN_A_TERMINAL, "study", "run", *long]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=tmp_path)
    try:
        until(lambda: list(Path("out/cells").glob("*.begun")), process)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=90)
    finally:
        process.kill()
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert "the same command goes on where it was" in err
    assert not list(Path("out").rglob("*.tmp"))
    assert " 0 at work" in run("study", "status", "out")[1]
    code, out, err = run("study", "run", *long)
    assert code == 0, err
    assert "report: " in out
    assert Path("out/results.jsonl").read_bytes() == (whole / "results.jsonl").read_bytes()
    for number in (1, 2):
        assert "Traceback" not in Path(f"out/logs/shard-{number}.log").read_text()


def test_a_killed_part_is_gone_on_with(run, study, whole, tmp_path):
    command = [sys.executable, "-m", "sempairs", "study", "run", str(study), "--out", "out", "--shard", "1/2"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, cwd=tmp_path)
    until(lambda: list(Path("out/runs").glob("*/metrics.jsonl")), process)
    process.kill()
    process.communicate()
    begun = len(list(Path("out/runs").iterdir()))
    code, _, err = run("study", "run", study, "--out", "out", "--no-report")
    assert code == 0, err
    assert Path("out/results.jsonl").read_bytes() == (whole / "results.jsonl").read_bytes()
    assert len(list(Path("out/runs").iterdir())) == 4 >= begun
    assert not list(Path("out/cells").glob("*.begun"))


def test_what_is_wrong_is_said_before_anything_is_written(run, study, whole):
    refused(run("study", "plan", "none.toml"), "cannot read the study file none.toml")
    refused(run("study", "plan", "."), "cannot read the study file")
    refused(run("study", "status", "nowhere"), "no folder nowhere")
    refused(run("study", "report", "nowhere"), "no folder nowhere")
    Path("empty").mkdir()
    for command in ("status", "report"):
        refused(run("study", command, "empty"), "there is no study in empty")
        refused(run("study", command, study), "study.toml")
    refused(run("study", "run", study, "--out", "out", "--shard", "0/4"), "no such part", "counts from 0")
    refused(run("study", "run", study, "--out", "out", "--shard", "one"), "NUMBER/PARTS")
    refused(run("study", "run", study, "--out", "out", "--shard", "1/2", "--processes", "2"), "by one process")
    refused(run("study", "run", study, "--out", "out", "--processes", "0"), "--processes")
    study.write_text(STUDY.replace('"simclr"', '"simclear"'))
    refused(run("study", "run", study, "--out", "out", "--processes", "2"), "methods.simclr", "did you mean 'simclr'")
    study.write_text(STUDY.replace('title = "digits"', 'title = "letters"', 1))
    refused(run("study", "run", study, "--out", whole, "--processes", "2"), "another study", "got: digits")
    assert sorted(os.listdir()) == ["empty", "study.toml"]
