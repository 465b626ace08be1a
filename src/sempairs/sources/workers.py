"""Image files decoded in order by processes of their own: a file that kills or stalls its decoder costs itself.

A process runs `python -m sempairs.sources.workers`, reads one path a line, or a line with a count and so many bytes,
and answers with one line of JSON and the pixels. Its memory and its processor time for each image are limited. Nothing
is pickled, and the user's main module is not imported again (multiprocessing would), so a script needs no
`if __name__ == "__main__"`.
"""

import contextlib
import hashlib
import json
import os
import signal
import stat
import subprocess
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from jaxtyping import UInt8

from sempairs.core.errors import UserError
from sempairs.sources.decode import LIMITS, BadImage, Limits, decode_square

T = TypeVar("T")
R = TypeVar("R")
READY = b"ready\n"

Content = Path | bytes
"""An image file: where it is, or its bytes where they lie in another file and the caller reads them."""


@dataclass(frozen=True)
class Decoded:
    """What became of one file: its sha256 and a frame, or why there is none."""

    sha256: str
    frame: UInt8[np.ndarray, "s s 3"] | None = None
    reason: str = ""


def read_image(path: Path, limits: Limits) -> bytes:
    """The bytes of a regular file within the limits. Raises BadImage if it is not one, OSError if it cannot be read."""
    # Without O_NONBLOCK, opening a named pipe called cat.jpg would wait for ever.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    handle = os.open(path, flags)
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise BadImage("not a regular file")
        if status.st_size > limits.bytes:
            raise BadImage(f"{status.st_size} bytes, more than the {limits.bytes} allowed")
        with os.fdopen(handle, "rb", closefd=False) as file:
            return file.read(status.st_size)
    finally:
        os.close(handle)


def decode_file(content: Content, size: int, limits: Limits) -> Decoded:
    """One file as a square frame. Raises OSError if it cannot be read."""
    try:
        data = content if isinstance(content, bytes) else read_image(content, limits)
    except BadImage as error:
        return Decoded("", reason=str(error))
    sha256 = hashlib.sha256(data).hexdigest()
    try:
        return Decoded(sha256, decode_square(data, size, limits))
    except BadImage as error:
        return Decoded(sha256, reason=str(error))
    except MemoryError:
        return Decoded(sha256, reason="it needs more memory than there is")


def in_order(function: Callable[[T], R], items: Iterable[T], threads: int) -> Iterator[R]:
    """`map` on threads: results in the order of the items, only a few of them ahead of the consumer."""
    waiting: deque[Future[R]] = deque()
    executor = ThreadPoolExecutor(threads)
    try:
        for item in items:
            waiting.append(executor.submit(function, item))
            if len(waiting) >= 8 * threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        executor.shutdown(cancel_futures=True)


def decode_files(
    contents: Iterable[Content], size: int, workers: int, limits: Limits = LIMITS
) -> Generator[Decoded, None, None]:
    """Every file as a frame or a reason, in order, the same for any number of workers.

    Parameters
    ----------
    contents: image files; only a few are taken ahead of the consumer.
    size: height and width of the frames.
    workers: processes; 0 decodes in this one, where nothing limits memory and time.
    limits: what one image may cost.

    Raises
    ------
    OSError: a file cannot be read.
    UserError: no decoding process starts.
    """
    if workers == 0:
        yield from (decode_file(content, size, limits) for content in contents)
        return
    with _Processes(size, limits) as processes:
        yield from in_order(processes.decode, contents, workers)


class _Died(Exception):
    """The decoding process ended in the middle of an image."""


