import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from made import made_source
from sempairs.core.progress import quiet
from sempairs.sources import SOURCES
from sempairs.sources.base import Source
from sempairs.study import images
from sempairs.study.matrix import Study
from sempairs.study.runner import run_study


def made(*, n: int = 60, seed: int = 0) -> Source:
    """Images made by the tests."""
    return made_source(n, seed=seed)


@pytest.fixture(scope="session", autouse=True)
def made_is_a_source() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(SOURCES._members, "made", made)
        yield
        images._open.cache_clear()


@pytest.fixture(autouse=True)
def no_progress() -> Iterator[None]:
    with quiet():
        yield


def made_tables() -> dict:
    """A study that takes two seconds: another method would double it."""
    return {
        "title": "made images",
        "about": "do pairs of made images help?",
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
        "encoders": {"small": {"name": "small-resnet", "width": 4}},
        "views": {"crops": {"name": "crop-only"}},
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


@pytest.fixture
def tables() -> dict:
    return made_tables()


@pytest.fixture
def two_arms(tables: dict) -> dict:
    """The same with two arms and one evaluation: four runs of a moment."""
    tables["arms"] = {name: tables["arms"][name] for name in ("augmented", "semantic")}
    del tables["evaluate"]["other"]
    return tables


@pytest.fixture(scope="session")
def whole(made_is_a_source: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a study that is finished; to be read alone."""
    folder = tmp_path_factory.mktemp("whole")
    with quiet():
        run_study(Study.check(made_tables()), folder)
    return folder


@pytest.fixture(scope="session")
def found():
    """What a study found, by its folder: everything but how long its runs took."""

    def found(folder: Path) -> dict:
        names = ("study.json", "metrics.jsonl", "results.jsonl", "items.jsonl", "audits.json")
        lines = [json.loads(line) for line in (folder / "runs.jsonl").read_text().splitlines()]
        for line in lines:
            del line["seconds"], line["result"]["seconds"]
        return {**{name: (folder / name).read_bytes() for name in names}, "runs.jsonl": lines}

    return found
