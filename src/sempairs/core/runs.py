"""A run is a folder named by the hash of its settings; its state is its files.

settings.json    what the run is: everything that decides its numbers
metrics.jsonl    one line for each logged step
speed.jsonl      how fast it was, a line for each of those
incidents.jsonl  steps that went wrong, with what led to them
checkpoint-*.pt  where to go on after a kill (training/checkpoint.py)
result.json      written last: a run with a result is done and never runs again
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sempairs.core.errors import UserError
from sempairs.core.files import hash_of, read_json, write_json, write_text


@dataclass(frozen=True)
class Run:
    """One run folder."""

    folder: Path

    @property
    def name(self) -> str:
        """The hash that names the run."""
        return self.folder.name

    @property
    def settings(self) -> dict[str, Any]:
        """What the run is. Raises UserError if the folder is not a run."""
        if not (self.folder / "settings.json").is_file():
            raise UserError(
                f"{self.folder} is not a run",
                got="no settings.json in it",
                todo="give the folder that a training made",
            )
        return _read_table(self.folder / "settings.json")

    @property
    def is_done(self) -> bool:
        """Whether the run has its result."""
        return (self.folder / "result.json").is_file()

    @property
    def result(self) -> dict[str, Any]:
        """What the run found. Raises UserError if it is not done."""
        if not self.is_done:
            raise UserError(
                f"run {self.name} is not finished",
                got=self.folder,
                todo="run the same command again; it goes on where it was",
            )
        return _read_table(self.folder / "result.json")

    def finish(self, result: dict[str, Any]) -> None:
        """Write the result; from now on the run is done."""
        write_json(self.folder / "result.json", result)


def _read_table(path: Path) -> dict[str, Any]:
    """What a run's JSON file says. Raises UserError if it is no table."""
    content = read_json(path)
    if not isinstance(content, dict):
        raise UserError(f"{path} is not that of a run", got=type(content).__name__, todo="train again")
    return content


@dataclass(frozen=True)
class RunStore:
    """A folder of runs."""

    folder: Path

    def open(self, settings: dict[str, Any]) -> Run:
        """The run that has exactly these settings, made if it is new."""
        run = Run(self.folder / hash_of(settings))
        if not (run.folder / "settings.json").is_file():
            write_json(run.folder / "settings.json", settings)
        return run

    def __iter__(self) -> Iterator[Run]:
        for file in sorted(self.folder.glob("*/settings.json")):
            yield Run(file.parent)


class JsonLines:
    """An append-only file of JSON lines that survives a kill: a torn last line is dropped when it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, record: dict[str, Any]) -> None:
        """Add one line."""
        with self.path.open("a", encoding="utf-8", newline="\n") as file:
            file.write(json.dumps(record, sort_keys=True, allow_nan=False) + "\n")

    def read(self) -> list[dict[str, Any]]:
        """All whole lines."""
        if not self.path.exists():
            return []
        lines = self.path.read_text(encoding="utf-8").split("\n")[:-1]
        return [json.loads(line) for line in lines]

    def keep(self, count: int) -> None:
        """Drop everything after the first `count` lines: what a killed run wrote after its last checkpoint."""
        if self.path.exists():
            text = self.path.read_text(encoding="utf-8")
            whole = "".join(line + "\n" for line in text.split("\n")[:-1][:count])
            if whole != text:
                write_text(self.path, whole)