class _Processes:
    """One decoding process for each thread that asks, started when it is needed and again when it has died."""

    def __init__(self, size: int, limits: Limits) -> None:
        self._size, self._limits = size, limits
        self._mine = threading.local()
        self._all: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> "_Processes":
        return self

    def __exit__(self, *error: object) -> None:
        for process in self._all:
            process.kill()
            process.communicate()

    def decode(self, content: Content) -> Decoded:
        code = 0
        for _ in range(2):  # the first death may have come from outside: a full machine, an impatient user
            process: subprocess.Popen[bytes] = getattr(self._mine, "process", None) or self._start()
            try:
                return self._ask(process, content)
            except _Died:
                process.communicate()
                self._mine.process, code = None, process.returncode
            if code == -getattr(signal, "SIGPROF", 0):
                return Decoded("", reason=f"decoding took more than {self._limits.seconds:g} s")
        return Decoded("", reason=f"the decoding process died of it, twice (exit code {code})")

    def _start(self) -> subprocess.Popen[bytes]:
        # -P: a numpy.py in the folder where the user stands is not ours to import.
        command = [
            sys.executable,
            "-P",
            "-m",
            "sempairs.sources.workers",
            json.dumps([self._size, asdict(self._limits)]),
        ]
        paths = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path), "OPENBLAS_NUM_THREADS": "1"}
        with tempfile.TemporaryFile() as said:
            try:
                process = subprocess.Popen(
                    command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, env={**os.environ, **paths}
                )
            except OSError as error:
                raise _cannot_start(error) from None
            self._all.append(process)
            assert process.stdout
            if process.stdout.readline() != READY:
                process.communicate()
                said.seek(0)
                last_words = said.read().decode(errors="replace").strip().split("\n")[-1]
                raise _cannot_start(f"exit code {process.returncode} {last_words}".strip())
        self._mine.process = process
        return process

    def _ask(self, process: subprocess.Popen[bytes], content: Content) -> Decoded:
        assert process.stdin
        assert process.stdout
        try:
            if isinstance(content, bytes):
                process.stdin.write(b"%d\n" % len(content))
                process.stdin.write(content)
            else:
                process.stdin.write(json.dumps(os.fspath(content)).encode() + b"\n")
            process.stdin.flush()
        except OSError:
            raise _Died from None
        line = process.stdout.readline()
        if not line.endswith(b"\n"):
            raise _Died
        answer = json.loads(line)
        if "errno" in answer:
            assert isinstance(content, Path)
            raise OSError(answer["errno"], os.strerror(answer["errno"]), os.fspath(content))
        if answer["reason"]:
            return Decoded(**answer)
        pixels = process.stdout.read(self._size**2 * 3)
        if len(pixels) < self._size**2 * 3:
            raise _Died
        frame = np.frombuffer(pixels, dtype=np.uint8).reshape(self._size, self._size, 3)
        return Decoded(**answer, frame=frame)


def _cannot_start(got: object) -> UserError:
    todo = "is the machine out of memory? is sempairs installed for the Python that runs this?"
    return UserError("a process for decoding images does not start", got=got, todo=todo)


def _serve(size: int, limits: Limits) -> None:
    """The other side: a path a line in (or a count and so many bytes), an answer out, until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then ends this process
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a decoder prints must not get between the answers
    _limit_memory(limits.memory)
    answers.write(READY)
    answers.flush()
    for line in sys.stdin.buffer:
        asked = json.loads(line)
        content = Path(asked) if isinstance(asked, str) else sys.stdin.buffer.read(asked)
        with _time_limit(limits.seconds):
            answer: dict[str, object]
            pixels = b""
            try:
                decoded = decode_file(content, size, limits)
                answer = {"sha256": decoded.sha256, "reason": decoded.reason}
                pixels = b"" if decoded.frame is None else decoded.frame.tobytes()
            except OSError as error:
                answer = {"errno": error.errno or 0}
        answers.write(json.dumps(answer).encode() + b"\n" + pixels)
        answers.flush()


@contextlib.contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Beyond this processor time SIGPROF ends the process, whatever C code it is in. Windows has no such timer."""
    if sys.platform == "win32":
        yield
    else:
        signal.setitimer(signal.ITIMER_PROF, seconds)
        yield
        signal.setitimer(signal.ITIMER_PROF, 0)


def _limit_memory(more: int) -> None:
    """Let this process have `more` bytes than it has now, where the system can say and hold to it (Linux)."""
    if sys.platform == "linux":
        import resource

        now = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (now + more, resource.getrlimit(resource.RLIMIT_AS)[1]))


if __name__ == "__main__":
    _size, _limits = json.loads(sys.argv[1])
    _serve(_size, Limits(**_limits))
