"""`python -m benchmarks.million [ROWS]`: mine a million features on this machine; writes results/million.json.

The features are made: classes of about 200 images around centres in a space of 32 dimensions, which is mapped into 256
and blurred in all of them. Memory is the sum over all processes of their proportional share (PSS), which counts a page
that several have mapped once; it is looked at ten times a second.
"""

import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

from sempairs.core.files import write_json
from sempairs.core.seeds import rng
from sempairs.core.settings import Spec, build
from sempairs.core.work import Work
from sempairs.neighbours import everyone, neighbours_of_all
from sempairs.pairs.audit import audit
from sempairs.pairs.mining import MINERS, Features, mine
from sempairs.sources.base import Source

RESULTS = Path(__file__).parent / "results" / "million.json"
D, CLASS, K, WORKERS = 256, 200, 10, 2


class PeakMemory(threading.Thread):
    """The largest memory of this process and its children, in bytes."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak = 0
        self.start()

    def run(self) -> None:
        """Look, again and again."""
        while True:
            self.peak = max(self.peak, sum(map(_pss, _family())))
            time.sleep(0.1)


def _family() -> list[Path]:
    family = [Path("/proc/self")]
    for process in family:
        for task in process.glob("task/*/children"):
            family += [Path("/proc") / child for child in _read(task).split()]
    return family


def _pss(process: Path) -> int:
    lines = _read(process / "smaps_rollup").splitlines()
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:  # it has ended
        return ""


def make_features(n: int, path: Path) -> np.ndarray:
    """Write the features, a block at a time; the class of each row."""
    random = rng("million", n)
    centres = random.normal(size=(max(1, n // CLASS), 32)).astype(np.float32)
    spread = random.normal(size=(32, D)).astype(np.float32) / np.float32(np.sqrt(32))
    member = random.integers(0, len(centres), n)
    rows = np.lib.format.open_memmap(path, "w+", np.float32, (n, D))
    for start in range(0, n, 2**16):
        own = member[start : start + 2**16]
        inside = centres[own] + 0.5 * random.normal(size=(len(own), 32)).astype(np.float32)
        rows[start : start + 2**16] = inside @ spread + 0.1 * random.normal(size=(len(own), D)).astype(np.float32)
    rows.flush()
    return member


def measure(n: int) -> dict[str, float]:
    """Mine mutual neighbours among `n` rows in work units, and check a sample of them."""
    with tempfile.TemporaryDirectory() as folder:
        member = make_features(n, Path(folder) / "features.npy")
        values = np.load(Path(folder) / "features.npy", mmap_mode="r")
        ids = np.array([f"{i:07}" for i in range(n)], dtype=object)
        pixels = np.broadcast_to(np.zeros(1, np.uint8), (n, 1, 1, 1))
        classes, label = np.unique(member, return_inverse=True)
        source = Source("made", ids, ids, pixels, labels=label, label_names=tuple(map(str, classes)))
        work = Work(Path(folder) / "work", workers=WORKERS)
        features = Features(ids, values, "made", work=work)
        memory, began = PeakMemory(), time.monotonic()
        pairs = mine(source, features, lambda seen: build(MINERS, MUTUAL, seen), MUTUAL)
        seconds, peak = time.monotonic() - began, memory.peak
        found, _ = neighbours_of_all(values, K, work=work)  # from the units
        recall = everyone.recall(values, found)
        audited = audit(pairs, source)
    return {
        "rows": n,
        "dimensions": D,
        "k": K,
        "workers": WORKERS,
        "seconds": round(seconds, 1),
        "rows per second": round(n / seconds),
        "peak memory in GB": round(peak / 1e9, 2),
        "recall@1": recall,
        "recall@1 sample": min(n, everyone.CHECKED),
        "pairs": len(pairs),
        "coverage": round(audited.coverage, 4),
        "purity": round(audited.purity or 0, 4),
    }


MUTUAL = Spec(name="mutual", options={"k": K, "rest": "drop"})

if __name__ == "__main__":
    results = measure(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
    from benchmarks.__main__ import machine  # loads torch, which mining does not need

    write_json(RESULTS, {**machine(), **results})
    print("\n".join(f"{name:20} {value}" for name, value in results.items()))
