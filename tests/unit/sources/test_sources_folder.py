"""Folders of images: order, classes, and whatever may lie in a folder."""

import logging
import os
import re
import socket
from pathlib import Path

import numpy as np
import pytest

from made_files import encoded, hostile_files, photo, photo_folder
from sempairs.core.errors import UserError
from sempairs.sources.decode import LIMITS, decode, square
from sempairs.sources.folder import folder
from sempairs.sources.opening import open_source


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    return photo_folder(tmp_path / "photos")


def test_class_folders_become_labels(photos: Path) -> None:
    source = folder(root=str(photos), size=16)
    assert source.ids.tolist() == sorted(f"{('bag', 'coat', 'shoe')[n % 3]}/{n:03d}.png" for n in range(12))
    assert source.label_names == ("bag", "coat", "shoe")
    assert source.labels is not None
    assert source.labels.tolist() == [0] * 4 + [1] * 4 + [2] * 4
    assert source.columns["folder"].tolist() == ["bag"] * 4 + ["coat"] * 4 + ["shoe"] * 4
    assert source.name == "photos"
    for id, frame in zip(source.ids, source.frames, strict=True):
        np.testing.assert_array_equal(frame, square(decode((photos / id).read_bytes(), LIMITS), 16))


def test_the_class_is_the_first_folder_and_the_column_the_whole(photos: Path) -> None:
    deep = photos / "bag" / "red" / "old" / "x.png"
    deep.parent.mkdir(parents=True)
    deep.write_bytes(encoded(photo(50)))
    source = folder(root=str(photos), size=8)
    (position,) = source.positions(np.array(["bag/red/old/x.png"], dtype=object))
    assert source.labels is not None
    assert source.label_names[source.labels[position]] == "bag"
    assert source.columns["folder"][position] == "bag/red/old"


def test_an_image_outside_the_class_folders_takes_the_labels_away(
    photos: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (photos / "stray.png").write_bytes(encoded(photo(51)))
    source = folder(root=str(photos), size=8)
    assert (len(source), source.labels, source.label_names) == (13, None, ())
    assert source.columns["folder"][-1] == ""
    assert "no labels, for 1 of 13 images lie in no class folder" in caplog.text


def test_a_flat_folder_has_no_labels_and_says_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "flat").mkdir()
    (tmp_path / "flat" / "a.png").write_bytes(encoded(photo()))
    assert folder(root=str(tmp_path / "flat"), size=8).labels is None
    assert caplog.text == ""


def test_the_content_decides_and_other_files_are_counted(photos: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    lossless = photo(60)
    (photos / "bag" / "a png.JPG").write_bytes(encoded(lossless))
    (photos / "notes.txt").write_text("notes")
    (photos / "bag" / "Thumbs.db").write_text("x")
    (photos / "coat" / "b.txt").write_text("x")
    source = folder(root=str(photos), size=20)
    (position,) = source.positions(np.array(["bag/a png.JPG"], dtype=object))
    np.testing.assert_array_equal(source.frames[position], square(lossless, 20))
    assert "3 other files ignored (2 .txt, 1 .db)" in caplog.text


def test_bad_files_are_quarantined_with_their_reasons(photos: Path, caplog: pytest.LogCaptureFixture) -> None:
    for name, (data, _) in hostile_files().items():
        (photos / "coat" / name).write_bytes(data)
    source = folder(root=str(photos), size=8, bad_share=0.6)
    assert len(source) == 12
    assert [row.id for row in source.quarantined] == sorted(f"coat/{name}" for name in hostile_files())
    for row in source.quarantined:
        assert re.search(hostile_files()[row.id.removeprefix("coat/")][1], row.reason), row
    assert (
        f"{len(hostile_files())} of {12 + len(hostile_files())} images left out, the first: 'coat/bomb.png'"
        in caplog.text
    )
    with pytest.raises(UserError, match="too many of the 28 images of 'photos' are bad"):
        folder(root=str(photos), size=8)


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda path: None, "cannot open the folder of images\n.*No such file"),
        (lambda path: path.write_text("a file"), "cannot open the folder of images\n.*Not a directory"),
        (lambda path: path.mkdir(), "no image in .*\n.*an empty folder\n.*files that end in .jpg"),
        (lambda path: (path / "a" / "b").mkdir(parents=True), "no image in .*\n.*an empty folder"),
        (lambda path: (path.mkdir(), (path / "a.txt").touch()), "no image in .*\n.*other files: 1 .txt"),
        (lambda path: path.symlink_to(path), "cannot open the folder of images"),
        (lambda path: (path.mkdir(), (path / "a.jpg").touch()), "too many of the 1 images"),
    ],
)  # fmt: skip
def test_a_root_that_cannot_be_used(tmp_path: Path, make: object, problem: str) -> None:
    assert callable(make)
    make(tmp_path / "root")
    with pytest.raises(UserError, match=problem):
        folder(root=str(tmp_path / "root"))


