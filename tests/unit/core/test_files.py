import errno
import os

import pytest

from sempairs.core import files
from sempairs.core.errors import UserError
from sempairs.core.files import atomic_write, hash_of, read_json, write_json


def test_a_file_appears_whole(tmp_path):
    path = tmp_path / "new" / "value.json"
    write_json(path, {"b": 1, "a": [1.5, None]})
    assert read_json(path) == {"b": 1, "a": [1.5, None]}
    assert os.listdir(path.parent) == ["value.json"]


def test_an_error_while_writing_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "value.json"
    write_json(path, 1)

    def interrupted() -> None:
        with atomic_write(path) as file:
            file.write(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        interrupted()
    assert read_json(path) == 1
    assert os.listdir(tmp_path) == ["value.json"]


def test_a_full_disk_is_an_error_and_leaves_nothing(tmp_path, monkeypatch):
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_json(tmp_path / "value.json", 1)
    assert os.listdir(tmp_path) == []


def test_a_new_file_has_the_permissions_of_any_new_file(tmp_path):
    write_json(tmp_path / "ours", 1)
    (tmp_path / "plain").write_text("1")
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_missing_and_damaged_json_are_clear_errors(tmp_path):
    with pytest.raises(UserError, match="cannot read"):
        read_json(tmp_path / "none.json")
    (tmp_path / "bad.json").write_text("{")
    with pytest.raises(UserError, match="is not JSON"):
        read_json(tmp_path / "bad.json")


def test_a_hash_depends_on_values_and_not_on_the_order_of_keys():
    assert hash_of({"a": 1, "b": 2.0}) == hash_of({"b": 2.0, "a": 1})
    assert hash_of({"a": 1}) != hash_of({"a": 2})
    # sha256 of the canonical JSON `{"a":1}`, computed with sha256sum.
    assert hash_of({"a": 1}) == "015abd7f5cc57a2d"
