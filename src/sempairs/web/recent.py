"""A value that is dear to make, made now and then however many pages ask for it."""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

Value = TypeVar("Value")
SHARE = 0.1  # of the time, at most, that goes into making a value


class Recent(Generic[Value]):
    """Holds what `make` gave the last time.

    Parameters
    ----------
    make: makes the value; never called by two threads at once.
    seconds: for which a value is good; longer if it took long to make.
    """

    def __init__(self, make: Callable[[], Value], seconds: float) -> None:
        self._make, self._seconds = make, seconds
        self._lock = threading.Lock()
        self._held: tuple[float, Value] | None = None

    def __call__(self) -> Value:
        """The value, made now if the last one is too old."""
        with self._lock:
            began = time.monotonic()
            if self._held is None or began >= self._held[0]:
                value = self._make()
                took = time.monotonic() - began
                self._held = (began + max(self._seconds, took / SHARE), value)
            return self._held[1]
