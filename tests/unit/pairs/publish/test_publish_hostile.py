"""Published folders that a stranger prepared: refused with a sentence, never followed, filled or run."""

import io
import json
import os
import pickle
import shutil

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from made_published import seal
from sempairs.core.errors import UserError
from sempairs.core.seeds import rng
from sempairs.pairs.publish import croissant_rules, files, load, verify
from sempairs.pairs.publish.files import read_table

PAIRS = "data/pairs-00000.parquet"


def refused(folder):
    """The sentence of the first check that fails; `load` refuses too, with the same."""
    checked = verify(folder)
    assert not checked.passed
    said = next(check.sentence for check in checked.checks if check.result == "failed")
    with pytest.raises(UserError) as error:
        load(folder)
    assert error.value.problem in said
    return said


class Boom:
    """Writes a file if anything unpickles it."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (os.mkdir, (str(self.path),))


def link_text(folder, tmp_path):
    secret = tmp_path / "secret"
    shutil.move(folder / "README.md", secret)
    (folder / "README.md").symlink_to(secret)


def link_table(folder, tmp_path):
    shutil.move(folder / PAIRS, tmp_path / "pairs")
    (folder / PAIRS).symlink_to(tmp_path / "pairs")


def link_folder(folder, tmp_path):
    shutil.move(folder / "data", tmp_path / "data")
    (folder / "data").symlink_to(tmp_path / "data")


def link_nowhere(folder, tmp_path):
    (folder / "images/images-00001.parquet").symlink_to("/dev/zero")


def named_pipe(folder, tmp_path):
    (folder / "README.md").unlink()
    os.mkfifo(folder / "README.md")


@pytest.mark.parametrize(
    ("prepare", "what"),
    [
        (link_text, "a link called 'README.md'"),
        (link_table, f"a link called '{PAIRS}'"),
        (link_folder, "a link called 'data'"),
        (link_nowhere, "a link called"),
        (named_pipe, "a device called 'README.md'"),
    ],
)
def test_links_and_devices_are_not_opened(prepare, what, folder, tmp_path):
    prepare(folder, tmp_path)
    assert what in refused(folder)


def test_a_link_to_a_folder_is_no_folder(folder, tmp_path):
    (tmp_path / "link").symlink_to(folder)
    assert "there is no published folder" in refused(tmp_path / "link")
    assert "there is no published folder" in refused(tmp_path / "nothing")
    assert "there is no published folder" in refused(folder / "README.md")


@pytest.mark.parametrize("name", ["model.pkl", "data/x.pickle", "weights.pt", "README.md.npy", "data/loader.py"])
def test_pickles_and_code_are_refused_by_name_and_never_read(name, folder, tmp_path):
    (folder / name).write_bytes(pickle.dumps(Boom(tmp_path / "boom")))
    assert f"a file called '{name}'" in refused(seal(folder))
    assert not (tmp_path / "boom").exists()


def test_a_pickle_in_place_of_a_table(folder, tmp_path):
    (folder / PAIRS).write_bytes(pickle.dumps(Boom(tmp_path / "boom")))
    assert "pairs-00000.parquet is damaged" in refused(seal(folder))
    assert not (tmp_path / "boom").exists()


@pytest.mark.parametrize("name", ["../outside.parquet", "/etc/passwd", "data/../../x", "data/pairs-00000.parquet "])
def test_sums_of_files_elsewhere(name, folder):
    with (folder / "SHA256SUMS").open("a") as sums:
        sums.write(f"{'0' * 64}  {name}\n")
    assert "1 files of SHA256SUMS are missing" in refused(folder)


def test_texts_that_would_fill_the_memory(folder, monkeypatch):
    with (folder / "README.md").open("ab") as file:
        file.truncate(files.LARGEST_TEXT + 1)  # a hole: it takes no room on the disk
    checked = {check.name: check for check in verify(seal(folder)).checks}
    assert "README.md is larger than any text here" in checked["documents"].sentence


def test_tables_that_would_fill_the_memory(folder):
    """A few bytes that say they are five gigabytes: the same text, 40 million times."""
    schema = pa.schema([("x", pa.string())])
    sink = io.BytesIO()
    with pq.ParquetWriter(sink, schema, compression="zstd", use_dictionary=False) as writer:
        rows = pa.table({"x": pa.array(["a" * 1000] * 1000)})
        for _ in range(50):
            writer.write_table(rows)
    (folder / PAIRS).write_bytes(sink.getvalue())
    limit, files.LARGEST_TABLE = files.LARGEST_TABLE, 10_000_000
    try:
        assert len(sink.getvalue()) < 1_000_000
        assert "would take 50," in refused(seal(folder))
    finally:
        files.LARGEST_TABLE = limit


def test_too_many_files(folder, monkeypatch):
    monkeypatch.setattr(files, "MOST_FILES", 5)
    assert "more than 5 files" in refused(folder)


@pytest.mark.parametrize("name", ["provenance.json", "croissant.json"])
@pytest.mark.parametrize(
    "text", ["", "{", "[" * 100_000, "null", "[]", "{}", "7", '{"format": NaN}', '{"format": 1, "answers": {}}']
)
def test_json_that_is_none_or_another(name, text, folder):
    (folder / name).write_text(text)
    assert not verify(seal(folder)).passed


def test_metadata_of_the_table_that_is_another(folder):
    table = pq.read_table(folder / PAIRS)
    good = json.loads(table.schema.metadata[b"sempairs"])
    for meta in (
        {}, [], {"schema": 99}, good | {"schema": "1"}, good | {"origin": []}, good | {"origin": {}},
        good | {"hash": "0" * 16}, {"schema": 1, "hash": 1, "origin": {"rule": 7}},
    ):  # fmt: skip
        pq.write_table(table.replace_schema_metadata({b"sempairs": json.dumps(meta).encode()}), folder / PAIRS)
        assert refused(seal(folder))
    for raw in (b"", b"{", b"[" * 100_000, b"\xff"):
        pq.write_table(table.replace_schema_metadata({b"sempairs": raw}), folder / PAIRS)
        assert refused(seal(folder))
    pq.write_table(table.replace_schema_metadata(None), folder / PAIRS)
    assert "does not hold one pair set" in refused(seal(folder))


def test_columns_of_another_type(folder):
    table = pq.read_table(folder / PAIRS)
    for column in (pa.array([[1]] * len(table)), pa.array([b"\xff"] * len(table)), pa.nulls(len(table))):
        pq.write_table(
            table.set_column(0, "pair_id", column).replace_schema_metadata(table.schema.metadata), folder / PAIRS
        )
        assert refused(seal(folder))


@pytest.mark.parametrize("name", [PAIRS, "annotations.parquet", "images/images-00000.parquet"])
def test_damaged_tables(name, original, folder):
    """Any byte changed, under sums that hide it: a sentence, or a file that still says the same."""
    data = (original / name).read_bytes()
    random = rng("damaged tables", name)
    said = set()
    for _ in range(25):
        changed = np.frombuffer(data, np.uint8).copy()
        changed[random.integers(len(changed), size=3)] = random.integers(256, size=3)
        cut = len(changed) if random.random() < 0.8 else int(random.integers(len(changed)))
        (folder / name).write_bytes(changed[:cut].tobytes())
        checked = verify(seal(folder))
        said |= {check.name for check in checked.checks if check.result == "failed"}
    assert said >= {"pairs"} if name == PAIRS else said


def test_a_damaged_table_is_told_by_its_name(folder):
    (folder / "annotations.parquet").write_bytes(b"PAR1 nothing PAR1")
    with pytest.raises(UserError, match=r"annotations\.parquet is damaged"):
        read_table(folder / "annotations.parquet")


def places(value, way=()):
    """The ways to every table, list and value of a JSON document."""
    yield way
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from places(value[key], (*way, key))


@pytest.mark.parametrize("name", ["provenance.json", "croissant.json"])
def test_any_value_of_a_document_replaced_by_anything(name, original, folder, monkeypatch):
    """Whatever stands there, the answer is a list of checks and no crash."""
    monkeypatch.setattr(croissant_rules, "load_records", lambda _: 10)  # of the rules' own making, not of mlcroissant's
    told = json.loads((original / name).read_text())
    ways = [way for way in places(told) if way]
    values = [None, [], {}, 7, -1.5, float("inf"), float("nan"), "x", "\ud800", True, [[]], {"a": {}}, 10**400]
    random = rng("replaced values", name)
    for way in (ways[number] for number in random.permutation(len(ways))[:150]):
        changed = json.loads(json.dumps(told))
        inner = changed
        for key in way[:-1]:
            inner = inner[key]
        inner[way[-1]] = values[random.integers(len(values))]
        (folder / name).write_text(json.dumps(changed))
        assert not verify(seal(folder)).passed or changed == told, way
