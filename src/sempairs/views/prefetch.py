"""The next batches, made by a thread while the step computes; the same bits in the same order."""

import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType

from torch import Tensor

from sempairs.views.loader import Batch, PairLoader, RawBatch

DEPTH = 2
"""One batch would do if all steps took the same time."""


class Prefetched:
    """The batches of `loader.batch(step)` from `first_step` up to `last_step`, without it, asked for one by one.

    Reading and decoding are done by the thread. Views on the CPU are too (docs/log.md, 2026-11-22). On another device
    they are made by whoever asks: it does one thing after the other anyway.

        with Prefetched(loader, state.step, steps) as batches:
            views, known = batches.batch(state.step)

    Leaving the block stops the thread, after the batch that it is at.

    Parameters
    ----------
    share: which rows of every batch (see `PairLoader.batch`).
    depth: how many batches are made ahead.
    """

    def __init__(
        self, loader: PairLoader, first_step: int, last_step: int, share: slice | None = None, depth: int = DEPTH
    ) -> None:
        assert depth >= 1
        self.waited = 0.0
        """Seconds that callers of `batch` have waited for the thread."""
        self._loader, self._share, self._depth = loader, share, depth
        self._views_ahead = loader.device.type == "cpu"
        self._asked = self._next = first_step
        self._last = last_step
        self._ahead: deque[Future[Batch | RawBatch]] = deque()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="prefetch")

    def __enter__(self) -> "Prefetched":
        self._fill()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._thread.shutdown(cancel_futures=True)
        self._ahead.clear()

    def batch(self, step: int) -> Batch:
        """What `loader.batch(step)` returns or raises; `step` is the one after that of the last call."""
        assert step == self._asked, f"step {step} is asked for, {self._asked} comes next"
        began = time.perf_counter()
        made = self._ahead[0].result()
        self.waited += time.perf_counter() - began
        self._ahead.popleft()
        self._asked += 1
        self._fill()
        return self._loader.views(made) if isinstance(made, RawBatch) else made

    @property
    def held(self) -> int:
        """Bytes of the batches that are made and not yet asked for: at most `depth` batches."""
        done = [future for future in self._ahead if future.done() and not future.exception()]
        return sum(_bytes(future.result()) for future in done)

    @property
    def bound(self) -> int:
        """Bytes that all batches ahead will hold, if they are as large as the next one, which this waits for."""
        return self._depth * _bytes(self._ahead[0].result()) if self._ahead else 0

    def _fill(self) -> None:
        while len(self._ahead) < self._depth and self._next < self._last:
            self._ahead.append(self._thread.submit(self._make, self._next))
            self._next += 1

    def _make(self, step: int) -> Batch | RawBatch:
        raw = self._loader.read(step, self._share)
        return self._loader.views(raw) if self._views_ahead else raw


def _bytes(made: Batch | RawBatch) -> int:
    if isinstance(made, RawBatch):
        return made.frames.nbytes + made.places.nbytes
    views, known = made
    tensors: tuple[Tensor, ...] = (*views, known.group, known.label)
    return sum(tensor.nbytes for tensor in tensors)
