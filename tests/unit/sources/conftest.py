"""Each test of this room has a cache of its own; six image files for those that ask."""

import hashlib
from pathlib import Path

import pytest

from made_files import ImageFile, encoded, hostile_files, photo


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "the cache"
    monkeypatch.setenv("SEMPAIRS_CACHE", str(folder))
    return folder


@pytest.fixture
def files(tmp_path: Path) -> list[ImageFile]:
    """Six images, the third and the fifth bad."""
    contents = [encoded(photo(number)) for number in range(6)]
    contents[2], contents[4] = b"no image", hostile_files()["half.jpg"][0]
    made = []
    for number, data in enumerate(contents):
        path = tmp_path / f"{number}.jpg"
        path.write_bytes(data)
        made.append(ImageFile(f"id {number}", path, hashlib.sha256(data).hexdigest()))
    return made
