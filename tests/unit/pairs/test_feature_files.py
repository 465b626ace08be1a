import dataclasses
import pickle
import struct
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from made import made_source
from made_features import random_values
from sempairs.core.errors import UserError
from sempairs.core.progress import quiet
from sempairs.core.seeds import rng
from sempairs.pairs.mining import Features
from sempairs.pairs.mining.feature_files import load_features, save_features

N, D = 20, 5
SOURCE = made_source(N)
VALUES = random_values(N, D, 0, False).astype(np.float32)
IDS = SOURCE.ids.tolist()


def written(path: Path, **columns: object) -> Path:
    """A Parquet file of somebody else's."""
    pq.write_table(pa.table(columns), path)
    return path


def changed_meta(path: Path, old: bytes, new: bytes) -> None:
    """Write the file again with other metadata."""
    table = pq.read_table(path)
    meta = {key: value.replace(old, new) for key, value in table.schema.metadata.items()}
    pq.write_table(table.replace_schema_metadata(meta), path)


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "features.parquet"
    save_features(Features(SOURCE.ids, VALUES, "0123456789abcdef"), SOURCE, path)
    return path


def test_what_was_saved_is_loaded_bit_for_bit(saved):
    loaded = load_features(saved, SOURCE)
    np.testing.assert_array_equal(loaded.values, VALUES)
    assert loaded.values.dtype == np.float32
    assert loaded.encoder == "0123456789abcdef"
    assert loaded.ids is SOURCE.ids


def test_the_same_features_are_the_same_bytes(saved, tmp_path):
    save_features(Features(SOURCE.ids, VALUES.copy(), "0123456789abcdef"), SOURCE, tmp_path / "again.parquet")
    assert (tmp_path / "again.parquet").read_bytes() == saved.read_bytes()


def test_features_of_a_part_in_another_order_are_found_by_id(saved, capsys):
    rows = rng("part").permutation(N)[:12]
    np.testing.assert_array_equal(load_features(saved, SOURCE.take(rows)).values, VALUES[rows])
    assert "8 rows are of other images" in capsys.readouterr().err


@pytest.mark.parametrize(
    "columns",
    [
        {"id": IDS, "features": pa.array(VALUES.tolist(), pa.list_(pa.float32(), D))},
        {"id": IDS, "embedding": pa.array(VALUES.tolist(), pa.list_(pa.float64())), "label": [1] * N},
        {"id": IDS, "features": pa.array(VALUES.tolist(), pa.large_list(pa.float32())), "box": [[0.5] * 4] * N},
        {"id": IDS, **{f"f{i}": VALUES[:, i].astype(np.float64) for i in range(D)}, "count": [3] * N},
        {"id": pa.array(IDS, pa.large_string()), "x": pa.array(VALUES.tolist())},
        {"id": pa.array(IDS).dictionary_encode(), "x": pa.array(VALUES.tolist())},
    ],
    ids=["fixed", "list", "named", "columns", "large text", "dictionary"],
)
def test_files_of_other_people_are_read(columns, tmp_path, capsys):
    path = written(tmp_path / "theirs.parquet", **columns)
    loaded = load_features(path, SOURCE)
    np.testing.assert_array_equal(loaded.values, VALUES)
    assert f"{D} numbers for each image, from column" in capsys.readouterr().err
    # The name is that of the values in the order of the source, whatever the file looks like.
    order = rng("theirs").permutation(N)
    turned = pq.read_table(path).take(order)
    pq.write_table(turned, tmp_path / "turned.parquet", row_group_size=7)
    assert load_features(tmp_path / "turned.parquet", SOURCE).encoder == loaded.encoder
    assert loaded.encoder.startswith("file:")
    assert len(loaded.encoder) == len("file:") + 16


def test_numbers_as_ids_are_their_digits(tmp_path):
    source = dataclasses.replace(SOURCE, ids=np.array([str(i) for i in range(N)], dtype=object))
    path = written(tmp_path / "theirs.parquet", id=range(N - 1, -1, -1), x=VALUES[::-1].tolist())
    np.testing.assert_array_equal(load_features(path, source).values, VALUES)


def test_an_array_without_ids_is_read_with_a_warning(tmp_path, capsys):
    np.save(tmp_path / "x.npy", VALUES.astype(np.float64))
    loaded = load_features(tmp_path / "x.npy", SOURCE)
    np.testing.assert_array_equal(loaded.values, VALUES)
    assert "cannot be checked" in capsys.readouterr().err
    other = written(tmp_path / "x.parquet", id=IDS, x=VALUES.tolist())
    assert load_features(other, SOURCE).encoder == loaded.encoder


def without(rows, value):
    values = VALUES.astype(np.float64).copy()
    values[rows] = value
    return values.tolist()


