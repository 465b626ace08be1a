"""Frames in several arrays, read as if they were one."""

import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from made_files import photo
from sempairs.sources.lazy import MappedFrames

WHOLE = photo(height=9 * 4, width=5).reshape(9, 4, 5, 3)
JOINED = MappedFrames([WHOLE[:3], WHOLE[3:3], WHOLE[3:8], WHOLE[8:]])


@given(st.lists(st.integers(-9, 8)))
def test_positions_are_those_of_one_array(indices: list[int]) -> None:
    wanted = np.array(indices, dtype=np.int64)
    np.testing.assert_array_equal(JOINED[wanted], WHOLE[wanted])


@given(st.slices(9))
def test_slices_are_those_of_one_array(part: slice) -> None:
    np.testing.assert_array_equal(JOINED[part], WHOLE[part])


def test_it_reads_as_an_array_does() -> None:
    assert (JOINED.shape, JOINED.dtype, JOINED.ndim, len(JOINED)) == (WHOLE.shape, WHOLE.dtype, WHOLE.ndim, 9)
    np.testing.assert_array_equal(JOINED[5], WHOLE[5])
    np.testing.assert_array_equal(JOINED[np.array([[8, 0], [3, 3]])], WHOLE[[[8, 0], [3, 3]]])
    np.testing.assert_array_equal(np.asarray(JOINED), WHOLE)
    np.testing.assert_array_equal(list(JOINED), WHOLE)


@pytest.mark.parametrize("index", [9, -10, np.array([0, 9])])
def test_beyond_the_end_is_an_index_error(index: object) -> None:
    with pytest.raises(IndexError, match="of 9 images"):
        JOINED[index]


def test_a_spawned_worker_maps_the_files_again(tmp_path: Path) -> None:
    large = photo(height=200 * 16, width=17).reshape(200, 16, 17, 3)  # 163,200 bytes; an image is no part of a page
    for number, part in enumerate((large[:100], large[100:])):
        np.save(tmp_path / f"{number}.npy", part)
    joined = MappedFrames([np.load(tmp_path / f"{number}.npy", mmap_mode="r") for number in (0, 1)])
    sent = pickle.dumps(joined)
    assert len(sent) < 2000  # two names, types and shapes
    back = pickle.loads(sent)  # noqa: S301
    assert all(isinstance(part, np.memmap) for part in back.parts)
    mixed = np.random.default_rng(0).permutation(200)
    np.testing.assert_array_equal(back[mixed], large[mixed])
