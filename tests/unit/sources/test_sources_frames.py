"""The cache of decoded frames: made once, rebuilt when damaged, whole or absent."""

import hashlib
import json
import os
import re
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from made_files import ImageFile, encoded, old, photo, photo_folder
from sempairs.core.errors import UserError
from sempairs.sources import frame_shards, frames
from sempairs.sources.decode import LIMITS, decode, square
from sempairs.sources.folder import folder
from sempairs.sources.frames import Frames, ImageKey, Quarantine, frames_of
from sempairs.sources.lazy import MappedFrames
from sempairs.sources.manifest import hash_files


def half_may_be_bad(files: list[ImageFile]) -> Quarantine:
    return Quarantine("photos", len(files), share=0.5)


def framed(files: list[ImageFile], size: int, quarantine: Quarantine, workers: int | None = None) -> Frames:
    keys = [ImageKey(file.id, file.sha256) for file in files]
    return frames_of(keys, lambda at: (files[i].path for i in at), size, quarantine, workers)


def opened(files: list[ImageFile], workers: int | None = 0) -> Frames:
    return framed(files, 16, half_may_be_bad(files), workers)


@pytest.fixture
def no_decoding(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Nothing can be decoded any more."""

    def fail(*args: object) -> Iterator[object]:
        raise AssertionError("decoded again")

    monkeypatch.setattr(frames, "decode_files", fail)
    return monkeypatch


def test_good_images_become_frames_and_bad_ones_rows_with_a_reason(files: list[ImageFile]) -> None:
    found = opened(files)
    assert found.kept.tolist() == [0, 1, 3, 5]
    for frame, position in zip(found.images, found.kept, strict=True):
        np.testing.assert_array_equal(frame, square(decode(files[position].path.read_bytes(), LIMITS), 16))
    assert [row.id for row in found.quarantined] == ["id 2", "id 4"]
    assert "known format" in found.quarantined[0].reason
    assert isinstance(found.images, MappedFrames)
    assert not any(part.flags.writeable for part in found.images.parts)


def test_the_bytes_on_the_disk_do_not_depend_on_the_processes(
    files: list[ImageFile], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen = set()
    for workers in (0, 1, 3):
        monkeypatch.setenv("SEMPAIRS_CACHE", str(tmp_path / f"cache of {workers}"))
        opened(files, workers)
        (file,) = (tmp_path / f"cache of {workers}").rglob("00000.npy")
        seen.add((file.parent.name, file.read_bytes()))
    assert len(seen) == 1


def test_the_second_opening_decodes_nothing(files: list[ImageFile], request: pytest.FixtureRequest) -> None:
    first = opened(files)
    request.getfixturevalue("no_decoding")
    second = opened(files)
    np.testing.assert_array_equal(first.images, second.images)
    assert (first.kept.tolist(), first.quarantined) == (second.kept.tolist(), second.quarantined)


def test_whoever_waited_is_told_how_fast_it_went(
    files: list[ImageFile], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    opened(files)
    assert "images/s" not in capfd.readouterr().err
    monkeypatch.setattr(frames, "LONG", 0.0)
    opened(files)  # from the cache
    assert "images/s" not in capfd.readouterr().err
    framed(files, 24, half_may_be_bad(files), workers=0)
    assert re.search(r"^decoding: 6 images in [0-9.]+ s \([0-9,]+ images/s\)$", capfd.readouterr().err, re.MULTILINE)


def test_another_size_id_or_content_is_another_cache(files: list[ImageFile], cache: Path) -> None:
    allowed = half_may_be_bad(files)
    framed(files, 16, allowed)
    framed(files, 17, allowed)
    framed([ImageFile("renamed", files[0].path, files[0].sha256), *files[1:]], 16, allowed)
    data = encoded(photo(99))
    files[0].path.write_bytes(data)
    framed([ImageFile(files[0].id, files[0].path, hashlib.sha256(data).hexdigest()), *files[1:]], 16, allowed)
    assert len(list((cache / "frames").iterdir())) == 4


def damage_by_cutting(file: Path) -> None:
    os.truncate(file, file.stat().st_size - 1)


def damage_by_one_bit(file: Path) -> None:
    status = file.stat()
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(bytes(data))
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))  # even where the time does not tell


def damage_by_emptying(file: Path) -> None:
    file.write_bytes(b"")


def damage_by_another_array(file: Path) -> None:
    np.save(file, np.zeros((4, 16, 16, 3), dtype=np.uint8))


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("00000.npy", damage_by_cutting),
        ("00000.npy", damage_by_one_bit),
        ("00000.npy", damage_by_emptying),
        ("00000.npy", damage_by_another_array),
        ("00000.npy", Path.unlink),
        ("00000.json", Path.unlink),
        ("00000.json", damage_by_emptying),
        ("00000.json", damage_by_cutting),
        ("00000.json", lambda file: file.write_text('{"schema": 1}')),
        ("00000.json", lambda file: file.write_text("[]")),
    ],
)
def test_a_damaged_cache_is_made_again(files: list[ImageFile], cache: Path, name: str, damage: object) -> None:
    whole = np.array(opened(files).images)
    (file,) = cache.rglob(name)
    assert callable(damage)
    damage(file)
    again = opened(files)
    np.testing.assert_array_equal(again.images, whole)
    assert len(again.quarantined) == 2


def test_a_cache_that_was_only_copied_is_checked_and_used(
    files: list[ImageFile], cache: Path, request: pytest.FixtureRequest
) -> None:
    whole = np.array(opened(files).images)
    (file,) = cache.rglob("00000.npy")
    os.utime(file)
    request.getfixturevalue("no_decoding")
    np.testing.assert_array_equal(opened(files).images, whole)
    record = json.loads((file.parent / "00000.json").read_text())
    assert record["stamp"][1] == file.stat().st_mtime_ns


def test_too_many_bad_images_stop_and_leave_nothing(files: list[ImageFile], cache: Path) -> None:
    with pytest.raises(UserError, match="too many of the 6 images of 'photos' are bad") as stopped:
        framed(files, 16, Quarantine("photos", 6, share=0.2), 0)
    assert "2 of them so far, where 20% may be" in str(stopped.value)
    assert "'id 2': not an image of a known format" in str(stopped.value)
    assert [file for file in cache.rglob("*") if file.is_file()] == []


def test_a_stricter_share_holds_for_what_is_cached(files: list[ImageFile]) -> None:
    opened(files)
    with pytest.raises(UserError, match="too many"):
        framed(files, 16, Quarantine("photos", 6, share=0.2))


def test_no_good_image_is_no_frames(files: list[ImageFile]) -> None:
    found = framed([files[2], files[4]], 16, Quarantine("photos", 2, share=1.0))
    assert found.images.shape == (0, 16, 16, 3)
    assert len(found.quarantined) == 2


def test_a_full_disk_leaves_nothing(files: list[ImageFile], cache: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    # A limit on the size of files makes the same writes fail, with EFBIG in the place of ENOSPC.
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(UserError, match=r"cannot write to the cache\n.*File too large\n.*make room"):
            opened(files)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [file for file in cache.rglob("*") if file.is_file()] == []
    assert len(opened(files).images) == 4


def test_a_cache_that_cannot_be_made_is_the_users_to_know(
    files: list[ImageFile], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a file").touch()
    monkeypatch.setenv("SEMPAIRS_CACHE", str(tmp_path / "a file" / "cache"))
    with pytest.raises(UserError, match="cannot write to the cache"):
        opened(files)
    with pytest.raises(UserError, match="cannot write to the cache"):
        hash_files(tmp_path, {file.id: old(file.path) for file in files})


@pytest.mark.parametrize("workers", [0, 1])
def test_files_that_change_or_vanish_meanwhile_stop(files: list[ImageFile], cache: Path, workers: int) -> None:
    files[3].path.write_bytes(encoded(photo(77)))
    with pytest.raises(UserError, match="'id 3' changed while it was read"):
        opened(files, workers)
    files[3].path.unlink()
    with pytest.raises(UserError, match=r"could not be read again\n.*3\.jpg.*No such file"):
        opened(files, workers)
    assert [file for file in cache.rglob("*") if file.is_file()] == []


def test_what_a_killed_build_left_is_removed_after_an_hour(files: list[ImageFile], cache: Path) -> None:
    opened(files)
    (file,) = cache.rglob("00000.npy")
    left, living = file.parent / ".00000.npy.left.tmp", file.parent / ".00000.npy.living.tmp"
    left.write_bytes(b"half")
    living.write_bytes(b"half")
    os.utime(left, (0, 0))
    file.unlink()
    opened(files)
    assert (left.exists(), living.exists()) == (False, True)


# Several shards.


@pytest.fixture
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two frames of 16 x 16 in a shard: of six images three shards, whose last two have a bad image each."""
    monkeypatch.setattr(frame_shards, "SHARD_BYTES", 2 * 16 * 16 * 3)


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are decoded."""
    seen: list[str] = []
    decode_files = frames.decode_files

    def note(contents: Iterator[Path], *others: int) -> Iterator[object]:
        paths = list(contents)
        seen.extend(path.name for path in paths)
        return decode_files(iter(paths), *others)

    monkeypatch.setattr(frames, "decode_files", note)
    return seen


@pytest.mark.usefixtures("small_shards")
def test_shards_hold_what_one_file_held(files: list[ImageFile], cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    several = opened(files)
    assert sorted(file.name for file in cache.rglob("*.npy")) == ["00000.npy", "00001.npy", "00002.npy"]
    monkeypatch.undo()
    monkeypatch.setenv("SEMPAIRS_CACHE", str(cache / "of one"))
    one = opened(files)
    np.testing.assert_array_equal(several.images, one.images)
    assert (several.kept.tolist(), several.quarantined) == (one.kept.tolist(), one.quarantined)
    by_shard = b"".join(np.load(file).tobytes() for file in sorted(cache.glob("frames/*/*.npy")))
    assert by_shard == np.load(next((cache / "of one").rglob("*.npy"))).tobytes()


@pytest.mark.usefixtures("small_shards")
def test_the_bytes_of_shards_do_not_depend_on_the_processes(
    files: list[ImageFile], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen = set()
    for workers in (0, 2):
        place = tmp_path / f"cache of {workers}"
        monkeypatch.setenv("SEMPAIRS_CACHE", str(place))
        opened(files, workers)
        seen.add(tuple((str(file.relative_to(place)), file.read_bytes()) for file in sorted(place.rglob("*.npy"))))
    assert len(seen) == 1


@pytest.mark.usefixtures("small_shards")
@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("00001.npy", damage_by_cutting),
        ("00001.npy", damage_by_one_bit),
        ("00001.npy", Path.unlink),
        ("00001.json", damage_by_emptying),
        ("00001.json", Path.unlink),
    ],
)
def test_a_damaged_shard_is_made_again_alone(
    files: list[ImageFile], cache: Path, decoded: list[str], name: str, damage: Callable[[Path], object]
) -> None:
    whole = np.array(opened(files).images)
    decoded.clear()
    (file,) = cache.rglob(name)
    damage(file)
    again = opened(files)
    np.testing.assert_array_equal(again.images, whole)
    assert decoded == ["2.jpg", "3.jpg"]
    assert [row.id for row in again.quarantined] == ["id 2", "id 4"]


@pytest.mark.usefixtures("small_shards")
def test_a_build_that_was_stopped_goes_on_with_the_shards_that_are_done(
    files: list[ImageFile], decoded: list[str]
) -> None:
    data = files[5].path.read_bytes()
    files[5].path.unlink()
    with pytest.raises(UserError, match="could not be read again"):
        opened(files)
    files[5].path.write_bytes(data)
    decoded.clear()
    found = opened(files)
    assert decoded == ["4.jpg", "5.jpg"]
    assert found.kept.tolist() == [0, 1, 3, 5]


@pytest.mark.usefixtures("small_shards")
def test_bad_images_of_the_shards_that_are_done_count(files: list[ImageFile], cache: Path) -> None:
    opened(files)
    (last,) = cache.rglob("00002.npy")
    last.unlink()
    with pytest.raises(UserError, match="too many of the 6 images"):
        framed(files, 16, Quarantine("photos", 6, share=0.2))


@pytest.mark.usefixtures("small_shards")
def test_a_build_that_is_killed_leaves_whole_shards(tmp_path: Path, cache: Path) -> None:
    root = photo_folder(tmp_path / "photos")
    script = f"""
import os, signal
from sempairs.sources import frame_shards, frames
from sempairs.sources.folder import folder
frame_shards.SHARD_BYTES = 2 * 16 * 16 * 3
decode_files = frames.decode_files
def dying(contents, *others):
    for one in decode_files(contents, *others):
        dying.count += 1
        if dying.count == 6:
            os.kill(os.getpid(), signal.SIGKILL)
        yield one
dying.count = 0
frames.decode_files = dying
folder(root={str(root)!r}, size=16)
"""
    died = subprocess.run([sys.executable, "-c", script], check=False)
    assert died.returncode == -signal.SIGKILL
    done = sorted(cache.glob("frames/*/*.npy"))
    assert [file.name for file in done] == ["00000.npy", "00001.npy"]  # it died of the second image of the third shard
    before = [file.stat().st_mtime_ns for file in done]
    np.testing.assert_array_equal(
        folder(root=str(root), size=16).frames,
        np.stack([square(decode(file.read_bytes(), LIMITS), 16) for file in sorted(root.rglob("*.png"))]),
    )
    assert [file.stat().st_mtime_ns for file in done] == before
