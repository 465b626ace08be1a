import dataclasses
import pickle

import numpy as np
import pytest

from made import made_source
from sempairs.interop.images import PairImages
from sempairs.pairs.rules import random_pairs


@pytest.fixture
def mapped(tmp_path):
    """The source of 400 images of 12 x 12 (57,600 bytes), mapped from a file as the cache of frames does it."""
    source = made_source(400)
    np.save(tmp_path / "frames.npy", source.frames)
    return dataclasses.replace(source, frames=np.load(tmp_path / "frames.npy", mmap_mode="r"))


def same_images(one, other):
    assert len(one) == len(other)
    for index in (0, 5, len(one) - 1):
        for side in (0, 1):
            assert one.image(index, side).tobytes() == other.image(index, side).tobytes()
            assert one.label(index, side) == other.label(index, side)
        assert one.name(index) == other.name(index)


def test_a_worker_maps_the_file_again_instead_of_getting_the_images(mapped):
    part = mapped.take(np.arange(100, 110))  # 10 pairs: names and positions take less than 1 kB
    sent = pickle.dumps(PairImages(random_pairs(part), part))
    assert len(sent) < 4096
    back = pickle.loads(sent)  # noqa: S301
    assert isinstance(back._frames, np.memmap)
    same_images(back, PairImages(random_pairs(part), part))


def test_images_in_memory_and_a_part_of_a_map_are_sent_whole(mapped):
    source = made_source(40)
    for frames in (source.frames, mapped.frames[7:47]):
        some = dataclasses.replace(source, frames=frames)
        images = PairImages(random_pairs(some), some)
        same_images(pickle.loads(pickle.dumps(images)), images)  # noqa: S301


def test_an_item_beyond_the_end_ends_an_iteration():
    source = made_source(8)
    with pytest.raises(IndexError):
        PairImages(random_pairs(source), source).image(8, 0)
