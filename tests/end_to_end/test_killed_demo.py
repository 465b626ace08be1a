"""The demo, smaller, killed at random moments: started again until it is through, it ends with the same numbers."""

import os
import random
import signal
import subprocess
import sys
import time
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

from sempairs.core.files import write_json
from sempairs.sources.base import Source

KILLS = 6


@pytest.fixture
def small_demo(tmp_path: Path) -> Path:
    """The demo's study file with 1,000 images, two passes and one metric, as JSON (which `Study.check` takes)."""
    tables = tomllib.loads(files("sempairs.study").joinpath("demo.toml").read_text())
    tables["pool"]["images"] = 1000
    tables["training"]["passes"] = 2
    tables["seeds"] = [0, 1]
    del tables["evaluate"]["garments"]
    write_json(tmp_path / "study.json", tables)
    return tmp_path / "study.json"


def start(study: Path, out: Path) -> subprocess.Popen[bytes]:
    script = (
        "import json, sys; from pathlib import Path\n"
        "from sempairs.report.page import write_report\n"
        "from sempairs.study.matrix import Study\n"
        "from sempairs.study.runner import run_study\n"
        "run_study(Study.check(json.loads(Path(sys.argv[1]).read_text())), Path(sys.argv[2]))\n"
        "write_report(Path(sys.argv[2]))\n"
    )
    return subprocess.Popen([sys.executable, "-c", script, study, out], env=os.environ | {"OMP_NUM_THREADS": "2"})


def snapshot(folder: Path) -> dict[str, bytes]:
    """Every result, every trained weight and the report."""
    named = [folder / name for name in ("results.jsonl", "items.jsonl", "audits.json", "results.csv")]
    runs = sorted(folder.glob("runs/*/encoder.safetensors")) + sorted(folder.glob("runs/*/metrics.jsonl"))
    return {str(path.relative_to(folder)): path.read_bytes() for path in named + runs}


@pytest.mark.slow
def test_a_demo_killed_at_random_moments_ends_with_the_same_numbers(small_demo: Path, garments: Source) -> None:
    folder = small_demo.parent
    began = time.monotonic()
    assert start(small_demo, folder / "whole").wait() == 0
    seconds = time.monotonic() - began
    moments = random.Random(0)
    for _ in range(KILLS):
        process = start(small_demo, folder / "killed")
        time.sleep(moments.uniform(0.1, 0.6) * seconds)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert start(small_demo, folder / "killed").wait() == 0
    assert snapshot(folder / "killed") == snapshot(folder / "whole")
