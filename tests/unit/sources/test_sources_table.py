"""Tables of images: CSV and Parquet, paths and bytes, classes and columns, and whatever may stand in a table."""

import datetime
import hashlib
import logging
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from made import made_source
from made_files import encoded, hostile_files, photo, photo_folder
from made_tables import CLASSES, csv, parquet, structs
from sempairs.core.errors import UserError
from sempairs.core.settings import Spec
from sempairs.pairs.pairset import PairSet
from sempairs.sources import frames, manifest
from sempairs.sources import table as table_module
from sempairs.sources.decode import LIMITS, Limits, decode, square
from sempairs.sources.folder import folder
from sempairs.sources.opening import guess_spec, open_source
from sempairs.sources.table import table


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    return photo_folder(tmp_path / "photos")


@pytest.fixture
def listing(photos: Path) -> str:
    """A CSV file of 12 images, not in the order of their names."""
    rows = [f"{kind}/{n:03d}.png,{kind},{n:03d},{n},{n}.5" for n in range(11, -1, -1) for kind in [_kind(n)]]
    return csv(photos / "list.csv", "image,kind,patient,visit,age", *rows)


def _kind(number: int) -> str:
    return ("bag", "coat", "shoe")[number % 3]


def test_a_csv_file_of_paths(photos: Path, listing: str) -> None:
    source = table(path=listing, label="kind", size=16)
    assert source.ids.tolist() == [f"{_kind(n)}/{n:03d}.png" for n in range(11, -1, -1)]
    assert source.label_names == ("bag", "coat", "shoe")
    assert source.labels is not None
    assert source.labels.tolist() == [n % 3 for n in range(11, -1, -1)]
    assert source.name == "list.csv"
    whole = folder(root=str(photos), size=16)
    at = whole.positions(source.ids)
    np.testing.assert_array_equal(source.frames, whole.images(at))
    assert source.hashes.tolist() == whole.hashes[at].tolist()


def test_columns_keep_what_was_written(listing: str) -> None:
    columns = table(path=listing, label="kind", size=8).columns
    assert list(columns) == ["patient", "visit", "age"]
    assert columns["patient"].tolist()[:2] == ["011", "010"]  # 011 is not the number 11
    assert columns["visit"].dtype == np.int64
    assert columns["visit"].tolist() == list(range(11, -1, -1))
    assert columns["age"].tolist()[:2] == [11.5, 10.5]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1", "-2", "0"], np.array([1, -2, 0])),
        (["1", "", "0"], np.array([1, None, 0], dtype=object)),
        (["1", "2.5", "3e2"], np.array([1.0, 2.5, 300.0])),
        (["1.5", "", "2"], np.array([1.5, np.nan, 2.0])),
        (["01", "2", "3"], np.array(["01", "2", "3"], dtype=object)),
        (["-0", "2", "3"], np.array([-0.0, 2.0, 3.0])),
        (["12345678901234567890", "2", "3"], np.array([12345678901234567890.0, 2.0, 3.0])),
        (["true", "", "NA"], np.array(["true", None, "NA"], dtype=object)),
        (["", "", ""], np.array([None, None, None], dtype=object)),
        (
            ["2024-02-29", "", "2024-03-01 12:30"],
            np.array(["2024-02-29", "NaT", "2024-03-01T12:30"], dtype="datetime64[us]"),
        ),
        (["2024-02-31", "", "2024-03-01"], np.array(["2024-02-31", None, "2024-03-01"], dtype=object)),
        (["=1+1", '"a,\nb"', "[/red]"], np.array(["=1+1", "a,\nb", "[/red]"], dtype=object)),
    ],
)
def test_cells_of_a_csv_file(photos: Path, cells: list[str], expected: np.ndarray) -> None:
    rows = [f"bag/{number:03d}.png,{cell}" for number, cell in zip((0, 3, 6), cells, strict=True)]
    found = table(path=csv(photos / "list.csv", "image,value", *rows), size=8).columns["value"]
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)