def test_no_good_image_at_all(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").touch()
    with pytest.raises(UserError, match=r"has no good image\n.*'a\.jpg': the file is empty"):
        folder(root=str(tmp_path), bad_share=1.0)


@pytest.mark.parametrize("root", ["a\0b", "x" * 5000, "~nobody-of-this-name/photos"])
def test_a_root_that_is_no_path(root: str) -> None:
    with pytest.raises(UserError, match="cannot open the folder"):
        folder(root=root)


@pytest.mark.parametrize("options", [{"size": 0}, {"size": 5000}, {"bad_share": -0.1}, {"bad_share": 1.5}])
def test_options_out_of_range(photos: Path, options: dict[str, float]) -> None:
    with pytest.raises(UserError, match="to do: choose"):
        open_source({"name": "folder", "root": str(photos), **options})


def test_links_out_of_the_folder_are_left_out_and_links_within_are_followed(photos: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(encoded(photo(70)))
    (photos / "bag" / "out.png").symlink_to(secret)
    (photos / "bag" / "within.png").symlink_to(photos / "coat" / "001.png")
    (photos / "bag" / "broken.png").symlink_to(photos / "nothing.png")
    (photos / "elsewhere").symlink_to(tmp_path)
    (photos / "here").symlink_to(photos)
    (photos / "round.png").symlink_to(photos / "round.png")
    (photos / "notes").symlink_to(tmp_path / "nothing")
    source = folder(root=str(photos), size=8, bad_share=0.5)
    reasons = {row.id: row.reason for row in source.quarantined}
    assert reasons.pop("round.png").startswith("cannot be read: ")
    assert reasons == {
        "bag/out.png": "a link that leaves the folder",
        "bag/broken.png": "cannot be read: No such file or directory",
        "elsewhere": "a link to a folder is not followed",
        "here": "a link to a folder is not followed",
    }
    assert len(source) == 13
    here, there = source.positions(np.array(["bag/within.png", "coat/001.png"], dtype=object))
    np.testing.assert_array_equal(source.frames[here], source.frames[there])


def test_things_that_are_no_files_are_left_out(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(photos / "bag" / "pipe.jpg")
    monkeypatch.chdir(photos / "bag")  # the path of a socket may not be long
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket.jpg")
        source = folder(root=str(photos), size=8, bad_share=0.5)
    assert [(row.id, row.reason) for row in source.quarantined] == [
        ("bag/pipe.jpg", "not a regular file"),
        ("bag/socket.jpg", "not a regular file"),
    ]


def test_a_folder_that_cannot_be_listed_is_a_row(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scandir = os.scandir

    def deny(path: object) -> object:  # root may list everything, so permissions cannot be used here
        if str(path).endswith("coat"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)  # type: ignore[call-overload]

    monkeypatch.setattr(os, "scandir", deny)
    source = folder(root=str(photos), size=8, bad_share=0.5)
    assert [(row.id, row.reason) for row in source.quarantined] == [
        ("coat", "the folder cannot be read: Permission denied")
    ]
    assert source.label_names == ("bag", "shoe")


def test_hostile_names(tmp_path: Path) -> None:
    root = tmp_path / "[/red] photos"
    names = [
        b"two\nlines.png", b"caf\xe9.png", rb"caf\xe9.png", "café.png".encode(), b"[/bold].png", b"=1+1.png",
        b"<script>.png", b"\x1b[31m.png", b" .png", b"-rf.png", b"%s %d.png", b"\\.png", b"a" * 240 + b".png",
    ]  # fmt: skip
    kinds = [b"class\xff", b"new\nline"]
    for position, name in enumerate(names):
        path = Path(os.fsdecode(os.fsencode(root) + b"/" + kinds[position % 2] + b"/" + name))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded(photo(position)))
    source = folder(root=str(root), size=8, bad_share=0.5)
    assert len(source) == len(names)
    assert source.label_names == (r"class\xff", "new\nline")
    for id in source.ids:
        id.encode()  # can be stored
    assert len(source.fingerprint) == 16
    assert folder(root=str(root), size=8, bad_share=0.5).fingerprint == source.fingerprint


def test_two_names_that_print_alike_do_not_share_an_id(tmp_path: Path) -> None:
    for number, name in enumerate((b"caf\xe9.png", rb"caf\xe9.png")):
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_bytes(encoded(photo(number)))
    source = folder(root=str(tmp_path), size=8, bad_share=0.5)
    assert source.ids.tolist() == [r"caf\xe9.png"]
    assert source.quarantined[0].reason == "once its name is made printable, another file has it too"
    np.testing.assert_array_equal(source.frames[0], square(photo(1), 8))  # the backslash sorts before the byte
