"""A run that two processes want: one works, the other waits for it."""

import multiprocessing
import threading
import time

import pytest

from sempairs.core.runs import Run
from sempairs.study import alone as module
from sempairs.study.alone import alone, is_at_work


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "POLL", 0.02)
    return Run(tmp_path)


def test_the_second_waits_until_the_first_has_ended(run, monkeypatch):
    said, order, held = [], [], threading.Event()
    monkeypatch.setattr(module, "say", said.append)

    def first():
        with alone(run, "first"):
            held.set()
            time.sleep(0.3)
            order.append("first")

    thread = threading.Thread(target=first)
    thread.start()
    held.wait()
    assert is_at_work(run)
    with alone(run, "second"):
        order.append("second")
    thread.join()
    assert order == ["first", "second"]
    assert said == ["second: another process is at work on this run; waiting for it"]
    assert not is_at_work(run)


def test_an_error_ends_it_and_the_next_one_may(run):
    with pytest.raises(RuntimeError), alone(run, ""):
        raise RuntimeError
    with alone(run, ""):
        pass


def _hold(run, began):
    with alone(run, ""):
        began.set()
        time.sleep(60)


def test_a_killed_process_holds_nothing(run):
    context = multiprocessing.get_context("fork")
    began = context.Event()
    process = context.Process(target=_hold, args=(run, began))
    process.start()
    assert began.wait(30)
    assert is_at_work(run)
    process.kill()
    process.join()
    assert not is_at_work(run)
    with alone(run, ""):
        pass
