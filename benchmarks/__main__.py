"""`python -m benchmarks [NAME ...]`: run benchmarks, print the table, write results/ and docs/benchmarks.md."""

import importlib
import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.table import Table

from benchmarks import page, processes
from sempairs.core.environment import environment
from sempairs.core.files import write_json
from sempairs.core.progress import say

NAMES = ("sources", "shapes", "views", "data", "training", "gpu", "processes", "neighbours", "probe", "startup")
FOLDER = Path(__file__).parent
PACKAGES = ("faiss-cpu", "scikit-learn", "lightly", "kornia", "pillow")


def machine() -> dict[str, Any]:
    """Where and with what the numbers were measured, and how busy the machine was before."""
    git = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=FOLDER)
    model = platform.processor() or platform.machine()
    if sys.platform == "linux":
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next((line.split(": ")[1] for line in lines if line.startswith("model name")), model)
    return {
        "commit": git.stdout.strip() or "unknown",
        "processor": model,
        "cores": os.cpu_count(),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "load": round(os.getloadavg()[0], 1),
        **{name: version(name) for name in PACKAGES},
        **environment(),
    }


def main(names: list[str]) -> None:
    """Run these benchmarks, all of them if there are none."""
    table = Table("what", "ours", "peer", "against", "ratio [smallest, largest]", "aim")
    for name in names or NAMES:
        say(f"benchmark: {name}")
        where = machine()
        if name == "processes":
            write_json(FOLDER / "results" / "processes.json", {**where, "processes": processes.measure()})
            continue
        rows = importlib.import_module(f"benchmarks.{name}_speed").measure()
        write_json(FOLDER / "results" / f"{name}.json", {**where, "rows": [row.to_json() for row in rows]})
        for row in rows:
            speeds = (f"{speed:,.1f} {row.unit}/s" for speed in (row.ours, row.peer))
            ratio = f"{row.ratio:.2f} [{row.low:.2f}, {row.high:.2f}]"
            table.add_row(row.name, *speeds, row.peer_name, ratio, "" if row.aim is None else f">= {row.aim}")
    page.write()
    Console().print(table)


if __name__ == "__main__":
    main(sys.argv[1:])