LISTS = VALUES.tolist()


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"image": IDS, "x": LISTS}, "no column 'id'"),
        ({"id": IDS, "label": [1] * N}, "has no features"),
        ({"id": IDS, "x": LISTS, "y": LISTS}, "several columns that could be"),
        ({"id": IDS, "x": LISTS, "score": VALUES[:, 0]}, "several columns that could be"),
        ({"id": [*IDS[:-1], IDS[0]], "x": LISTS}, "an id twice\n  got: '0000'"),
        ({"id": [f"other {i}" for i in range(N)], "x": LISTS}, "no features of 20 of 20 images, '0000' among them"),
        ({"id": IDS[:-1], "x": LISTS[:-1]}, "no features of 1 of 20 images, '0019' among them"),
        ({"id": [*IDS[:-1], None], "x": LISTS}, "no features of 1 of 20 images"),
        ({"id": IDS, "x": without([3, 4], np.nan)}, "2 of 20 rows are zero or not finite, that of '0003'"),
        ({"id": IDS, "x": without([5], 0.0)}, "1 of 20 rows are zero or not finite, that of '0005'"),
        ({"id": IDS, "x": without([5], 1e300)}, "1 of 20 rows are zero or not finite"),  # beyond float32
        ({"id": IDS, "x": [*LISTS[:-1], [1.0, 2.0]]}, "vectors of one length\n  got: lengths 2, 5"),
        ({"id": IDS, "x": [*LISTS[:-1], None]}, "empty cells"),
        ({"id": IDS, "x": [*LISTS[:-1], [None] * D]}, "empty cells"),
        ({"id": IDS, "x": pa.array([[]] * N, pa.list_(pa.float32()))}, "lengths 0"),
        ({"id": pa.array([], pa.string()), "x": pa.array([], pa.list_(pa.float32()))}, "no rows"),
        ({"id": IDS, "x": pa.array([1.0, None] * (N // 2))}, "10 of 20 rows are zero or not finite"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(columns, message, tmp_path):
    with pytest.raises(UserError) as error:
        load_features(written(tmp_path / "theirs.parquet", **columns), SOURCE)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (VALUES[:-1], "19 rows for 20 images"),
        (VALUES[:, 0], "not one table of floats"),
        (VALUES[:, :0], "not one table of floats"),
        (VALUES.astype(np.int64), "not one table of floats"),
        (np.where(np.arange(N)[:, None] == 2, np.nan, VALUES), "that of '0002'"),
    ],
)
def test_what_is_wrong_with_an_array_is_said(values, message, tmp_path):
    np.save(tmp_path / "x.npy", values)
    with pytest.raises(UserError) as error:
        load_features(tmp_path / "x.npy", SOURCE)
    assert message in str(error.value)


def test_pickles_are_not_opened_and_claims_are_not_believed(tmp_path):
    path = tmp_path / "x.npy"
    np.save(path, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(UserError, match="cannot read the features"):
        load_features(path, SOURCE)
    path.write_bytes(pickle.dumps(VALUES))
    with pytest.raises(UserError, match="cannot read the features"):
        load_features(path, SOURCE)
    head = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000, 1000), }\n"
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head)
    with pytest.raises(UserError, match="cannot read the features"):
        load_features(path, SOURCE)


def test_other_files_and_none_are_refused(tmp_path, saved):
    with pytest.raises(UserError, match="there is no file of features"):
        load_features(tmp_path / "none.parquet", SOURCE)
    with pytest.raises(UserError, match="there is no file of features"):
        load_features(tmp_path, SOURCE)
    (tmp_path / "text.parquet").write_text("these are no features")
    with pytest.raises(UserError, match="cannot read the features"):
        load_features(tmp_path / "text.parquet", SOURCE)


def test_images_that_changed_since_are_named(saved):
    hashes = SOURCE.hashes.copy()
    hashes[7] = "0" * 64
    with pytest.raises(UserError, match="other content in 1 images, '0007' among them"):
        load_features(saved, dataclasses.replace(SOURCE, hashes=hashes))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b'"schema": 1', b'"schema": 2', "another schema version\n  got: 2"),
        (b"0123456789abcdef", b"fedcba9876543210", "was changed after it was written"),
        (b'"schema"', b'"scheme"', "another schema version"),
        (b"{", b"[{", "cannot read the features"),
    ],
)
def test_metadata_that_was_changed_is_noticed(saved, old, new, message):
    changed_meta(saved, old, new)
    with pytest.raises(UserError) as error:
        load_features(saved, SOURCE)
    assert message in str(error.value)


def test_values_that_were_changed_are_noticed(saved):
    table = pq.read_table(saved)
    shifted = pa.FixedSizeListArray.from_arrays(pa.array((VALUES + 1e-6).ravel()), D)
    pq.write_table(table.set_column(2, "features", shifted), saved)
    with pytest.raises(UserError, match="was changed after it was written"):
        load_features(saved, SOURCE)


@pytest.mark.parametrize("name", ["features.parquet", "x.npy"])
def test_damaged_files_are_refused_or_read_as_they_were(name, saved, tmp_path):
    """Every cut and 150 single wrong bytes: never another error, and never other features of a file of ours."""
    if name == "x.npy":
        np.save(tmp_path / name, VALUES)
    whole = (tmp_path / name).read_bytes()
    random, damaged = rng("damage"), tmp_path / f"damaged{Path(name).suffix}"
    variants = [whole[:cut] for cut in range(0, len(whole), 31)]
    for at in random.integers(0, len(whole), 150):
        variants.append(whole[:at] + bytes([whole[at] ^ random.integers(1, 256)]) + whole[at + 1 :])
    refused = 0
    for variant in variants:
        damaged.write_bytes(variant)
        try:
            with quiet():
                loaded = load_features(damaged, SOURCE)
        except UserError:
            refused += 1
        else:
            if name == "features.parquet" and not loaded.encoder.startswith("file:"):
                np.testing.assert_array_equal(loaded.values, VALUES)
    assert refused > len(whole) // 31 / 2
