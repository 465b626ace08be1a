"""Decoding processes: the same result for any number of them, also when they die, stall or cannot start."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from made_files import encoded, hostile_files, photo
from sempairs.core.errors import UserError
from sempairs.sources.decode import LIMITS, BadImage, Limits, decode, square
from sempairs.sources.workers import decode_files, in_order, read_image


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    """Eight good files, then one of each hostile kind."""
    files = {f"good {number}.png": encoded(photo(number, 30, 40)) for number in range(8)}
    files |= {name: data for name, (data, _) in hostile_files().items()}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    return [tmp_path / name for name in files]


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """Every process that is started, in order."""
    seen: list[subprocess.Popen[bytes]] = []

    class Seen(subprocess.Popen):  # type: ignore[type-arg]
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            seen.append(self)

    monkeypatch.setattr(subprocess, "Popen", Seen)
    return seen


def as_python(monkeypatch: pytest.MonkeyPatch, folder: Path, script: str) -> None:
    """Let a shell script stand for the Python that decodes."""
    python = folder / "python"
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))


def test_every_number_of_processes_gives_the_same(paths: list[Path], started: list[subprocess.Popen[bytes]]) -> None:
    here = list(decode_files(paths, 16, workers=0))
    assert not started
    for path, one in zip(paths[:8], here, strict=False):
        np.testing.assert_array_equal(one.frame, square(decode(path.read_bytes(), LIMITS), 16))
    assert [one.frame is None for one in here] == [False] * 8 + [True] * len(hostile_files())
    for count in (1, 3):
        there = list(decode_files(paths, 16, workers=count))
        assert [(one.sha256, one.reason) for one in there] == [(one.sha256, one.reason) for one in here]
        for one, other in zip(there[:8], here, strict=False):
            np.testing.assert_array_equal(one.frame, other.frame)
    assert len(started) <= 4
    assert all(process.returncode is not None for process in started)


def test_a_killed_process_changes_nothing(paths: list[Path], started: list[subprocess.Popen[bytes]]) -> None:
    many = paths[:8] * 10
    seen = []
    for position, one in enumerate(decode_files(many, 16, workers=2)):
        seen.append(one)
        if position == 10:
            for process in started[-2:]:
                process.kill()
    expected = list(decode_files(paths[:8], 16, workers=0)) * 10
    assert [one.reason for one in seen] == [""] * 80
    assert all((one.frame == other.frame).all() for one, other in zip(seen, expected, strict=True))
    assert len(started) > 2


def test_a_file_that_kills_its_process_twice_is_left_out(
    paths: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_python(monkeypatch, tmp_path, "echo ready; read path; exit 3")
    reasons = [one.reason for one in decode_files(paths[:3], 16, workers=1)]
    assert reasons == ["the decoding process died of it, twice (exit code 3)"] * 3


def test_a_process_that_cannot_start_is_the_users_to_know(
    paths: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_python(monkeypatch, tmp_path, "echo no memory for you >&2; exit 1")
    with pytest.raises(UserError, match=r"does not start\n.*exit code 1 no memory for you"):
        list(decode_files(paths[:3], 16, workers=2))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "nothing here"))
    with pytest.raises(UserError, match=r"does not start\n.*No such file"):
        list(decode_files(paths[:3], 16, workers=2))


def test_processor_time_is_limited(tmp_path: Path) -> None:
    slow, fast = tmp_path / "slow.png", tmp_path / "fast.png"
    Image.new("RGB", (7900, 8000)).save(slow, compress_level=1)  # about half a second
    fast.write_bytes(encoded(photo(0, 8, 8)))
    found = list(decode_files([slow, fast], 8, workers=1, limits=Limits(seconds=0.05)))
    assert [one.reason for one in found] == ["decoding took more than 0.05 s", ""]


def test_memory_is_limited(tmp_path: Path) -> None:
    large = tmp_path / "large.png"
    Image.new("RGB", (5000, 5000)).save(large, compress_level=1)  # 100 MB, as Pillow keeps 4 bytes a pixel
    (found,) = decode_files([large], 8, workers=1, limits=Limits(memory=50 * 2**20))
    assert found.frame is None
    assert "emory" in found.reason


def test_a_module_in_the_users_folder_is_not_imported(
    paths: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "PIL.py").write_text("raise SystemExit('the wrong PIL')")
    monkeypatch.chdir(tmp_path)
    (found,) = decode_files(paths[:1], 16, workers=1)
    assert found.frame is not None


@pytest.mark.parametrize("count", [0, 1])
def test_a_file_that_vanished_is_an_error_of_reading(count: int, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"gone\.png"):
        list(decode_files([tmp_path / "gone.png"], 8, workers=count))


def test_a_named_pipe_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    with pytest.raises(BadImage, match="not a regular file"):
        read_image(tmp_path / "pipe.jpg", LIMITS)


def test_a_large_file_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "large.jpg").open("wb") as file:
        file.truncate(2**40)  # a hole of a terabyte
    with pytest.raises(BadImage, match="1099511627776 bytes, more than the 67108864 allowed"):
        read_image(tmp_path / "large.jpg", LIMITS)


def test_in_order_keeps_the_order_and_runs_a_little_ahead() -> None:
    begun: list[int] = []
    results = in_order(lambda item: begun.append(item) or item * item, range(1000), threads=2)
    assert next(results) == 0
    assert len(begun) <= 16  # 8 for each thread
    assert list(results) == [item * item for item in range(1, 1000)]


def test_the_environment_of_this_process_is_left_alone(paths: list[Path]) -> None:
    before = dict(os.environ)
    list(decode_files(paths[:2], 8, workers=1))
    assert dict(os.environ) == before
