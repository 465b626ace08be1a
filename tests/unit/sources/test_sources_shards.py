"""Tar shards: the samples of WebDataset's naming, their labels and columns, and what is remembered of an archive."""

import hashlib
import io
import json
import logging
import os
import pickle
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from made_files import encoded, hostile_files, photo, write_tar
from sempairs.core.errors import UserError
from sempairs.core.settings import Spec
from sempairs.sources import frames, manifest, shards, tar_index
from sempairs.sources.decode import LIMITS, Limits, decode, square
from sempairs.sources.opening import guess_spec, open_source

PNG = [encoded(photo(number)) for number in range(6)]


def sample(number: int, **members: Any) -> dict[str, bytes]:
    """A sample with this photo; members that are no bytes are written as JSON."""
    return {"png": PNG[number]} | {
        ext: data if isinstance(data, bytes) else json.dumps(data).encode() for ext, data in members.items()
    }


def reasons(source: Any) -> dict[str, str]:
    return {row.id: row.reason for row in source.quarantined}


@pytest.fixture
def unread(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The archives that are passed over, in order."""
    seen: list[Path] = []
    read = tar_index._read
    monkeypatch.setattr(tar_index, "_read", lambda file, bar: seen.append(file) or read(file, bar))
    return seen


def old(path: Path) -> None:
    """Let the file look unchanged for long."""
    os.utime(path, (1_000_000_000, 1_000_000_000))


def test_samples_are_those_that_tarfile_and_pillow_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oracle extracts members by name, in the simplest way there is."""
    monkeypatch.setattr(frames, "_workers", lambda images: 2)
    kinds = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP"}
    for shard in range(3):
        samples = {
            f"set/{shard}{n:03}": {ext: encoded(photo(n, 30, 40), kinds[ext]), "cls": b"%d\n" % (n % 4),
                                   "json": json.dumps({"patient": f"p{n}", "age": n}).encode(), "txt": b"a photo"}
            for n, ext in enumerate([*kinds] * 7)
        }  # fmt: skip
        write_tar(tmp_path / f"train-{shard}.tar", samples)
    source = open_source({"name": "shards", "path": str(tmp_path / "train-{0..2}.tar"), "label": "cls", "size": 16})
    at = 0
    for shard in range(3):
        with tarfile.open(tmp_path / f"train-{shard}.tar") as tar:
            names = [name for name in tar.getnames() if name.endswith(tuple(kinds))]
            for name in names:
                key = name.rpartition(".")[0]
                image, label, meta = (tar.extractfile(n).read() for n in (name, f"{key}.cls", f"{key}.json"))  # type: ignore[union-attr]
                assert source.ids[at] == f"train-{shard}/{key}"
                assert source.hashes[at] == hashlib.sha256(image).hexdigest()
                np.testing.assert_array_equal(
                    source.frames[at], square(np.asarray(Image.open(io.BytesIO(image)).convert("RGB")), 16)
                )
                assert source.column("label")[at] == label.decode().strip()
                assert {"patient": source.columns["patient"][at], "age": source.columns["age"][at]} == json.loads(meta)
                at += 1
    assert at == len(source) == 63
    assert source.label_names == ("0", "1", "2", "3")
    assert source.columns["txt"].tolist() == ["a photo"] * 63


def test_members_of_a_sample_need_not_stand_together(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "x.tar", "w") as tar:
        for name, data in (("b.cls", b"7"), ("a.png", PNG[0]), ("b.png", PNG[1]), ("a.cls", b"3")):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    source = shards.shards(path=str(tmp_path), label="cls", size=8)
    assert source.ids.tolist() == ["x/b", "x/a"]
    assert source.column("label").tolist() == ["7", "3"]
    np.testing.assert_array_equal(source.frames[1], square(photo(0), 8))


def test_names_of_members(tmp_path: Path) -> None:
    """Each name and the id it leads to; None belongs to no sample."""
    names = {
        "./dot.png": "x/dot",
        "a//b/../c.png": None,
        "UPPER.PNG": "x/UPPER",
        "two.dots.png": "x/two",
        "folder.with.dots/a.png": "x/folder.with.dots/a",
        "ünï/図.png": "x/ünï/図",
        "l" * 300 + ".png": "x/" + "l" * 300,
        "byte \udcff.png": r"x/byte \xff",
        ".hidden.png": None,
        "._double.png": None,
        "no extension": None,
        "a.npy": None,
    }
    for format in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        with tarfile.open(tmp_path / "x.tar", "w", format=format, errors="surrogateescape") as tar:
            for name in names:
                member = tarfile.TarInfo(name)
                member.size = len(PNG[0])
                tar.addfile(member, io.BytesIO(PNG[0]))
        source = shards.shards(path=str(tmp_path / "x.tar"), size=8, bad_share=0.5)
        assert source.ids.tolist() == [id for id in names.values() if id]
        assert list(reasons(source)) == ["x/a/b/../c"]


def test_the_image_of_a_sample(tmp_path: Path) -> None:
    samples = {"both": {"jpg": PNG[0], "seg.png": PNG[1]}, "one": {"jpg": PNG[2]}, "none": {"txt": b"words"}}
    path = str(write_tar(tmp_path / "x.tar", samples))
    source = shards.shards(path=path, bad_share=0.9, size=8)
    assert source.ids.tolist() == ["x/one"]
    assert reasons(source) == {
        "x/both": "it has several images (.jpg, .seg.png); name the extension of one with `image`",
        "x/none": "it has no image",
    }
    assert shards.shards(path=path, image="jpg", bad_share=0.9, size=8).ids.tolist() == ["x/both", "x/one"]
    source = shards.shards(path=path, image=".SEG.png", bad_share=0.9, size=8)
    np.testing.assert_array_equal(source.frames, square(photo(1), 8)[None])
    assert reasons(source)["x/one"] == "it has no .seg.png (images: .jpg)"
    with pytest.raises(
        UserError, match=r"too many of the 3 images of 'x\.tar' are bad\n.*2 of them(.|\n)*with `image`"
    ):
        shards.shards(path=path)


def test_members_of_one_name_are_not_chosen_from(tmp_path: Path) -> None:
    path = write_tar(tmp_path / "x.tar", {"a": sample(0, cls=b"1"), "b": sample(1, cls=b"1"), "c": sample(2)})
    with tarfile.open(path, "a") as tar:
        for name, data in (("a.png", PNG[3]), ("./b.cls", b"1")):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    source = shards.shards(path=str(path), size=8, bad_share=0.9)
    assert source.ids.tolist() == ["x/c"]
    assert reasons(source) == {"x/a": "it has two .png", "x/b": "it has two values for 'cls'"}


def test_bad_images_are_quarantined_as_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hostile = hostile_files()
    members = {name.replace(".", "-"): {"jpg": data} for name, (data, _) in hostile.items()}
    path = write_tar(tmp_path / "x.tar", {"good": sample(0), **members, "large": {"bmp": encoded(photo(1), "BMP") * 9}})
    monkeypatch.setattr(tar_index, "LIMITS", Limits(bytes=12_000))
    source = shards.shards(path=str(path), size=8, bad_share=0.99)
    assert source.ids.tolist() == ["x/good"]
    assert len(source.quarantined) == len(hostile) + 1
    said = reasons(source)
    assert said["x/text-jpg"].startswith("not an image of a known format")
    assert "bytes, more than the 12000 allowed" in said["x/large"]
    np.testing.assert_array_equal(source.frames[0], square(decode(PNG[0], LIMITS), 8))


# Labels and columns.


@pytest.mark.parametrize(
    ("values", "names", "labels"),
    [
        ([b"10", b"9\n", b" 9 "], ("9", "10"), [1, 0, 0]),
        ([b"dog", b"cat", b"dog"], ("cat", "dog"), [1, 0, 1]),
        ([b"007", b"7", b"7"], ("007", "7"), [0, 1, 1]),
        ([b"-1", b"1", b"99999999999999999999"], ("-1", "1", "99999999999999999999"), [0, 1, 2]),
    ],
)
def test_classes(tmp_path: Path, values: list[bytes], names: tuple[str, ...], labels: list[int]) -> None:
    path = write_tar(tmp_path / "x.tar", {f"{n}": sample(n, cls=value) for n, value in enumerate(values)})
    source = shards.shards(path=str(path), label="cls", size=8)
    assert (source.label_names, source.need_labels("").tolist()) == (names, labels)
    assert "cls" not in source.columns


def test_a_label_of_the_json_object_with_names_given(tmp_path: Path) -> None:
    path = write_tar(tmp_path / "x.tar", {f"{n}": sample(n, json={"y": n % 2, "t": "x", "f": 0.5}) for n in range(4)})
    source = shards.shards(path=str(path), label="y", label_names=("bag", "coat", "shoe"), size=8)
    assert source.column("label").tolist() == ["bag", "coat", "bag", "coat"]
    assert source.label_names == ("bag", "coat", "shoe")
    for options, problem in (
        ({"label": "y", "label_names": ("bag",)}, r"'y' has a class without a name in `label_names`\n.*got: 1"),
        ({"label": "t", "label_names": ("x",)}, r"'t' has a class without a name in `label_names`\n.*got: 'x'"),
        ({"label": "f"}, r"'f' cannot be a class\n.*got: 0.5"),
        ({"label": "z"}, r"no sample of 'x\.tar' has 'z' for a label\n.*valid names: f, t, y"),
        ({"label_names": ("x",)}, "label_names are for the classes of a label"),
    ):
        with pytest.raises(UserError, match=problem):
            shards.shards(path=str(path), **options)  # type: ignore[arg-type]


def test_samples_without_the_label_are_left_out(tmp_path: Path) -> None:
    made = {"a": sample(0, cls=b"1"), "b": sample(1), "c": sample(2, cls=b" "), "d": sample(3, json={"cls": None})}
    source = shards.shards(path=str(write_tar(tmp_path / "x.tar", made)), label="cls", size=8, bad_share=0.8)
    assert source.ids.tolist() == ["x/a"]
    assert reasons(source) == dict.fromkeys(["x/b", "x/c", "x/d"], "it has no 'cls' for a label")


def test_columns_have_the_types_of_their_values(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"n": 1, "f": 1, "some": 5, "mixed": 1, "huge": 10**30, "flag": True, "nested": [1], "nan": float("nan")},
        {"n": 2, "f": 2.5, "mixed": "a", "huge": 1, "flag": False, "nested": {}, "nan": 1},
    ]
    path = write_tar(tmp_path / "x.tar", {f"{n}": sample(n, json=row) for n, row in enumerate(rows)})
    columns = shards.shards(path=str(path), size=8).columns
    assert {key: column.dtype.kind for key, column in columns.items()} == {
        "n": "i", "f": "f", "some": "O", "mixed": "O", "huge": "O", "flag": "b", "nan": "f",
    }  # fmt: skip
    expected = {"n": [1, 2], "f": [1, 2.5], "some": [5, None], "mixed": [1, "a"], "huge": [10**30, 1]}
    assert {key: columns[key].tolist() for key in expected} == expected


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"json": b"{"}, "its .json cannot be read: Expecting property name"),
        ({"json": b"[1]"}, "its .json cannot be read: it is no object"),
        ({"json": b'{"a": "\xff"}'}, "its .json cannot be read: 'utf-8' codec"),
        ({"json": b'{"a": "\\ud800"}'}, "its .json cannot be read: 'utf-8' codec"),
        ({"json": b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"}, "its .json cannot be read: maximum recursion"),
        ({"json": b'{"a": ' + b"9" * 10_000 + b"}"}, "its .json cannot be read: Exceeds the limit"),
        ({"json": b'{"a": "' + b"x" * 2**20 + b'"}'}, "its .json has 1048585 bytes, more than the 1048576 allowed"),
        ({"cls": b"\xff\xfe1"}, "its .cls cannot be read: 'utf-8' codec"),
        ({"cls": b"1", "json": b'{"cls": 2}'}, "it has two values for 'cls'"),
    ],
)
def test_metadata_that_cannot_be_read(tmp_path: Path, members: dict[str, bytes], reason: str) -> None:
    path = write_tar(tmp_path / "x.tar", {"good": sample(0), "bad": sample(1, **members)})
    source = shards.shards(path=str(path), size=8, bad_share=0.5)
    assert source.ids.tolist() == ["x/good"]
    assert reasons(source)["x/bad"].startswith(reason)


