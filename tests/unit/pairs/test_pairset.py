import json

import numpy as np
import pyarrow.parquet as pq
import pytest

from made import made_source
from sempairs.core.errors import UserError
from sempairs.core.settings import Spec
from sempairs.pairs.pairset import SCHEMA, PairSet
from sempairs.pairs.rules import identity, same_class


def test_a_pair_set_comes_back_from_its_file(tmp_path):
    pairs = same_class(made_source())
    pairs.save(tmp_path / "pairs.parquet")
    loaded = PairSet.load(tmp_path / "pairs.parquet")
    assert loaded.table.equals(pairs.table)
    assert loaded.origin == pairs.origin
    assert loaded.hash == pairs.hash


def test_any_parquet_reader_sees_the_columns(tmp_path):
    same_class(made_source()).save(tmp_path / "pairs.parquet")
    assert pq.read_table(tmp_path / "pairs.parquet").schema.names == SCHEMA.names


def test_the_hash_changes_with_any_value_and_with_the_origin():
    source = made_source()
    left, right = np.arange(4), np.array([1, 2, 3, 0])
    rule = Spec(name="test")
    base = PairSet.make(source, left, right, rule, similarity=np.linspace(0, 1, 4))
    others = [
        PairSet.make(source, left, np.array([1, 2, 3, 5]), rule, similarity=np.linspace(0, 1, 4)),
        PairSet.make(source, left, right, rule, similarity=np.linspace(0, 0.9, 4)),
        PairSet.make(source, left, right, rule, similarity=np.array([0, np.nan, 2 / 3, 1])),
        PairSet.make(source, left, right, rule),
        PairSet.make(source, left, right, Spec(name="test", options={"k": 1}), similarity=np.linspace(0, 1, 4)),
        PairSet.make(source, left, right, rule, similarity=np.linspace(0, 1, 4), parents=("abc",)),
        PairSet.make(source, left, right, rule, similarity=np.linspace(0, 1, 4), encoder="abc"),
    ]
    assert len({pairs.hash for pairs in (base, *others)}) == len(others) + 1


def test_the_hash_does_not_depend_on_chunks_or_slices():
    pairs = same_class(made_source())
    pieces = [pairs.table.slice(start, 7) for start in range(0, len(pairs), 7)]
    import pyarrow as pa

    assert PairSet(pa.concat_tables(pieces), pairs.origin).hash == pairs.hash


def test_the_hash_of_a_fixed_set_is_fixed():
    # A golden value: it changes only when the schema does, and then SCHEMA_VERSION must change too.
    assert identity(made_source(3, size=2)).hash == "03bc412c93cc5197"


def test_labels_are_those_both_images_have():
    source = made_source(8)
    pairs = PairSet.make(source, np.array([0, 0]), np.array([4, 1]), Spec(name="test"))
    assert pairs.column("label").tolist() == ["class 0", None]


def test_a_changed_image_is_found():
    source = made_source()
    pairs = same_class(source)
    hashes = source.hashes.copy()
    hashes[7] = "0" * 64
    changed = made_source()
    object.__setattr__(changed, "hashes", hashes)
    with pytest.raises(UserError, match=r"changed since the pairs were made(?s:.*)1 images, '0007'"):
        pairs.positions(changed)


def test_a_missing_image_is_found():
    source = made_source()
    with pytest.raises(UserError, match=r"does not have 1 of the images(?s:.*)'0039'"):
        same_class(source).positions(source.take(np.arange(39)))


def test_pairs_of_a_part_hold_in_the_whole():
    source = made_source()
    part = source.take(np.arange(8, 24))
    np.testing.assert_array_equal(identity(part).positions(source)[:, 0], np.arange(8, 24))


def test_the_same_pair_twice_is_refused():
    with pytest.raises(UserError, match="same pair twice"):
        PairSet.make(made_source(), np.array([0, 0]), np.array([1, 1]), Spec(name="test"))


def test_no_pair_is_refused():
    none = np.empty(0, dtype=np.int64)
    with pytest.raises(UserError, match="makes no pair"):
        PairSet.make(made_source(), none, none, Spec(name="test"))


def _edit(path, change):
    table = pq.read_table(path)
    meta = json.loads(table.schema.metadata[b"sempairs"])
    pq.write_table(change(table).replace_schema_metadata({b"sempairs": json.dumps(meta).encode()}), path)


def test_bad_files_are_clear_errors(tmp_path):
    path = tmp_path / "pairs.parquet"
    with pytest.raises(UserError, match="there is no pair set"):
        PairSet.load(path)
    path.write_text("not parquet")
    with pytest.raises(UserError, match="not a Parquet file"):
        PairSet.load(path)
    same_class(made_source()).save(path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    with pytest.raises(UserError, match="not a Parquet file"):
        PairSet.load(path)
    path.write_bytes(whole)
    pq.write_table(pq.read_table(path).replace_schema_metadata({}), path)
    with pytest.raises(UserError, match="not a pair set"):
        PairSet.load(path)
    path.write_bytes(whole)
    _edit(path, lambda table: table.slice(0, 3))
    with pytest.raises(UserError, match="was changed after it was written"):
        PairSet.load(path)
    path.write_bytes(whole)
    _edit(path, lambda table: table.drop_columns(["votes"]))
    with pytest.raises(UserError, match="does not have the columns"):
        PairSet.load(path)
