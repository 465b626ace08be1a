"""How soon the command line answers."""

import subprocess
import sys

from benchmarks.paired import Row, compare


def measure() -> list[Row]:
    """Starts per second of `sempairs --help`, against a Python that only imports the command-line library."""

    def start(*arguments: str) -> None:
        subprocess.run([sys.executable, *arguments], check=True, capture_output=True)

    return [
        compare(
            "sempairs --help", "starts", 1, lambda: start("-m", "sempairs.cli.main", "--help"),
            "python -c 'import typer'", lambda: start("-c", "import typer"),
        )
    ]  # fmt: skip
