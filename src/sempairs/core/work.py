"""Work units: a long job cut into fixed ranges, each one file out and a done-record, by local processes or by Ray.

JOB/job.json            what the job is: everything that decides its numbers; its hash names the folder
JOB/00012.safetensors   the arrays of unit 12
JOB/00012.json          its done-record, written last: range, sha256, seconds

A unit is the same computation on any engine, on one thread, and its range does not depend on the number of workers. So
whatever is killed, whoever finishes it and however often, the bytes are the same.
"""

import hashlib
import multiprocessing
import multiprocessing.connection
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
import safetensors.numpy
import threadpoolctl

from sempairs.core.errors import UserError
from sempairs.core.files import atomic_write, hash_of, read_json, write_json
from sempairs.core.progress import progress, quiet, say

Compute = Callable[[int, int], dict[str, np.ndarray]]
DEATHS = 3  # workers killed in a row, without a unit finished, before a job gives up


@runtime_checkable
class Task(Protocol):
    """What a worker is sent: able to open what it names."""

    def open(self) -> Compute:
        """What computes the arrays of the range [start, stop); called once by each worker."""


@dataclass(frozen=True)
class Unit:
    """One range of a job."""

    folder: Path
    number: int
    start: int
    stop: int

    @property
    def path(self) -> Path:
        """The file of its arrays."""
        return self.folder / f"{self.number:05}.safetensors"

    @property
    def record(self) -> Path:
        """Its done-record."""
        return self.path.with_suffix(".json")

    def is_done(self) -> bool:
        """Whether its file is there and is the one of its done-record."""
        if not self.record.is_file() or not self.path.is_file():
            return False
        with self.path.open("rb") as file:
            return bool(read_json(self.record)["sha256"] == hashlib.file_digest(file, "sha256").hexdigest())

    def finish(self, arrays: dict[str, np.ndarray], seconds: float) -> None:
        """Write its file, then its done-record."""
        content = safetensors.numpy.save({name: np.ascontiguousarray(array) for name, array in arrays.items()})
        with atomic_write(self.path) as file:
            file.write(content)
        record = {"start": self.start, "stop": self.stop, "sha256": hashlib.sha256(content).hexdigest()}
        write_json(self.record, {**record, "seconds": round(seconds, 3)})


@dataclass(frozen=True)
class Work:
    """Where work units are kept, and who computes them.

    Parameters
    ----------
    folder: of all jobs; every worker must see it (on a cluster: a shared file system).
    engine: processes of this machine, or a Ray cluster (`pip install 'sempairs[scale]'`).
    workers: local processes; None for one on each core. Ray knows its own.
    address: of the Ray cluster ("auto", or "ray://HOST:PORT"); None starts Ray on this machine.
    gpus: of each Ray worker; a share is possible.
    """

    folder: Path
    engine: Literal["local", "ray"] = "local"
    workers: int | None = None
    address: str | None = None
    gpus: float = 0

    def job(self, name: str, settings: dict[str, Any]) -> Path:
        """The folder of the job that has exactly these settings, made if it is new."""
        settings = {"name": name, **settings}
        folder = self.folder.absolute() / f"{name.replace(' ', '-')}-{hash_of(settings)}"
        if not (folder / "job.json").is_file():
            write_json(folder / "job.json", settings)
        return folder

    def run(self, name: str, folder: Path, task: Task, n: int, size: int) -> list[Unit]:
        """Compute what is not done of a job over `n` rows in units of `size`; all its units, in order.

        Parameters
        ----------
        name: of what is done, for people.
        folder: of the job.

        Raises
        ------
        UserError: what a unit raised; workers that keep dying; an engine that is not installed or not there.
        """
        units = [Unit(folder, i, at, min(at + size, n)) for i, at in enumerate(range(0, n, size))]
        left = [unit for unit in units if not unit.is_done()]
        if len(left) < len(units):
            say(f"{name}: {len(units) - len(left)} of {len(units)} units were done before")
        if left:
            engine = _by_ray if self.engine == "ray" else _by_processes
            with progress(name, n, "rows", start=n - sum(unit.stop - unit.start for unit in left)) as bar:
                for unit in engine(self, task, left):
                    bar(unit.stop - unit.start)
        return units


