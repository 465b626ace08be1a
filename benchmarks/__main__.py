"""`python -m benchmarks [NAME ...]`: run benchmarks, print the table, write results/ and docs/benchmarks.md."""

import importlib
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import page
from sempairs.core.environment import environment
from sempairs.core.files import write_json

NAMES = ("sources", "shapes", "views", "training", "neighbours", "startup")
FOLDER = Path(__file__).parent


def machine() -> dict[str, str | int]:
    """Where and with what the numbers were measured."""
    git = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=FOLDER)
    model = platform.processor() or platform.machine()
    if sys.platform == "linux":
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next((line.split(": ")[1] for line in lines if line.startswith("model name")), model)
    return {
        "commit": git.stdout.strip() or "unknown",
        "processor": model,
        "faiss-cpu": version("faiss-cpu"),
        **environment(),
    }


def main(names: list[str]) -> None:
    """Run these benchmarks, all of them if there are none."""
    table = Table("what", "ours", "peer", "against", "ratio [smallest, largest]", "aim")
    for name in names or NAMES:
        rows = importlib.import_module(f"benchmarks.{name}_speed").measure()
        write_json(FOLDER / "results" / f"{name}.json", {**machine(), "rows": [row.to_json() for row in rows]})
        for row in rows:
            speeds = (f"{speed:,.1f} {row.unit}/s" for speed in (row.ours, row.peer))
            ratio = f"{row.ratio:.2f} [{row.low:.2f}, {row.high:.2f}]"
            table.add_row(row.name, *speeds, row.peer_name, ratio, "" if row.aim is None else f">= {row.aim}")
    page.write()
    Console().print(table)


if __name__ == "__main__":
    main(sys.argv[1:])
