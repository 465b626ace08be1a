"""The source of shapes: labels, columns, cache, determinism."""

import hashlib

import numpy as np
import pytest

from sempairs.core.errors import UserError
from sempairs.sources.base import content_hashes
from sempairs.sources.shapes import CONTENT, STYLE, render, shapes
from sempairs.sources.shapes import source as source_module
from sempairs.sources.shapes.renderer import VERSION
from sempairs.sources.shapes.solids import SOLIDS


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SEMPAIRS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_columns_are_the_factors_that_made_the_images():
    made = shapes(n=30, size=32, seed=4, style="causal", strength=0.8)
    assert set(made.columns) == {*CONTENT, *STYLE}
    assert made.label_names == tuple(SOLIDS)
    np.testing.assert_array_equal(made.labels, made.columns["shape"])
    np.testing.assert_array_equal(render(made.columns, 32), made.frames)
    assert made.ids[0] == "shape/000000"
    assert made.hashes.tolist() == content_hashes(np.array(made.frames)).tolist()


def test_a_longer_source_begins_with_the_shorter():
    long, short = shapes(n=40, size=16, seed=2), shapes(n=15, size=16, seed=2)
    np.testing.assert_array_equal(long.frames[:15], short.frames)
    assert long.hashes[:15].tolist() == short.hashes.tolist()
    assert set(shapes(n=15, size=16, seed=3).hashes).isdisjoint(short.hashes)


@pytest.mark.parametrize("style", ["independent", "correlated", "causal"])
def test_the_images_from_a_number_on_are_those_of_the_longer_source(style):
    long, rest = shapes(n=40, size=16, seed=2, style=style), shapes(n=25, size=16, seed=2, style=style, first=15)
    assert rest.ids.tolist() == long.ids[15:].tolist()
    assert rest.hashes.tolist() == long.hashes[15:].tolist()
    for name, column in rest.columns.items():
        np.testing.assert_array_equal(column, long.columns[name][15:])


def test_blocks_and_threads_change_no_byte(monkeypatch):
    factors = dict(shapes(n=50, size=16).columns)
    for pixels, cores in ((16**2, 1), (7 * 16**2, 3), (2**20, 2)):
        monkeypatch.setattr("os.cpu_count", lambda cores=cores: cores)
        images, hashes = zip(*source_module._rendered(factors, 16, pixels), strict=True)
        np.testing.assert_array_equal(np.concatenate(images), render(factors, 16))
        np.testing.assert_array_equal(np.concatenate(hashes), content_hashes(render(factors, 16)))


def test_opening_again_renders_nothing(monkeypatch):
    first = shapes(n=20, size=16)
    monkeypatch.setattr(source_module, "render", None)
    again = shapes(n=20, size=16)
    assert again.fingerprint == first.fingerprint
    np.testing.assert_array_equal(again.frames, first.frames)
    assert isinstance(again.frames, np.memmap)  # and never as a whole in memory
    shapes(n=20, size=16, strength=0.9)  # which an independent style does not look at


@pytest.mark.parametrize("name", ["frames.npy", "record.json"])
@pytest.mark.parametrize("damage", ["flip", "cut", "gone"])
def test_a_damaged_cache_is_rendered_again(cache, name, damage):
    fingerprint = shapes(n=5, size=16).fingerprint
    (path,) = cache.rglob(name)
    data = bytearray(path.read_bytes())
    data[-9] ^= 1
    path.unlink()
    if damage != "gone":
        path.write_bytes(data if damage == "flip" else data[: len(data) // 2])
    assert shapes(n=5, size=16).fingerprint == fingerprint
    assert not list(cache.rglob("*.tmp"))


@pytest.mark.parametrize("options", [{"n": 0}, {"size": 8}, {"size": 1024}, {"strength": 1.1}, {"strength": -0.1}])
def test_options_out_of_range_are_refused(options, cache):
    with pytest.raises(UserError, match=r"shapes|strength"):
        shapes(**options)
    assert not cache.exists()


def test_a_changed_pixel_needs_a_new_version():
    """Made by this code on 2026-11-22. If it differs and the change is meant, raise VERSION and write both here."""
    digest = hashlib.sha256(np.array(shapes(n=64, size=32, style="causal").frames).tobytes()).hexdigest()[:16]
    assert (VERSION, digest) == (2, "82b7ca31ff2e7d07")
