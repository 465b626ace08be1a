"""The memory of this process."""

import mmap
from pathlib import Path

import numpy as np

from sempairs.core.memory import resident_bytes

MB = 2**20


def test_an_array_counts_and_a_mapped_file_does_not(tmp_path: Path) -> None:
    before = resident_bytes()
    assert before is not None
    array = np.ones(64 * MB, np.uint8)
    with_array = resident_bytes()
    assert with_array is not None
    # The interpreter may take or give back a few MB meanwhile.
    assert abs(with_array - before - array.nbytes) < 8 * MB
    (tmp_path / "file").write_bytes(array.tobytes())
    frames = np.memmap(tmp_path / "file", np.uint8, "r")
    assert isinstance(frames._mmap, mmap.mmap)
    assert int(frames.sum()) == 64 * MB
    with_file = resident_bytes()
    assert with_file is not None
    assert abs(with_file - with_array) < 8 * MB
