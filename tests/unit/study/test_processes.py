"""Several processes on one study, each played by a line of shell."""

import os
import signal
import sys
import time

import pytest

from sempairs.core.errors import UserError
from sempairs.study import processes
from sempairs.study.processes import device_for, ends_as_interrupted, run_in_processes, threads_for


@pytest.fixture
def played(tmp_path, monkeypatch):
    """A process is this script, called with the arguments of one; it leaves what it writes in the working folder."""

    def played(script):
        path = tmp_path / "process"
        path.write_text(f"#!/bin/sh\nfor last; do :; done\nnumber=${{last%/*}}\n{script}\n")
        path.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(path))
        monkeypatch.setattr(processes, "LOOK", 0.02)
        monkeypatch.setattr(processes, "device_for", lambda _: {})

    return played


def test_every_part_is_run_with_its_share_of_the_cores(played, tmp_path, monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    played('echo "$@" with $OMP_NUM_THREADS')
    run_in_processes(["study.toml", "--out", "out"], 3, tmp_path / "logs")
    for number in (1, 2, 3):
        said = (tmp_path / "logs" / f"shard-{number}.log").read_text()
        assert said == f"-m sempairs study run study.toml --out out --shard {number}/3 with 2\n"


def test_the_others_go_on_when_one_fails(played, tmp_path, monkeypatch):
    said = []
    monkeypatch.setattr(processes, "say", said.append)
    played("[ $number = 2 ] && echo the disk is full && exit 3\nsleep 0.3; echo finished")
    with pytest.raises(UserError, match=r"1 of 3 processes failed(?s:.*)shard 2/3: exit code 3(?s:.*)goes on"):
        run_in_processes([], 3, tmp_path / "logs")
    assert (tmp_path / "logs" / "shard-3.log").read_text() == "finished\n"
    log = tmp_path / "logs" / "shard-2.log"
    assert said == [f"shard 2/3 failed (exit code 3); {log} ends with\n  | the disk is full"]


def test_a_killed_process_is_told(played, tmp_path):
    played("[ $number = 1 ] && kill -9 $$\ntrue")
    with pytest.raises(UserError, match=r"shard 1/2: killed by SIGKILL"):
        run_in_processes([], 2, tmp_path / "logs")


def test_control_c_asks_all_of_them_to_end_and_waits(played, tmp_path):
    played('trap "sleep 0.2; echo asked; exit 130" TERM\necho began; while :; do sleep 0.02; done')
    logs = tmp_path / "logs"

    def interrupt():
        if all((logs / f"shard-{number}.log").read_text() for number in (1, 2)):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_in_processes([], 2, logs, interrupt)
    assert [(logs / f"shard-{number}.log").read_text() for number in (1, 2)] == ["began\nasked\n"] * 2


def test_who_does_not_end_is_killed(played, tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "GRACE", 0.2)
    played('trap "" TERM\necho $$; while :; do sleep 0.02; done')
    log = tmp_path / "logs" / "shard-1.log"

    def interrupt():
        if log.read_text():
            raise KeyboardInterrupt

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run_in_processes([], 1, tmp_path / "logs", interrupt)
    assert time.monotonic() - began < 30
    with pytest.raises(ProcessLookupError):
        os.kill(int(log.read_text()), 0)


def test_someones_own_number_of_threads_is_kept(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert threads_for(2) == {}
    monkeypatch.delenv("OMP_NUM_THREADS")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    assert [threads_for(count)["OMP_NUM_THREADS"] for count in (1, 2, 5)] == ["2", "1", "1"]


def test_processes_take_turns_on_the_gpus(monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    for count, devices in ((0, [None] * 3), (1, [None] * 3), (2, ["0", "1", "0"])):
        monkeypatch.setattr("torch.cuda.device_count", lambda count=count: count)
        assert [device_for(number).get("CUDA_VISIBLE_DEVICES") for number in (1, 2, 3)] == devices
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,7")
    assert device_for(2) == {"CUDA_VISIBLE_DEVICES": "7"}


def test_a_request_to_end_is_as_control_c(monkeypatch):
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGHUP)
    with pytest.raises(KeyboardInterrupt), ends_as_interrupted():
        signal.raise_signal(signal.SIGTERM)
    try:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # under nohup
        with ends_as_interrupted():
            signal.raise_signal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before[1])
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGHUP)) == before