def test_hugging_face_parquet(tmp_path: Path) -> None:
    made = {"image": structs(range(6)), "label": [0, 2, 0, 1, 1, 0], "patient": [1, 1, None, 2, 2, 3]}
    source = table(path=parquet(tmp_path / "x.parquet", made, CLASSES), label="label", size=16)
    assert source.label_names == ("shoe", "coat", "bag")
    assert source.labels is not None
    assert source.labels.tolist() == [0, 2, 0, 1, 1, 0]
    assert source.ids.tolist() == [f"{row:06d}" for row in range(6)]
    assert source.columns["patient"].tolist() == [1, 1, None, 2, 2, 3]
    for frame, sha, struct in zip(source.frames, source.hashes, made["image"], strict=True):
        np.testing.assert_array_equal(frame, square(decode(struct["bytes"], LIMITS), 16))
        assert sha == hashlib.sha256(struct["bytes"]).hexdigest()


@pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary()])
def test_plain_bytes(tmp_path: Path, kind: pa.DataType) -> None:
    data = pa.array([encoded(photo(number)) for number in range(5)], kind)
    source = table(path=parquet(tmp_path / "x.parquet", {"jpg": data, "id": list("edcba")}), image="jpg", id="id")
    assert source.ids.tolist() == list("edcba")
    np.testing.assert_array_equal(source.frames[3], square(photo(3), 64))


def test_shards_are_one_table_whatever_the_rows_of_a_group(tmp_path: Path) -> None:
    whole = {"image": structs(range(40)), "label": [n % 3 for n in range(40)]}
    for first, last in ((0, 15), (15, 15), (15, 40)):
        part = {name: values[first:last] for name, values in whole.items()}
        if first == last:
            part = {"image": pa.array([], pa.struct({"bytes": pa.binary(), "path": pa.string()})),
                    "label": pa.array([], pa.int64())}  # fmt: skip
        parquet(tmp_path / "parts" / f"train-{first:02}-{last}.parquet", part, CLASSES, row_group_size=7)
    one = table(path=parquet(tmp_path / "x.parquet", whole, CLASSES), label="label", size=8)
    for path in (tmp_path / "parts", tmp_path / "parts" / "train-*.parquet"):
        many = table(path=str(path), label="label", size=8)
        assert many.hashes.tolist() == one.hashes.tolist()
        np.testing.assert_array_equal(many.frames, one.frames)
        assert many.need_labels("").tolist() == one.need_labels("").tolist()
        assert many.ids[[0, 15, 39]].tolist() == ["train-00-15/000000", "train-15-40/000000", "train-15-40/000024"]


@pytest.mark.parametrize("workers", [0, 2])
def test_bad_bytes_are_quarantined_with_their_reasons(
    tmp_path: Path, workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frames, "_workers", lambda images: workers)
    hostile = hostile_files()
    rows = [*structs(range(10)), *({"bytes": data, "path": None} for data, _ in hostile.values()), None,
            {"bytes": None, "path": None}, {"bytes": None, "path": ""}]  # fmt: skip
    source = table(path=parquet(tmp_path / "x.parquet", {"image": rows, "n": range(len(rows))}), size=8, bad_share=0.7)
    assert source.columns["n"].tolist() == list(range(10))
    reasons = {int(row.id): row.reason for row in source.quarantined}
    assert sorted(reasons) == list(range(10, len(rows)))
    for number, (_, pattern) in enumerate(hostile.values()):
        assert re.search(pattern, reasons[10 + number])
    assert {reasons[len(rows) - back] for back in (1, 2, 3)} == {"the cell has no image"}
    with pytest.raises(UserError, match=f"too many of the {len(rows)} images of 'x.parquet' are bad"):
        table(path=str(tmp_path / "x.parquet"), size=8)


def test_bytes_above_the_limit_are_neither_hashed_nor_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = structs(range(3))
    monkeypatch.setattr(table_module, "LIMITS", Limits(bytes=len(rows[1]["bytes"]) + 100))
    rows[0]["bytes"] += b"\0" * 200
    source = table(path=parquet(tmp_path / "x.parquet", {"image": rows}), size=8, bad_share=0.5)
    assert [row.id for row in source.quarantined] == ["000000"]
    assert "bytes, more than the" in source.quarantined[0].reason


