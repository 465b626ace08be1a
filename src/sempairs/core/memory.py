"""How much memory this process has taken."""

import sys
from pathlib import Path


def resident_bytes() -> int | None:
    """Bytes in memory that are this process's own; None where the system does not say (all but Linux).

    Pages of memory-mapped files, such as the cache of frames, do not count: the system takes them back when it needs
    memory for something else.
    """
    if sys.platform != "linux":
        return None
    lines = Path("/proc/self/status").read_text().splitlines()
    (kilobytes,) = (line.split()[1] for line in lines if line.startswith("RssAnon:"))
    return int(kilobytes) * 1024
