"""One process at a time works on a run: a lock on its folder, which ends with the process that holds it."""

import contextlib
from collections.abc import Iterator

from filelock import FileLock, Timeout

from sempairs.core.progress import say
from sempairs.core.runs import Run

POLL = 0.5  # seconds between two looks at a lock that another process holds


@contextlib.contextmanager
def alone(run: Run, title: str) -> Iterator[None]:
    """Wait until no other process is at work on this run, and keep others out."""
    lock = _lock(run)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        say(f"{title}: another process is at work on this run; waiting for it")
        lock.acquire(poll_interval=POLL)
    try:
        yield
    finally:
        lock.release()


def is_at_work(run: Run) -> bool:
    """Whether a process is at work on this run, on this machine or another one that shares the folder."""
    if not run.folder.is_dir():
        return False
    lock = _lock(run)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    lock.release()
    return False


def _lock(run: Run) -> FileLock:
    return FileLock(run.folder / "lock")