def test_paths_stay_below_the_root(photos: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(encoded(photo(70)))
    (photos / "bag" / "out.png").symlink_to(secret)
    (photos / "bag" / "within.png").symlink_to(photos / "coat" / "001.png")
    (photos / "elsewhere").symlink_to(tmp_path)
    os.mkfifo(photos / "pipe.png")
    leaves = "a path that leaves the root"
    expected = {
        str(secret): leaves,
        "../secret.png": leaves,
        "bag/../../secret.png": leaves,
        "elsewhere/secret.png": leaves,
        "bag/out.png": leaves,
        "bag/nothing.png": "cannot be read: No such file or directory",
        "http://localhost/a.png": "cannot be read: No such file or directory",
        "bag": "not a regular file",
        "..": leaves,
        "pipe.png": "not a regular file",
        "a\0b": "not a path",
        "x" * 5000: "cannot be read: ",
        "": "the cell has no image",
    }
    good = ["bag/within.png", "./bag/000.png", str(photos / "bag" / "003.png"), "coat/../bag/006.png"]
    for cells in ([*good, *expected], [{"bytes": None, "path": text} for text in (*good, *expected)]):
        path = parquet(photos / "list.parquet", {"image": cells, "name": [*good, *expected]})
        source = table(path=path, id="name", size=8, bad_share=0.9)
        assert source.ids.tolist() == good
        np.testing.assert_array_equal(source.frames[0], square(photo(1), 8))
        reasons = {row.id: row.reason for row in source.quarantined}
        assert list(reasons) == list(expected)
        for id, reason in expected.items():
            assert reasons[id].startswith(reason), id


def test_paths_below_another_root(photos: Path, tmp_path: Path) -> None:
    path = csv(tmp_path / "tables" / "list.csv", "file,y", "bag/000.png,a", "coat/001.png,b")
    source = table(path=path, image="file", label="y", root=str(photos), size=8)
    assert len(source) == 2
    with pytest.raises(UserError, match="too many of the 2 images"):
        table(path=path, image="file", size=8)
    for root in (str(tmp_path / "nothing"), path, "a\0b"):
        with pytest.raises(UserError, match="cannot open the folder of images"):
            table(path=path, image="file", root=root)


def test_bytes_and_paths_in_one_column(photos: Path) -> None:
    cells = [{"bytes": None, "path": "bag/000.png"}, {"bytes": encoded(photo(1)), "path": "no such file.png"}]
    source = table(path=parquet(photos / "x.parquet", {"image": cells}), size=8)
    np.testing.assert_array_equal(source.frames, np.stack([square(photo(0), 8), square(photo(1), 8)]))


# What a file that is not right is told.


def test_two_files_of_one_name_do_not_share_ids(tmp_path: Path) -> None:
    for place in "ab":
        parquet(tmp_path / place / "x.parquet", {"image": structs(range(3))})
    with pytest.raises(UserError, match="'x/000000' in rows 0 and 3"):
        table(path=str(tmp_path / "*" / "x.parquet"))


def test_classes_of_many_kinds(tmp_path: Path) -> None:
    kinds: dict[str, tuple[Any, list[int], tuple[str, ...]]] = {
        "numbers": ([10, 9, 10], [1, 0, 1], ("9", "10")),  # sorted as numbers
        "text": (["10", "9", "10"], [0, 1, 0], ("10", "9")),  # and as text
        "categories": (pa.array(["b", "a", "b"]).dictionary_encode(), [1, 0, 1], ("a", "b")),
        "truth": ([True, False, True], [1, 0, 1], ("false", "true")),
    }
    path = parquet(tmp_path / "x.parquet", {"image": structs(range(3))} | {k: v[0] for k, v in kinds.items()})
    for name, (_, labels, names) in kinds.items():
        source = table(path=path, label=name, size=8)
        assert (source.need_labels("").tolist(), source.label_names) == (labels, names)


def test_columns_of_many_kinds(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    made = {
        "image": structs(range(2)),
        "day": [datetime.date(2024, 5, 6), None],
        "ok": [True, None],
        "score": pa.array([0.5, None], pa.float32()),
        "mask": [b"0", b"1"],
        "boxes": [[1, 2], [3]],
    }
    columns = table(path=parquet(tmp_path / "x.parquet", made), size=8).columns
    assert list(columns) == ["day", "ok", "score"]
    np.testing.assert_array_equal(columns["day"], np.array(["2024-05-06", "NaT"], dtype="datetime64[us]"))
    assert columns["ok"].tolist() == [True, None]
    np.testing.assert_array_equal(columns["score"], [0.5, np.nan])
    assert "binary and nested columns left out: mask, boxes" in caplog.text


# What is remembered.


def test_an_unchanged_table_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = Path(parquet(tmp_path / "x.parquet", {"image": [*structs(range(4)), None]}))
    monkeypatch.setattr(manifest, "FRESH", 0)
    os.utime(path, (1_000_000_000, 1_000_000_000))
    first = table(path=str(path), size=8, bad_share=0.5)
    read: list[Path] = []
    cells = table_module.cells
    monkeypatch.setattr(table_module, "cells", lambda *given: read.append(given[0]) or cells(*given))
    again = table(path=str(path), size=8, bad_share=0.5)
    assert not read
    assert (again.fingerprint, again.quarantined) == (first.fingerprint, first.quarantined)
    parquet(path, {"image": [None, *structs(range(1, 5))]})
    os.utime(path, (1_000_000_000, 1_000_000_000))
    assert table(path=str(path), size=8, bad_share=0.5).ids.tolist() == [f"{row:06d}" for row in range(1, 5)]
    assert len(read) == 2  # once for the hashes, once for the frames


def test_a_table_with_paths_notices_that_a_file_changed(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifest, "FRESH", 0)
    path = parquet(photos / "x.parquet", {"image": [{"bytes": None, "path": "bag/000.png"}, *structs(range(1, 3))]})
    os.utime(path, (1_000_000_000, 1_000_000_000))
    before = table(path=path, size=8)
    (photos / "bag" / "000.png").write_bytes(encoded(photo(9)))
    after = table(path=path, size=8)
    assert (before.hashes != after.hashes).tolist() == [True, False, False]


def test_a_row_with_large_bytes_reaches_the_decoding_process_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frames, "_workers", lambda images: 2)
    large = photo(0, 700, 500)  # a megabyte of noise: more than a pipe holds
    rows = [{"bytes": encoded(large, "BMP"), "path": None}, *structs(range(30))]
    source = table(path=parquet(tmp_path / "x.parquet", {"image": rows}), size=16)
    np.testing.assert_array_equal(source.frames[0], square(large, 16))
    np.testing.assert_array_equal(source.frames[30], square(photo(29), 16))


# A word on the command line.


def test_a_table_is_guessed(tmp_path: Path, photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    csv(photos / "list.csv", "file_name,age,label", "bag/000.png,3,bag")
    options = {"path": str(photos / "list.csv"), "image": "file_name", "label": "label"}
    assert guess_spec("photos/list.csv") == Spec(name="table", options=options)
    assert len(open_source(guess_spec("photos/list.csv"))) == 1
    assert guess_spec("photos").name == "folder"
    marked = {"info": {"features": {"fine": {"names": ["a"], "_type": "ClassLabel"}}}}
    parquet(tmp_path / "hf" / "train-0.parquet", {"picture": structs(range(2)), "fine": [0, 0]}, marked)
    expected = {"image": "picture", "label": "fine"}
    for word in ("hf", "hf/train-0.parquet", "hf/train-*.parquet"):
        assert guess_spec(word) == Spec(name="table", options={"path": str(tmp_path / word), **expected})
        assert len(open_source(guess_spec(word))) == 2
    csv(tmp_path / "odd.csv", "where", "a.png")
    assert guess_spec("odd.csv").options == {"path": str(tmp_path / "odd.csv")}  # --set source.image=where
    with pytest.raises(UserError, match=r"no column 'image'\n.*valid names: where"):
        open_source(guess_spec("odd.csv"))


def test_a_pair_set_is_no_table_of_images(tmp_path: Path) -> None:
    images = made_source()
    pairs = PairSet.make(images, np.arange(3), np.arange(3), Spec(name="identity"))
    pairs.save(tmp_path / "photos" / "pairs.parquet")
    with pytest.raises(UserError, match=r"'pairs\.parquet' is a pair set, not a table of images"):
        open_source(guess_spec(str(tmp_path / "photos" / "pairs.parquet")))
    assert guess_spec(str(tmp_path / "photos")).name == "folder"
