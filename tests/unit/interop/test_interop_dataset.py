import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader
from torchvision.transforms import v2

from made import made_source
from sempairs.core.errors import UserError
from sempairs.interop import PairDataset
from sempairs.pairs.rules import same_class

TO_TENSOR = v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True)])


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB")])
def test_an_item_is_two_images_a_label_and_the_name_of_the_pair(channels, mode):
    source = made_source(20, channels=channels)
    pairs = same_class(source)
    data = PairDataset(pairs, source)
    assert len(data) == 20
    first, second, label, name = data[7]
    a, b = pairs.positions(source)[7]
    assert first.mode == second.mode == mode
    np.testing.assert_array_equal(np.asarray(first).reshape(source.shape), source.frames[a])
    np.testing.assert_array_equal(np.asarray(second).reshape(source.shape), source.frames[b])
    assert (label, name) == (source.labels[a], pairs.column("pair_id")[7])


def test_each_image_has_its_transform():
    source = made_source(20)
    data = PairDataset(same_class(source), source, transform=lambda image: "first", second=lambda image: "second")
    assert data[0][:2] == ("first", "second")
    assert PairDataset(same_class(source), source, transform=lambda image: "same")[0][:2] == ("same", "same")


@pytest.mark.parametrize("workers", [0, 1])
def test_a_data_loader_gives_every_pair_once(workers):
    source = made_source(20)
    pairs = same_class(source)
    # Spawned, as torch will do by default: a fork of a process with threads is deprecated.
    start = "spawn" if workers else None
    data = PairDataset(pairs, source, TO_TENSOR)
    loader = DataLoader(data, batch_size=8, num_workers=workers, multiprocessing_context=start)
    names = []
    for first, second, labels, ids in loader:
        assert first.shape == second.shape == (len(ids), 1, 12, 12)
        assert labels.dtype == torch.int64
        names += ids
    assert names == pairs.column("pair_id").tolist()


def test_images_without_labels_and_images_that_changed():
    source = made_source(20)
    pairs = same_class(source)
    bare = made_source(20)
    object.__setattr__(bare, "labels", None)
    assert PairDataset(pairs, bare)[0][2] == -1
    with pytest.raises(UserError, match="changed since the pairs were made"):
        PairDataset(pairs, made_source(20, seed=1))