def gather(units: list[Unit], name: str) -> np.ndarray:
    """One array over all units; a unit is in memory only while it is copied."""
    whole = np.empty(0)
    for unit in units:
        part = safetensors.numpy.load_file(unit.path)[name]
        if unit is units[0]:
            whole = np.empty((units[-1].stop, *part.shape[1:]), part.dtype)
        whole[unit.start : unit.stop] = part
    return whole


_opened: dict[Path, Compute] = {}  # in a worker: the job it is at
_task: Task | None = None  # in a local worker: of its pool


def _run(unit: Unit, task: Task) -> None:
    """Compute a unit in this process, on one thread."""
    began = time.monotonic()
    with quiet(), threadpoolctl.threadpool_limits(1):
        if unit.folder not in _opened:
            _opened.clear()
            _opened[unit.folder] = task.open()
        # Opening may have loaded libraries with threads of their own.
        with threadpoolctl.threadpool_limits(1):
            arrays = _opened[unit.folder](unit.start, unit.stop)
    unit.finish(arrays, time.monotonic() - began)


def _by_processes(work: Work, task: Task, units: list[Unit]) -> Iterator[Unit]:
    """Run units in processes of this machine; when one is killed, all are replaced and its unit runs again."""
    left, deaths = list(units), 0
    while left:
        others = multiprocessing.active_children()
        pool = ProcessPoolExecutor(
            min(work.workers or os.cpu_count() or 1, len(left)),
            multiprocessing.get_context("spawn"),
            initializer=_begin,
            initargs=(task,),
        )
        try:
            running = {pool.submit(_run_mine, unit): unit for unit in left}
            for future in as_completed(running):
                future.result()
                deaths = 0
                left.remove(running[future])
                yield running[future]
            pool.shutdown()
        except BrokenProcessPool:
            deaths += 1
            if deaths == DEATHS:
                raise UserError(
                    "the workers keep dying",
                    got=f"{deaths} times in a row without a unit finished",
                    todo="most often memory runs out: use fewer workers; the same command goes on where it was",
                ) from None
            say(f"a worker was killed; {len(left)} units are left")
        except BaseException:
            for process in set(multiprocessing.active_children()) - set(others):
                process.terminate()
            pool.shutdown(cancel_futures=True)
            raise


def _begin(task: Task) -> None:
    """Make this new process a worker: one thread, deaf to Ctrl-C, and gone when its parent is."""
    global _task
    os.environ["OMP_NUM_THREADS"] = "1"  # before any library starts its threads
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    _task = task


def _leave_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    multiprocessing.connection.wait([parent.sentinel])
    os._exit(1)


def _run_mine(unit: Unit) -> None:
    assert _task is not None
    _run(unit, _task)


def _by_ray(work: Work, task: Task, units: list[Unit]) -> Iterator[Unit]:
    """Run units on a Ray cluster, which replaces workers and nodes that die."""
    try:
        import ray
    except ImportError:
        raise UserError("Ray is not installed", todo="pip install 'sempairs[scale]'") from None
    mine = not ray.is_initialized()
    if mine:
        try:
            _need_reachable(work.address)
            ray.init(address=work.address, log_to_driver=False, include_dashboard=False, configure_logging=False)
        except (OSError, ValueError) as error:
            raise UserError(
                f"no Ray cluster at {work.address}", got=str(error).partition("\n")[0], todo="start it with `ray start`"
            ) from None
    try:
        remote = ray.remote(num_cpus=1, num_gpus=work.gpus, max_retries=DEATHS)(_run)
        sent = ray.put(task)
        running = {remote.remote(unit, sent): unit for unit in units}
        while running:
            (done,), _ = ray.wait(list(running), num_returns=1)
            ray.get(done)
            yield running.pop(done)
    except ray.exceptions.RayTaskError as error:
        raise error.cause if isinstance(error.cause, UserError) else error from None
    except ray.exceptions.WorkerCrashedError as error:
        raise UserError(
            "the workers keep dying",
            got=str(error).partition("\n")[0],
            todo="most often memory runs out; the same command goes on where it was",
        ) from None
    finally:
        if mine:
            ray.shutdown()


def _need_reachable(address: str | None) -> None:
    """Raise OSError if nothing listens at HOST:PORT, where Ray itself would try for minutes."""
    if address is not None and ":" in address:
        host, _, port = address.removeprefix("ray://").rpartition(":")
        socket.create_connection((host, int(port)), timeout=5).close()
