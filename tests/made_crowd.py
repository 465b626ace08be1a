"""Real annotators: processes that work on one store at once, or are killed while they write.

Run as a program of its own, which imports once and then forks, so that eight annotators start in a moment.
"""

import contextlib
import json
import os
import random
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from made_store import MIXTURE, judge, undo, verdict
from sempairs.review.base import Verdict
from sempairs.review.store import Store

PEOPLE = 8


def crowd(url: str) -> None:
    """Let all people of a store judge at once, until it has all its votes."""
    run("work", url)


def killed(url: str, times: int) -> tuple[set[str], int]:
    """Let one process after another write, each killed at a random moment.

    Returns the uuids of what was acknowledged, and of how many processes anything was.
    """
    lines = [json.loads(line) for line in run("kill", url, str(times)).splitlines()]
    return {uuid for line in lines for uuid in line}, sum(1 for line in lines if line)


def run(*arguments: str) -> str:
    here = Path(__file__)
    environment = {**os.environ, "PYTHONPATH": str(here.parent)}
    command = [sys.executable, "-W", "error", str(here), *arguments]
    return subprocess.run(command, check=True, env=environment, stdout=subprocess.PIPE, text=True, timeout=300).stdout


def _work(url: str, number: int) -> None:
    chance = random.Random(number)
    with Store.open(url) as store:
        me = store.people()[number]
        while True:
            time.sleep(chance.uniform(0, 0.01))  # to think, so that nobody keeps the others out
            tasks = store.lease(me, chance.randint(5, 20), lanes=MIXTURE)
            if not tasks:
                time.sleep(0.02)  # others hold what is left
            while tasks:
                size = chance.randint(1, len(tasks))
                some, tasks = tasks[:size], tasks[size:]
                decisions = [verdict(task, chance.choice(list(Verdict))) for task in some]
                if chance.random() < 0.1:
                    decisions += [undo(decisions[0]), verdict(some[0])]
                receipts = store.record(me, decisions)
                assert {str(receipt.status) for receipt in receipts} == {"saved"}
            counts = store.counts()
            if counts["given_votes"] == counts["wanted_votes"]:
                return


def _write(url: str, number: int, pipe: int) -> None:
    """Judge forever; say what is acknowledged, and only that."""
    with Store.open(url) as store:
        me = store.people()[0]
        while True:
            tasks = store.lease(me, 3, lanes=MIXTURE)
            for receipt in judge(store, me, tasks):
                os.write(pipe, f"{receipt.uuid}\n".encode())


def _fork(act: Callable[..., None], *arguments: object) -> int:
    child = os.fork()
    if child == 0:
        status = 1
        with contextlib.suppress(BrokenPipeError):
            try:
                act(*arguments)
                status = 0
            finally:
                os._exit(status)
    return child


def _kill(url: str, times: int) -> None:
    chance = random.Random(0)
    for number in range(times):
        end, pipe = os.pipe()
        child = _fork(_write, url, number, pipe)
        os.close(pipe)
        select.select([end], [], [], 60)  # the first acknowledgement
        time.sleep(chance.uniform(0, 0.05))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        with open(end) as said:
            print(json.dumps(said.read().split()))


def main() -> None:
    task, url = sys.argv[1:3]
    if task == "kill":
        _kill(url, int(sys.argv[3]))
        return
    children = [_fork(_work, url, number) for number in range(PEOPLE)]
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * PEOPLE


if __name__ == "__main__":
    main()
