"""Checkpoints that are whole or absent: the name of each carries the hash of its bytes, the last two are kept."""

import hashlib
import io
import re
from pathlib import Path
from typing import Any

import torch

from sempairs.core.files import atomic_write

KEEP = 2
_NAME = re.compile(r"checkpoint-(\d{8})-([0-9a-f]{16})\.pt")


def save(folder: Path, step: int, state: dict[str, Any]) -> None:
    """Write the state after `step` steps, then remove the checkpoints before the last two."""
    buffer = io.BytesIO()
    torch.save(state, buffer)
    content = buffer.getbuffer()
    with atomic_write(folder / f"checkpoint-{step:08d}-{_digest(content)}.pt") as file:
        file.write(content)
    for path in _newest_first(folder)[KEEP:]:
        path.unlink()


def load_latest(folder: Path, device: torch.device) -> dict[str, Any] | None:
    """The newest state whose bytes are what its name says; a damaged one falls back to the one before. None if none."""
    for path in _newest_first(folder):
        content = path.read_bytes()
        match = _NAME.fullmatch(path.name)
        if match and _digest(content) == match[2]:
            state: dict[str, Any] = torch.load(io.BytesIO(content), map_location=device, weights_only=True)
            return state
    return None


def remove_all(folder: Path) -> None:
    """Remove the checkpoints of a run that is done."""
    for path in _newest_first(folder):
        path.unlink()


def _newest_first(folder: Path) -> list[Path]:
    return sorted((path for path in folder.iterdir() if _NAME.fullmatch(path.name)), reverse=True)


def _digest(content: bytes | memoryview) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
