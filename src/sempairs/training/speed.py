"""How fast a training is and what it waits for: a few numbers for each line of the log."""

import time

import torch


class Speed:
    """Rates since the last line of the log.

    Parameters
    ----------
    device: whose memory is looked at, if it is a GPU.
    pairs: seen before the clock starts.
    """

    def __init__(self, device: torch.device, pairs: int) -> None:
        self.device = device
        self._pairs = pairs
        self._waited = 0.0
        self._began = time.monotonic()

    def numbers(self, pairs: int, waited: float) -> dict[str, float]:
        """Pairs per second, the share of the time that was spent waiting for views, and the GPU's memory in GiB.

        Parameters
        ----------
        pairs: seen so far.
        waited: seconds that were waited for views so far.
        """
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        now = time.monotonic()
        seconds = now - self._began
        found = {
            "pairs per second": round((pairs - self._pairs) / seconds, 1),
            "waiting share": round((waited - self._waited) / seconds, 4),
        }
        if self.device.type == "cuda":
            found["GPU GiB"] = round(torch.cuda.max_memory_allocated(self.device) / 2**30, 3)
        self._pairs, self._waited, self._began = pairs, waited, now
        return found

    def go_on(self) -> None:
        """Start the clock again: what happened since the last line was no training."""
        self._began = time.monotonic()
