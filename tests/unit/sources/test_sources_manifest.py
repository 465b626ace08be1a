"""The manifest of hashes: what was read once is not read again, and what has changed is."""

import hashlib
from pathlib import Path

import pytest

from made_files import ImageFile, old
from sempairs.sources import manifest
from sempairs.sources.decode import BadImage
from sempairs.sources.manifest import hash_files


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are read."""
    seen: list[str] = []
    read = manifest.read_image
    monkeypatch.setattr(manifest, "read_image", lambda path, limits: seen.append(path.name) or read(path, limits))
    return seen


def test_unchanged_files_are_read_once(files: list[ImageFile], tmp_path: Path, reads: list[str]) -> None:
    table = {file.id: old(file.path) for file in files}
    expected = {file.id: file.sha256 for file in files}
    assert hash_files(tmp_path, table) == expected
    assert len(reads) == 6
    assert hash_files(tmp_path, table) == expected
    assert len(reads) == 6


def test_a_change_is_seen_even_with_the_size_and_time_of_before(
    files: list[ImageFile], tmp_path: Path, reads: list[str]
) -> None:
    table = {file.id: old(file.path) for file in files}
    before = hash_files(tmp_path, table)
    data = bytearray(files[1].path.read_bytes())
    data[-1] ^= 1
    files[1].path.write_bytes(bytes(data))
    old(files[1].path)
    after = hash_files(tmp_path, table)
    assert {id for id in table if before[id] != after[id]} == {"id 1"}
    assert after["id 1"] == hashlib.sha256(data).hexdigest()
    assert reads[6:] == ["1.jpg"]


def test_a_file_fresh_from_the_press_is_not_trusted(files: list[ImageFile], tmp_path: Path, reads: list[str]) -> None:
    table = {file.id: file.path for file in files}
    hash_files(tmp_path, table)
    hash_files(tmp_path, table)
    assert len(reads) == 12


@pytest.mark.parametrize("damage", ["", "{", "[]", "null", '{"schema": 1}', '{"schema": 2, "files": {}}'])
def test_a_damaged_manifest_is_made_again(files: list[ImageFile], tmp_path: Path, cache: Path, damage: str) -> None:
    table = {file.id: old(file.path) for file in files}
    before = hash_files(tmp_path, table)
    (book,) = (cache / "manifests").iterdir()
    whole = book.read_bytes()
    book.write_text(damage)
    assert hash_files(tmp_path, table) == before
    assert book.read_bytes() == whole


def test_a_file_that_cannot_be_read_has_a_reason(tmp_path: Path) -> None:
    (tmp_path / "folder.jpg").mkdir()
    found = hash_files(tmp_path, {"gone": tmp_path / "gone.jpg", "folder": tmp_path / "folder.jpg"})
    assert [str(found["gone"]), str(found["folder"])] == [
        "cannot be read: No such file or directory",
        "not a regular file",
    ]
    assert isinstance(found["gone"], BadImage)
