"""Work units: the same bytes whoever computes them, and whoever is killed."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from made_work import Squares
from sempairs.core.errors import UserError
from sempairs.core.work import Work, gather

N, SIZE = 100, 16  # seven units, the last one of four rows


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.safetensors"))}


def run(tmp_path: Path, name="work", workers=2, engine="local", address=None, **options):
    (tmp_path / "notes").mkdir(exist_ok=True)
    work = Work(tmp_path / name, engine=engine, workers=workers, address=address)
    folder = work.job("squares", {"n": N})
    return folder, work.run("squares", folder, Squares(tmp_path / "notes", **options), N, SIZE)


def test_units_together_are_the_whole_and_each_has_its_record(tmp_path):
    folder, units = run(tmp_path)
    np.testing.assert_array_equal(gather(units, "square"), np.arange(N) ** 2)
    np.testing.assert_array_equal(gather(units, "half"), np.arange(N)[:, None] / 2)
    assert [(unit.start, unit.stop) for unit in units] == [(i, min(i + 16, 100)) for i in range(0, 100, 16)]
    assert json.loads((folder / "job.json").read_text()) == {"name": "squares", "n": N}
    record = json.loads((folder / "00006.json").read_text())
    assert (record["start"], record["stop"]) == (96, 100)


def test_what_is_done_is_not_done_again_and_what_is_damaged_is(tmp_path):
    folder, units = run(tmp_path, workers=1)
    before = contents(folder)
    units[2].path.write_bytes(b"damaged")
    units[4].record.unlink()
    units[5].path.unlink()
    (tmp_path / "notes" / "computed").unlink()
    run(tmp_path, workers=1)
    assert (tmp_path / "notes" / "computed").read_text().split() == ["32", "64", "80"]
    assert contents(folder) == before


def test_a_worker_opens_the_task_once(tmp_path):
    run(tmp_path, workers=1)
    assert (tmp_path / "notes" / "opened").read_text() == "x"


def test_other_settings_are_another_job(tmp_path):
    work = Work(tmp_path)
    assert work.job("squares", {"n": 1}) == work.job("squares", {"n": 1})
    assert work.job("squares", {"n": 1}) != work.job("squares", {"n": 2})


def test_a_killed_worker_is_replaced_and_the_bytes_are_the_same(tmp_path, capsys):
    whole, _ = run(tmp_path, "whole")
    folder, _ = run(tmp_path, "killed", die_at=50)
    assert contents(folder) == contents(whole)
    assert (tmp_path / "notes" / "died").exists()
    assert "a worker was killed" in capsys.readouterr().err


def test_workers_that_keep_dying_are_an_error_that_says_what_to_do(tmp_path):
    with pytest.raises(UserError, match=r"keep dying(.|\n)*use fewer workers"):
        run(tmp_path, workers=1, die_at=0, always_die=True)


def test_what_a_unit_finds_wrong_reaches_the_user_and_the_rest_stays_done(tmp_path):
    with pytest.raises(UserError, match="cannot be squared"):
        run(tmp_path, workers=1, fail_at=50)
    folder, _ = run(tmp_path, workers=1)
    assert len(contents(folder)) == 7
    assert (tmp_path / "notes" / "computed").read_text().split().count("0") == 1


def test_the_whole_run_is_killed_its_workers_leave_and_the_next_run_ends_with_the_same_bytes(tmp_path):
    whole, _ = run(tmp_path, "whole")
    script = f"""
import sys, time
sys.path[:0] = {sys.path!r}
import made_work, pathlib, dataclasses
from sempairs.core.work import Work
if __name__ == "__main__":
    work = Work(pathlib.Path({str(tmp_path / "killed")!r}), workers=2)
    task = made_work.Squares(pathlib.Path({str(tmp_path / "notes")!r}))
    for unit in range(10**6):
        work.run("squares", work.job("squares", {{"n": {N}, "again": unit}}), task, {N}, {SIZE})
"""
    (tmp_path / "run.py").write_text(script)
    process = subprocess.Popen([sys.executable, tmp_path / "run.py"], stderr=subprocess.DEVNULL)
    while not list((tmp_path / "killed").rglob("00001.json")):
        time.sleep(0.01)
    children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(process.pid)], capture_output=True, text=True)
    process.send_signal(signal.SIGKILL)
    process.wait()
    for child in map(int, children.stdout.split()):
        for _ in range(500):
            if not Path(f"/proc/{child}").exists() or "Z" in Path(f"/proc/{child}/stat").read_text().split(")")[1]:
                break
            time.sleep(0.01)
        else:
            os.kill(child, signal.SIGKILL)
            pytest.fail(f"worker {child} outlived its parent")
    for job in (tmp_path / "killed").iterdir():
        units = Work(tmp_path / "killed", workers=2).run("squares", job, Squares(tmp_path / "notes"), N, SIZE)
        assert len(units) == 7
        assert contents(job) == contents(whole)


def test_a_cluster_that_is_not_there_is_an_error(tmp_path):
    pytest.importorskip("ray")
    with pytest.raises(UserError, match=r"no Ray cluster at 127.0.0.1:1(.|\n)*ray start"):
        run(tmp_path, engine="ray", address="127.0.0.1:1")


@pytest.fixture(scope="module")
def cluster():
    ray = pytest.importorskip("ray")
    ray.init(
        num_cpus=2,
        include_dashboard=False,
        log_to_driver=False,
        runtime_env={"env_vars": {"PYTHONPATH": ":".join(sys.path)}},
    )
    yield ray
    ray.shutdown()


def test_a_ray_cluster_computes_the_same_bytes_and_survives_a_killed_worker(tmp_path, cluster):
    whole, _ = run(tmp_path, "whole")
    folder, _ = run(tmp_path, "ray", engine="ray", die_at=50)
    assert contents(folder) == contents(whole)
    assert (tmp_path / "notes" / "died").exists()


def test_an_error_in_a_ray_worker_reaches_the_user(tmp_path, cluster):
    with pytest.raises(UserError, match="cannot be squared"):
        run(tmp_path, engine="ray", fail_at=50)
