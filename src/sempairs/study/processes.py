"""Several processes of this machine at work on one study, each on a part of its own."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from sempairs.core.errors import UserError
from sempairs.core.progress import say
from sempairs.study.shards import Shard

TAIL = 12  # lines of a log that are shown when its process failed
LOOK = 0.5  # seconds between two looks at the processes
GRACE = 60.0  # seconds that a process has to stop, then it is killed; what is finished is kept either way


@dataclass(frozen=True)
class Part:
    """A process and what it says."""

    shard: Shard
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def failure(self) -> str | None:
        """How it ended, if it did not end well."""
        code = self.process.poll()
        if not code:
            return None
        return f"exit code {code}" if code > 0 else f"killed by {signal.Signals(-code).name}"

    def tail(self) -> str:
        """The last lines of its log."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-TAIL:]
        return "\n".join(f"  | {line}" for line in lines)


def run_in_processes(arguments: list[str], count: int, logs: Path, seen: Callable[[], object] = lambda: None) -> None:
    """Run a study as `count` processes and wait for them; Ctrl-C, or a request to end, stops them all.

    Parameters
    ----------
    arguments: of `sempairs study run`, without the part.
    logs: a folder for what they say: shard-1.log, shard-2.log, ...
    seen: called twice a second while they are at work.

    Raises
    ------
    UserError: some of them failed; the others went on to their end first.
    """
    logs.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, **threads_for(count)}
    parts: list[Part] = []
    failed: dict[Part, str] = {}
    try:
        for number in range(1, count + 1):
            shard = Shard(number, count)
            log = logs / f"shard-{number}.log"
            with log.open("ab") as file:
                command = [sys.executable, "-m", "sempairs", "study", "run", *arguments, "--shard", str(shard)]
                parts.append(Part(shard, _started(command, file, {**environment, **device_for(number)}), log))
        while any(part.process.poll() is None for part in parts):
            failed |= _told([part for part in parts if part not in failed])
            seen()
            time.sleep(LOOK)
        failed |= _told([part for part in parts if part not in failed])
    finally:
        _stop(parts)
    if failed:
        ends = ", ".join(f"shard {part.shard}: {failure}" for part, failure in failed.items())
        todo = f"the logs in {logs} say why; mend it and run the same command: it goes on where it was"
        raise UserError(f"{len(failed)} of {count} processes failed", got=ends, todo=todo)


def _started(command: list[str], log: IO[bytes], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """A process in a group of its own: Ctrl-C reaches it through us, once."""
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, start_new_session=True
    )


def _told(parts: list[Part]) -> dict[Part, str]:
    """Those that have failed, and say so."""
    failed = {part: part.failure for part in parts}
    for part, failure in failed.items():
        if failure is not None:
            say(f"shard {part.shard} failed ({failure}); {part.log} ends with\n{part.tail()}")
    return {part: failure for part, failure in failed.items() if failure is not None}


def _stop(parts: list[Part]) -> None:
    """Ask those that are still at work to end, and see that they do."""
    running = [part.process for part in parts if part.process.poll() is None]
    for process in running:
        process.terminate()
    deadline = time.monotonic() + GRACE
    try:
        for process in running:
            process.wait(max(0.0, deadline - time.monotonic()))
    except (KeyboardInterrupt, subprocess.TimeoutExpired):
        for process in running:
            process.kill()
            process.wait()


def threads_for(count: int) -> dict[str, str]:
    """What gives each of `count` processes its share of the cores; one who has set OMP_NUM_THREADS is believed."""
    if "OMP_NUM_THREADS" in os.environ:
        return {}
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return {"OMP_NUM_THREADS": str(max(1, cores // count))}


def device_for(number: int) -> dict[str, str]:
    """What gives process `number` a GPU of its own where there are several; they take turns."""
    import torch

    given = os.environ.get("CUDA_VISIBLE_DEVICES")
    devices = [str(device) for device in range(torch.cuda.device_count())] if given is None else given.split(",")
    return {"CUDA_VISIBLE_DEVICES": devices[(number - 1) % len(devices)]} if len(devices) > 1 else {}


@contextlib.contextmanager
def ends_as_interrupted() -> Iterator[None]:
    """A request to end (of a scheduler, of the process that started us, of a closed terminal) stops as Ctrl-C does."""

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    asked = [signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
    before = {one: signal.getsignal(one) for one in asked}
    for one, handler in before.items():
        if handler is not signal.SIG_IGN:  # such as under nohup
            signal.signal(one, interrupt)
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
