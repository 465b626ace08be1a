"""Near-duplicates: planted copies are found, strangers are not, and the answer is the plain definition's."""

import dataclasses
import io
import json
from unittest import mock

import imagehash
import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageEnhance

from made import made_source
from made_features import cosines, on_circle, random_values
from sempairs.core.errors import UserError
from sempairs.core.seeds import rng
from sempairs.core.settings import Spec
from sempairs.pairs.duplicates import Criteria, find_duplicates, find_leaks, hashes, images_of, search
from sempairs.pairs.operations import without_duplicates
from sempairs.pairs.pairset import PairSet
from sempairs.pairs.rules import identity
from sempairs.sources.base import Source, content_hashes


def source_of(frames: list[np.ndarray], name: str = "images") -> Source:
    """Images of one shape, with content hashes of their own even where the pixels are equal, as files have them."""
    ids = np.array([f"{name}/{at}" for at in range(len(frames))], dtype=object)
    stacked = np.stack(frames)
    return Source(name, ids, np.array([f"file {id}" for id in ids], dtype=object), stacked, spec=Spec(name=name))


def picture(number: int, size: int = 64) -> np.ndarray:
    """A picture with structure at all low frequencies, as photographs have: coarse noise, smoothly enlarged."""
    coarse = Image.fromarray(rng("picture", number).integers(20, 200, (10, 10, 3), dtype=np.uint8))
    return np.asarray(coarse.resize((size, size), Image.Resampling.BICUBIC))


def jpeg(pixels: np.ndarray, quality: int = 75) -> np.ndarray:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


def resized(pixels: np.ndarray) -> np.ndarray:
    return np.asarray(Image.fromarray(pixels).resize((40, 40), Image.Resampling.BICUBIC).resize((64, 64)))


def brighter(pixels: np.ndarray) -> np.ndarray:
    return np.asarray(ImageEnhance.Brightness(Image.fromarray(pixels)).enhance(1.2))


def couples(found, level: str) -> list[tuple[int, int]]:
    return list(zip(found.found[level].left.tolist(), found.found[level].right.tolist(), strict=True))


@pytest.mark.parametrize("change", [jpeg, resized, brighter], ids=["JPEG", "resized", "brighter"])
def test_a_changed_copy_is_found_by_phash_alone(change):
    originals = [picture(number) for number in range(8)]
    found = find_duplicates(source_of([*originals, *map(change, originals)]))
    assert couples(found, "bytes") == couples(found, "pixels") == []
    assert couples(found, "phash") == [(at, at + 8) for at in range(8)]
    assert found.groups.tolist() == [*range(8), *range(8)]
    assert found.to_json()["largest"] == 2


def test_flips_and_strangers_are_not_found():
    originals = [picture(number) for number in range(30)]
    found = find_duplicates(source_of([*originals, *(np.ascontiguousarray(p[:, ::-1]) for p in originals)]))
    assert not len(found.sizes)
    assert found.lines()[0] == "0 of 60 images show the same as another"


def test_exact_copies_are_found_on_every_level_by_their_first_image():
    frames = [picture(0), picture(1), picture(0), picture(0)]
    source = source_of(frames)
    source = dataclasses.replace(source, hashes=np.array(["a", "b", "c", "a"], dtype=object))
    found = find_duplicates(source)
    assert couples(found, "bytes") == [(0, 3)]
    assert couples(found, "pixels") == couples(found, "phash") == [(0, 2), (0, 3)]
    assert found.groups.tolist() == [0, 1, 0, 0]
    assert found.pairs(source).column("rule").tolist() == ["pixels", "bytes"]  # each couple under its first level


def test_pixels_confirm_what_phash_proposes():
    """Equal hashes, for pHash sees 8 x 8 frequencies and only their signs; the pixels are not alike."""
    base = picture(0)
    noisy = np.clip(base.astype(int) + rng("noise").normal(0, 60, (64, 64, 1)), 0, 255).astype(np.uint8)
    source = source_of([base, noisy])
    loose = find_duplicates(source, None, Criteria(distance=20, correlation=-1.0))
    assert couples(loose, "phash") == [(0, 1)]
    assert couples(find_duplicates(source, None, Criteria(distance=20)), "phash") == []


def test_nearly_uniform_images_have_no_phash_and_are_counted():
    random = rng("flat")
    # Noise of one grey level decides every bit of these hashes; two of the images are equal all the same.
    frames = [np.full((16, 16, 1), 90, np.uint8) + random.integers(0, 2, (16, 16, 1), np.uint8) for _ in range(4)]
    found = find_duplicates(source_of([*frames, frames[1]]), None, Criteria(distance=64, correlation=-1.0))
    assert found.flat == 5
    assert found.lines()[-1] == "5 nearly uniform images have no pHash"
    assert couples(found, "phash") == [(1, 4)]


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [9, 28, 32, 70])
def test_the_hash_is_that_of_imagehash(size, channels):
    frames = rng("hash", size).integers(0, 256, (5, size, size, channels), dtype=np.uint8)
    got = np.unpackbits(hashes.perceptual_hashes(source_of(list(frames))).codes, axis=1)
    for frame, bits in zip(frames, got, strict=True):
        whole = Image.fromarray(frame[..., 0] if channels == 1 else frame)
        np.testing.assert_array_equal(bits, imagehash.phash(whole).hash.ravel())