def test_too_many_keys_are_no_columns(tmp_path: Path) -> None:
    path = write_tar(tmp_path / "x.tar", {"a": sample(0, json={f"k{n}": n for n in range(1001)})})
    with pytest.raises(UserError, match=r"too many keys\n.*1,001 of them"):
        shards.shards(path=str(path))


def test_pickles_are_never_decoded(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    class Touch:
        def __reduce__(self) -> tuple[Any, ...]:
            return os.mkdir, (str(tmp_path / "pickle ran"),)

    bad = pickle.dumps(Touch())
    path = write_tar(tmp_path / "x.tar", {"a": sample(0, pyd=bad, pth=bad, npy=bad), "b": sample(1, pyd=bad)})
    with caplog.at_level(logging.INFO):
        assert len(shards.shards(path=str(path), size=8)) == 2
    assert not (tmp_path / "pickle ran").exists()
    assert "never decoded; ignored: 2 .pyd, 1 .pth" in caplog.text
    assert "other members ignored (2 .pyd, 1 .pth, 1 .npy)" in caplog.text


# What is remembered.


def test_an_unchanged_shard_is_passed_over_once(
    tmp_path: Path, unread: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = {"a": sample(0, cls=b"1", npy=b""), "b": {"cls": b"2"}, "c": sample(1, json={"x": 1.5}, cls=b"2")}
    path = write_tar(tmp_path / "x.tar", made)
    old(path)
    options = {"name": "shards", "path": str(path), "label": "cls", "size": 8, "bad_share": 0.5}
    monkeypatch.setattr(manifest, "FRESH", 0)
    first = open_source(options)
    again = open_source(options)
    assert len(unread) == 1
    assert (again.fingerprint, again.quarantined, again.label_names) == (
        first.fingerprint, first.quarantined, first.label_names,
    )  # fmt: skip
    assert list(again.columns) == ["x"]
    np.testing.assert_array_equal(again.columns["x"], [np.nan, 1.5])
    larger = open_source(options | {"size": 16})  # the frames are made again, by the offsets that are remembered
    assert len(unread) == 1
    np.testing.assert_array_equal(larger.frames, np.stack([square(photo(n), 16) for n in (0, 1)]))
    write_tar(path, made | {"a": sample(5, cls=b"1")})
    old(path)
    assert (open_source(options).hashes != first.hashes).tolist() == [True, False]
    assert len(unread) == 2


def test_a_shard_fresh_from_the_press_is_not_trusted(tmp_path: Path, unread: list[Path]) -> None:
    path = write_tar(tmp_path / "x.tar", {"a": sample(0)})
    for _ in range(2):
        shards.shards(path=str(path), size=8)
    assert len(unread) == 2


@pytest.mark.parametrize("damage", ["", "{", "[]", "null", '{"schema": 1}', '{"schema": 0, "stamp": []}'])
def test_a_damaged_index_is_made_again(
    tmp_path: Path, unread: list[Path], cache: Path, damage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manifest, "FRESH", 0)
    path = write_tar(tmp_path / "x.tar", {"a": sample(0)})
    old(path)
    shards.shards(path=str(path), size=8)
    (book,) = (cache / "shards").iterdir()
    whole = book.read_bytes()
    for text in (damage, whole.decode().replace('"png"', "1"), whole.decode().replace("[512,", '["x",')):
        book.write_text(text)
        shards.shards(path=str(path), size=8)
        assert book.read_bytes() == whole
    assert len(unread) == 4


def test_a_shard_that_changes_between_the_index_and_the_images_stops(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_tar(tmp_path / "x.tar", {"a": sample(0), "b": sample(1)})
    index = tar_index.index_shards([path])
    monkeypatch.setattr(shards, "index_shards", lambda files: index)
    write_tar(path, {"a": sample(0), "b": sample(2)})
    with pytest.raises(UserError, match=r"cannot be used\n.*changed while it was read"):
        shards.shards(path=str(path))
    index[0].stamp = tar_index.stamp_of(path.stat())  # as if size and times were those of before
    with pytest.raises(UserError, match="'x/b' changed while it was read"):
        shards.shards(path=str(path))
    assert not list(cache.rglob("frames.npy"))


def test_ids_do_not_depend_on_the_other_shards(tmp_path: Path) -> None:
    one = write_tar(tmp_path / "s" / "one.tar", {"a": sample(0)})
    write_tar(tmp_path / "s" / "two.v2.tar", {"a": sample(1)})
    assert shards.shards(path=str(one), size=8).ids.tolist() == ["one/a"]
    both = shards.shards(path=str(tmp_path / "s"), size=8)
    assert both.ids.tolist() == ["one/a", "two.v2/a"]
    assert (both.name, shards.shards(path=(str(one),), size=8).name) == ("s", "one.tar")


def test_a_link_to_a_shard_keeps_its_own_name(tmp_path: Path) -> None:
    write_tar(tmp_path / "blobs" / "0f3a", {"a": sample(0)})
    (tmp_path / "train.tar").symlink_to(tmp_path / "blobs" / "0f3a")
    assert shards.shards(path=str(tmp_path / "train.tar"), size=8).ids.tolist() == ["train/a"]
    assert shards.shards(path=str(tmp_path / "blobs" / "0f3a"), size=8).ids.tolist() == ["0f3a/a"]


# A word on the command line.


def test_shards_are_guessed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for number in range(2):
        write_tar(tmp_path / "data" / f"{number}.tar", {"a": sample(number, cls=b"1", json={"label": "x"})})
    (tmp_path / "data" / "0_stats.json").write_text("{}")
    for word, count in (("data", 2), ("data/0.tar", 1), ("data/*.tar", 2), ("data/{0,1}.tar", 2)):
        spec = guess_spec(word)
        assert spec == Spec(name="shards", options={"path": str(tmp_path / word), "label": "cls"})
        assert len(open_source(spec)) == count
    write_tar(tmp_path / "captioned.tar", {"a": sample(0, txt=b"a bag", json={"label": "x"})})
    assert guess_spec("captioned.tar").options["label"] == "label"
    write_tar(tmp_path / "plain.tar", {"a": sample(0)})
    assert guess_spec("plain.tar").options == {"path": str(tmp_path / "plain.tar")}
    (tmp_path / "packed").mkdir()
    with tarfile.open(tmp_path / "packed" / "0.tar.gz", "w:gz") as tar:
        tar.add("plain.tar")
    for word in ("packed", "packed/0.tar.gz"):
        with pytest.raises(UserError, match=r"'0\.tar\.gz' is compressed.*\n.*\n.*gunzip it once"):
            guess_spec(word)
    (tmp_path / "data" / "more").mkdir()
    assert guess_spec("data").name == "folder"
