"""Tables that cannot be used are refused, each with its reason."""

import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from made_files import photo_folder
from made_tables import CLASSES, csv, parquet, structs
from sempairs.core.errors import UserError
from sempairs.sources.opening import open_source
from sempairs.sources.table import table


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    return photo_folder(tmp_path / "photos")


@pytest.mark.parametrize(
    ("lines", "options", "problem"),
    [
        (["image"], {}, "'x.csv' has no rows"),
        ([], {}, r"cannot read the table\n.*Empty CSV file"),
        (["file,y", "a.png,b"], {}, r"has no column 'image'\n.*valid names: file, y"),
        (["image,kind", "a.png,b"], {"label": "king"}, r"has no column 'king'\n.*did you mean 'kind'"),
        (["image,kind", "a.png,b"], {"id": "ident"}, "has no column 'ident'"),
        (["image;kind", "a.png;b"], {}, "has no column 'image'\n.*did you mean 'image;kind'"),
        (["image,y,y", "a.png,b,c"], {}, "two columns of one name\n.*got: y"),
        (["image,y", "a.png"], {}, r"cannot read the table\n.*Expected 2 columns, got 1"),
        (["image,y", "a.png,b", "c.png,d", "a.png,e"], {}, "same id\n.*'a.png' in rows 0 and 2.*\n.*name a column"),
        (["image,n", "a.png,1", "b.png,1"], {"id": "n"}, "same id\n.*'1' in rows 0 and 1"),
        (["image,n", "a.png,1", "b.png,"], {"id": "n"}, "'n' has 1 empty cells.*needs an id\n.*the first in row 1"),
        (["image,n", "a.png,1", "b.png,"], {"label": "n"}, "'n' has 1 empty cells.*needs a class\n.*first in row 1"),
        (["image,n", "bag/000.png,1.5"], {"label": "n"}, "'n' cannot be a class\n.*type double"),
    ],
)
def test_csv_files_that_cannot_be_used(photos: Path, lines: list[str], options: dict[str, str], problem: str) -> None:
    path = csv(photos / "x.csv", *lines) if lines else str(photos / "x.csv")
    Path(path).touch()
    with pytest.raises(UserError, match=problem):
        open_source({"name": "table", "path": path, "bad_share": 1.0, **options})


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"image,y\nbag/000.png,caf\xe9\n", "cannot read the table\n.*UTF"),
        (b"\x89PNG\0\0", "neither CSV nor Parquet"),
        (b"PAR1", "cannot read the table"),
        (b"PAR1" + b"x" * 200 + b"PAR1", "cannot read the table"),
    ],
)
def test_bytes_that_are_no_table(tmp_path: Path, data: bytes, problem: str) -> None:
    (tmp_path / "x.csv").write_bytes(data)
    with pytest.raises(UserError, match=problem):
        table(path=str(tmp_path / "x.csv"))


def test_a_byte_order_mark_is_no_part_of_a_name(photos: Path) -> None:
    (photos / "x.csv").write_bytes(b"\xef\xbb\xbfimage\nbag/000.png\n")
    assert len(table(path=str(photos / "x.csv"), size=8)) == 1


@pytest.mark.parametrize("seed", range(20))
def test_a_damaged_parquet_file_is_refused_or_read(tmp_path: Path, seed: int) -> None:
    path = Path(parquet(tmp_path / "x.parquet", {"image": structs(range(20))}, compression="snappy"))
    data, random = bytearray(path.read_bytes()), np.random.default_rng(seed)
    if seed % 2:
        data = data[: random.integers(4, len(data))]
    else:
        for at in random.integers(4, len(data), 30):
            data[at] ^= 255
    path.write_bytes(data)
    try:
        assert len(table(path=str(path), size=8, bad_share=1.0)) <= 20
    except UserError as error:
        said = str(error)
        assert re.search("cannot read the table|no good image|has no rows|has no column", said)


@pytest.mark.parametrize("path", ["no such.csv", "a\0b", "*.parquet", "empty"])
def test_a_path_without_a_table(tmp_path: Path, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="cannot open the table"):
        table(path=path)


def test_parquet_files_that_cannot_be_used(tmp_path: Path) -> None:
    path = parquet(tmp_path / "one" / "a.parquet", {"image": structs(range(3)), "label": [0, 3, 1]}, CLASSES)
    with pytest.raises(UserError, match=r"numbers without a name\n.*got: 3 in row 1"):
        table(path=path, label="label")
    with pytest.raises(UserError, match=r"'label' has no images\n.*type int64"):
        table(path=path, image="label")
    with pytest.raises(UserError, match=r"has no column 'image2'.*\n.*did you mean 'image'"):
        table(path=path, image="image2")
    parquet(tmp_path / "one" / "b.parquet", {"image": structs(range(3)), "class": [0, 2, 1]})
    with pytest.raises(UserError, match=r"'b.parquet' and 'a.parquet' are not parts of one table"):
        table(path=str(tmp_path / "one"))
    parquet(tmp_path / "one" / "b.parquet", {"image": ["x.png"], "label": [0]}, CLASSES)
    with pytest.raises(UserError, match=r"'b.parquet' and 'a.parquet' are not parts of one table"):
        table(path=str(tmp_path / "one"))
    csv(tmp_path / "one" / "c.csv", "image")
    with pytest.raises(UserError, match=r"only if all are Parquet\n.*'c.csv'"):
        table(path=str(tmp_path / "one" / "*"))
    with pytest.raises(UserError, match="no rows"):
        table(path=parquet(tmp_path / "d.parquet", {"image": pa.array([], pa.binary())}))
