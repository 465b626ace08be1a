"""Frames decoded whenever they are asked for: the images of the cache, without the cache."""

import io
import os
import pickle
import re
import tarfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from made_files import encoded, hostile_files, photo, photo_folder, write_tar
from sempairs.core.errors import UserError
from sempairs.sources import decode
from sempairs.sources.base import Source
from sempairs.sources.each_time import DecodedFrames
from sempairs.sources.opening import open_source

ROTATED = Image.Exif()
ROTATED[0x0112] = 6  # the orientation "turn by 90 degrees to the right"


def kinds() -> dict[str, bytes]:
    """A good file of every kind that needs a rule of its own."""
    large = Image.fromarray(photo(1, height=60, width=90))
    grey = np.linspace(0, 2**16 - 1, 60 * 40).astype(np.uint16).reshape(60, 40)
    return {
        "plain.jpg": encoded(large, "JPEG"),
        "grey.jpg": encoded(large.convert("L"), "JPEG"),
        "cmyk.jpg": encoded(large.convert("CMYK"), "JPEG"),
        "progressive.jpg": encoded(large, "JPEG", progressive=True),
        "turned.jpg": encoded(large, "JPEG", exif=ROTATED),
        "16 bit.png": encoded(Image.fromarray(grey)),
        "alpha.png": encoded(Image.fromarray(np.dstack([np.asarray(large), photo(2, 60, 90)[..., 0]]))),
        "palette.gif": encoded(large.quantize(16), "GIF"),
        "a.webp": encoded(large, "WEBP"),
        "tiny.bmp": encoded(photo(3, 1, 1), "BMP"),
    }


def both(options: dict[str, Any]) -> tuple[Source, Source]:
    """The source from the cache and decoded each time."""
    cached = open_source({**options, "decode": "once"})
    lazy = open_source({**options, "decode": "each-time"})
    assert isinstance(lazy.frames, DecodedFrames)
    return cached, lazy


def write(root: Path, files: dict[str, bytes]) -> Path:
    root.mkdir(exist_ok=True)
    for name, data in files.items():
        (root / name).write_bytes(data)
    return root


def assert_same(cached: Source, lazy: Source) -> None:
    assert cached.ids.tolist() == lazy.ids.tolist()
    assert cached.hashes.tolist() == lazy.hashes.tolist()
    assert cached.quarantined == lazy.quarantined
    assert cached.fingerprint == lazy.fingerprint
    np.testing.assert_array_equal(np.asarray(lazy.frames), np.asarray(cached.frames))


def test_every_kind_of_file_has_the_pixels_of_the_cache_and_hostile_ones_are_left_out(tmp_path: Path) -> None:
    hostile = {name: data for name, (data, _) in hostile_files().items()}
    root = write(tmp_path / "photos", kinds() | hostile)
    cached, lazy = both({"name": "folder", "root": str(root), "size": 16, "bad_share": 0.7})
    assert_same(cached, lazy)
    assert lazy.ids.tolist() == sorted(kinds())
    assert len(lazy.quarantined) == len(hostile)
    for row in lazy.quarantined:
        assert re.search(hostile_files()[row.id][1], row.reason), row


def test_archives_have_the_pixels_of_the_cache(tmp_path: Path) -> None:
    good = [(name.rpartition(".")[2], data) for name, data in kinds().items()]
    for number in (0, 1):
        samples = {f"{n}": {ext: data} for n, (ext, data) in enumerate(good) if n % 2 == number}
        samples["bad"] = {"jpg": hostile_files()["half.jpg"][0]}
        write_tar(tmp_path / "shards" / f"{number}.tar", samples)
    cached, lazy = both({"name": "shards", "path": str(tmp_path / "shards"), "size": 16, "bad_share": 0.5})
    assert_same(cached, lazy)
    assert [row.id for row in lazy.quarantined] == ["0/bad", "1/bad"]
    mixed = np.array([7, 0, 9, 0, 3])  # from both archives, out of order, one twice
    np.testing.assert_array_equal(lazy.images(mixed), cached.images(mixed))