def test_the_correlation_is_pearsons():
    left, right = rng("correlation").integers(0, 256, (2, 6, 32, 32), dtype=np.uint8)
    wanted = [np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in zip(left, right, strict=True)]
    # Ours comes from whole numbers, numpy's from rounded means: equal to the last bits.
    np.testing.assert_allclose(hashes.correlations(left, right), wanted, rtol=0, atol=1e-14)
    np.testing.assert_allclose(hashes.correlations(left, 255 - left), -1, rtol=0, atol=1e-14)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 25), st.integers(0, 20), st.integers(1, 40), st.booleans())
def test_close_codes_are_those_of_the_full_table_for_any_block(seed, n, limit, comparisons, once):
    random = rng("codes", seed)
    # Few different bytes, so that equal and near codes are the rule.
    left, right = (random.integers(0, 4, (size, 3), dtype=np.uint8) for size in (n, n if once else 17))
    right = left if once else right
    with mock.patch.object(search, "COMPARISONS", comparisons):
        got = search.close_codes(left, right, limit, once=once)
    table = np.unpackbits(left[:, None] ^ right[None], axis=2).sum(axis=2)
    wanted = [(i, j, table[i, j]) for i, j in np.ndindex(*table.shape) if table[i, j] <= limit and (i < j or not once)]
    assert list(zip(got.left, got.right, got.distance, strict=True)) == wanted


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 25), st.sampled_from([-1.0, 0.9, 0.97, 1.0]), st.sampled_from([1, 3, 8]))
def test_close_features_are_those_of_the_full_table_for_any_width(seed, n, similarity, width):
    values = random_values(n, 3, seed, grid=True).astype(np.float32)
    with mock.patch.object(search, "WIDTH", width):
        got = search.close_features(values, similarity)
    table = cosines(values)
    wanted = [(i, j) for i, j in np.ndindex(n, n) if i < j and table[i, j] >= similarity]
    assert list(zip(got.left, got.right, strict=True)) == wanted
    np.testing.assert_allclose(got.distance, [1 - table[pair] for pair in wanted], rtol=0, atol=1e-9)


@settings(max_examples=8, deadline=None)
@given(st.integers(1, 7), st.integers(1, 100), st.integers(1, 5))
def test_the_answer_does_not_depend_on_blocks(block, comparisons, rows):
    source = source_of([picture(number % 9, 16) for number in range(12)] + [jpeg(picture(3, 16), 90)])
    wanted = find_duplicates(source)
    assert wanted.sizes.tolist() == [2, 2, 2, 2]
    with mock.patch.object(hashes, "BLOCK", block), mock.patch.multiple(search, COMPARISONS=comparisons, BLOCK=rows):
        got = find_duplicates(source)
    assert got.to_json() == wanted.to_json()
    assert {level: couples(got, level) for level in got.found} == {
        level: couples(wanted, level) for level in wanted.found
    }


def test_features_join_groups_through_others():
    # Cosines of 0, 3 and 6 degrees: neighbours at 3 degrees (.9986) are alike, 6 degrees (.9945) are not.
    source = source_of([picture(number, 16) for number in range(5)])
    seen = dataclasses.replace(on_circle(0, 3, 6, 90, 90), ids=source.ids)
    found = find_duplicates(source, seen, Criteria(levels=(), similarity=0.998))
    assert couples(found, "embedding") == [(0, 1), (1, 2), (3, 4)]
    assert found.groups.tolist() == [0, 0, 0, 3, 3]
    np.testing.assert_allclose(found.found["embedding"].distance[0], 1 - np.cos(np.radians(3)), atol=1e-6)


def test_pairs_of_duplicates_are_left_out_and_identity_pairs_stay():
    source = source_of([picture(0), picture(1), jpeg(picture(0)), picture(2)])
    pairs = PairSet.make(source, np.array([0, 0, 0, 2]), np.array([0, 1, 2, 3]), Spec(name="test"))
    found = find_duplicates(source)
    kept = without_duplicates(pairs, source, found)
    assert kept.positions(source).tolist() == [[0, 0], [0, 1], [2, 3]]
    assert kept.origin.parents == (pairs.hash,)
    assert kept.origin.rule.options["distance"] == 6
    with pytest.raises(UserError, match="not those of"):
        without_duplicates(pairs, source, find_duplicates(source.take(np.arange(3))))


