import pytest

from made import made_source
from sempairs.core.progress import quiet
from sempairs.sources import SOURCES
from sempairs.sources.base import Source
from sempairs.study import images


def made(*, n: int = 60, seed: int = 0) -> Source:
    """Images made by the tests."""
    return made_source(n, seed=seed)


@pytest.fixture(autouse=True)
def made_is_a_source(monkeypatch):
    monkeypatch.setitem(SOURCES._members, "made", made)
    images._open.cache_clear()
    with quiet():
        yield


@pytest.fixture
def tables():
    """A study that takes a second: two methods would double it."""
    return {
        "title": "made images",
        "seeds": [0, 1],
        "baseline": "augmented",
        "pool": {"source": {"name": "made"}, "images": 48},
        "arms": {
            "augmented": {"about": "itself", "rule": {"name": "identity"}},
            "semantic": {"about": "its class", "rule": {"name": "class"}},
            "mined": {
                "about": "a neighbour",
                "miner": {"name": "mutual", "k": 5, "rest": "nearest"},
                "features": {"name": "pca", "dim": 4, "side": 12},
            },
            "random": {"about": "any", "rule": {"name": "random"}, "control": True},
        },
        "methods": {"simclr": {"name": "simclr"}},
        "encoder": {"name": "small-resnet", "width": 4},
        "views": {"name": "crop-only"},
        "training": {"passes": 2, "batch_size": 16},
        "evaluate": {
            "same": {
                "title": "made images",
                "train": {"source": {"name": "made"}, "images": 40},
                "with": [{"name": "knn", "k": 3}],
            },
            "other": {
                "title": "other made images",
                "train": {"source": {"name": "made"}},
                "test": {"source": {"name": "made", "seed": 1}},
                "with": [{"name": "knn", "k": 3}, {"name": "fewshot", "ways": 4, "shots": 1, "queries": 5}],
            },
        },
    }