def test_no_pixel_is_kept_and_the_second_opening_decodes_nothing(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = {"name": "folder", "root": str(photo_folder(tmp_path / "photos")), "size": 8, "decode": "each-time"}
    first = open_source(options)
    assert [file.name for file in (cache / "frames").rglob("*") if file.is_file()] == ["00000.json"]

    def fail(*_: object) -> None:
        raise AssertionError("decoded again")

    monkeypatch.setattr("sempairs.sources.frames.decode_files", fail)
    second = open_source(options)
    np.testing.assert_array_equal(second.images(np.arange(12)), first.images(np.arange(12)))


def test_a_file_is_decoded_once_in_a_reading_whatever_the_number_of_threads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = open_source({"name": "folder", "root": str(photo_folder(tmp_path / "photos")), "decode": "each-time"})
    assert isinstance(source.frames, DecodedFrames)
    decoded: list[int] = []
    real = decode.decode_known
    monkeypatch.setattr(
        "sempairs.sources.each_time.decode_known", lambda data, size: decoded.append(len(data)) or real(data, size)
    )
    wanted, seen = np.array([3, 11, 3, 0, 3]), []
    for threads in (1, 2, 5):
        source.frames._threads = threads
        seen.append(source.images(wanted).tobytes())
        assert len(decoded) == 3
        decoded.clear()
    assert len(set(seen)) == 1


def test_reading_leaves_the_warnings_of_the_program_alone(tmp_path: Path) -> None:
    source = open_source({"name": "folder", "root": str(photo_folder(tmp_path / "photos")), "decode": "each-time"})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        before = list(warnings.filters)
        for _ in range(20):
            source.images(np.arange(12))
        assert warnings.filters == before


@pytest.mark.parametrize(
    ("harm", "got"),
    [
        (lambda file: file.write_bytes(encoded(photo(77))), "its bytes are others"),
        (lambda file: file.write_bytes(file.read_bytes()[:300]), "its bytes are others"),
        (lambda file: file.write_bytes(b""), "its bytes are others"),
        (lambda file: file.unlink(), "cannot be read: No such file"),
        (lambda file: (file.unlink(), os.mkfifo(file)), "cannot be read: not a regular file"),
        (lambda file: os.truncate(file, 2**26 + 1), "cannot be read: 67108865 bytes, more than"),
    ],
)
def test_a_file_that_changes_later_stops_by_its_name(tmp_path: Path, harm: Any, got: str) -> None:
    root = photo_folder(tmp_path / "photos")
    source = open_source({"name": "folder", "root": str(root), "size": 8, "decode": "each-time"})
    harm(root / "coat" / "004.png")
    (at,) = source.positions(np.array(["coat/004.png"], dtype=object))
    with pytest.raises(UserError, match=f"'coat/004.png' is not the file it was .*\n.*{got}"):
        source.images(np.arange(12))
    others = np.delete(np.arange(12), at)
    assert len(source.images(others)) == 11


def test_a_file_that_a_newer_decoder_refuses_stops_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = open_source({"name": "folder", "root": str(photo_folder(tmp_path / "photos")), "decode": "each-time"})
    monkeypatch.setattr(decode, "FORMATS", ("JPEG",))
    with pytest.raises(UserError, match=r"'bag/000\.png' is not .*\n.*cannot be decoded"):
        source.images(np.array([0]))


def test_an_archive_that_changes_later_stops(tmp_path: Path) -> None:
    samples = {f"{n}": {"png": encoded(photo(n))} for n in range(4)}
    path = write_tar(tmp_path / "a.tar", samples)
    source = open_source({"name": "shards", "path": str(path), "size": 8, "decode": "each-time"})
    status, data = path.stat(), bytearray(path.read_bytes())
    with tarfile.open(fileobj=io.BytesIO(bytes(data))) as tar:
        data[tar.getmember("2.png").offset_data + 500] ^= 1
    path.write_bytes(bytes(data))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    with pytest.raises(UserError, match=r"a\.tar.*\n.*changed"):
        source.images(np.arange(4))


def test_a_spawned_worker_can_read_it(tmp_path: Path) -> None:
    root = photo_folder(tmp_path / "photos")
    source = open_source({"name": "folder", "root": str(root), "size": 8, "decode": "each-time"})
    back = pickle.loads(pickle.dumps(source.frames))  # noqa: S301
    np.testing.assert_array_equal(back[np.arange(12)], source.images(np.arange(12)))