def test_the_report_is_a_table_of_couples(tmp_path):
    source = source_of([picture(0), picture(0), jpeg(picture(0))])
    found = find_duplicates(source)
    found.save(tmp_path / "duplicates.parquet")
    table = pq.read_table(tmp_path / "duplicates.parquet")
    assert [tuple(row.values())[:3] for row in table.to_pylist()] == [
        ("images/0", "images/1", "pixels"), ("images/0", "images/1", "phash"), ("images/0", "images/2", "phash"),
    ]  # fmt: skip
    assert table.column("distance").to_pylist()[:2] == [0.0, 0.0]
    meta = json.loads(table.schema.metadata[b"sempairs.duplicates"])
    assert meta["couples"] == {"bytes": 0, "pixels": 1, "phash": 2}
    assert meta["settings"] == Criteria().settings(None)


def test_leaks_cross_frame_sizes_and_channels():
    shown = source_of([picture(number) for number in range(6)], "train")
    grey = [np.asarray(Image.fromarray(picture(number)).convert("L").resize((48, 48))) for number in (4, 100, 2, 101)]
    evaluation = source_of([frame[..., None] for frame in grey], "test")
    found = find_leaks(shown, evaluation)
    assert couples(found, "bytes") == couples(found, "pixels") == []
    assert couples(found, "phash") == [(4, 0), (2, 2)]
    assert found.leaked.tolist() == [0, 2]
    assert found.to_json()["share"] == 0.5
    assert found.lines()[0] == "leak: 2 of 4 evaluation images (50.00%) also stand among the 6 images shown"
    assert "'test/0' is 'train/4'" in "\n".join(found.lines())


def test_the_same_files_leak_by_bytes_whatever_size_they_are_decoded_to():
    shown = source_of([picture(number, 24) for number in range(4)])
    evaluation = dataclasses.replace(source_of([picture(n, 40) for n in (3, 9)]), hashes=shown.hashes[[3, 0]])
    found = find_leaks(shown, evaluation, None, Criteria(levels=("bytes", "pixels")))
    assert couples(found, "bytes") == [(3, 0), (0, 1)]
    assert couples(found, "pixels") == []


def test_a_leak_names_the_nearest_image_shown():
    shown = source_of([jpeg(picture(0), 50), picture(0), picture(0), picture(5)], "train")  # the first is 2 bits away
    found = find_leaks(shown, source_of([jpeg(picture(0), 95), picture(0)], "test"))
    assert couples(found, "pixels") == [(1, 1)]
    assert couples(found, "phash") == [(1, 0), (1, 1)]
    evaluation = source_of([picture(7), picture(8)], "test")
    seen = dataclasses.replace(on_circle(0, 10, 11, 90), ids=shown.ids)
    asked = dataclasses.replace(on_circle(10.4, 45), ids=evaluation.ids)
    found = find_leaks(shown, evaluation, (seen, asked), Criteria(levels=()))
    assert couples(found, "embedding") == [(1, 0)]  # .4 degrees away, where image 2 is .6


def test_only_the_images_of_the_pairs_can_leak():
    source = made_source(20)
    pairs = identity(source.take(np.arange(5)))
    clean = find_leaks(images_of(pairs, source), source.take(np.arange(5, 20)), None, Criteria(levels=("bytes",)))
    assert clean.lines()[0] == "no leak found: none of 15 evaluation images stands among the 5 images shown"
    whole = find_leaks(images_of(pairs, source), source, None, Criteria(levels=("bytes",)))
    assert whole.leaked.tolist() == list(range(5))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"levels": ("pixel",)}, "did you mean 'pixels'"),
        ({"levels": ("embedding",)}, "give features"),
        ({"levels": ("embeding",)}, "valid names: bytes, phash, pixels"),
        ({"distance": 65}, "0 to 64"),
        ({"similarity": 1.5}, "between -1 and 1"),
    ],
)
def test_criteria_that_are_none_are_refused(options, message):
    with pytest.raises(UserError, match=message):
        Criteria(**options)


def test_what_asks_for_nothing_or_takes_everything_is_refused():
    source = source_of([picture(number, 16) for number in range(20)])
    with pytest.raises(UserError, match="no level"):
        find_duplicates(source, None, Criteria(levels=()))
    with mock.patch.object(search, "MOST", 100), pytest.raises(UserError, match="more than 100 couples"):
        find_duplicates(source, None, Criteria(distance=64))
    seen = dataclasses.replace(on_circle(*range(20)), ids=source.ids)
    with mock.patch.object(search, "MOST", 100), pytest.raises(UserError, match=r"similarity of 0\.5"):
        find_duplicates(source, seen, Criteria(levels=(), similarity=0.5))
    with pytest.raises(UserError, match="features are not those"):
        find_duplicates(source, on_circle(*range(20)))


def test_content_hashes_tell_shapes_apart():
    """Equal bytes in another shape are another image."""
    row = np.arange(12, dtype=np.uint8)
    assert content_hashes(row.reshape(1, 2, 6, 1))[0] != content_hashes(row.reshape(1, 6, 2, 1))[0]
