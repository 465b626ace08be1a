import pytest
import torch

from made import made_source
from sempairs.pairs.rules import random_pairs


@pytest.fixture(params=[1, 3], ids=["grey", "colour"])
def source(request):
    return made_source(24, channels=request.param)


@pytest.fixture
def pairs(source):
    """Pairs of any two images, so that the classes of the two sides differ."""
    return random_pairs(source)


def rgb(source, pairs, side):
    """What side 0 or 1 of all pairs shows, uint8 `[n, h, w, 3]`, read from the frames without our data sets."""
    frames = torch.from_numpy(source.frames[pairs.positions(source)[:, side]])
    return frames.expand(-1, -1, -1, 3)


@pytest.fixture
def shown(source, pairs):
    return [rgb(source, pairs, side) for side in (0, 1)]


@pytest.fixture
def classes(source, pairs):
    return source.labels[pairs.positions(source)]
