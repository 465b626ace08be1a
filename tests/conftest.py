"""Fixtures for all tests."""

import os
from collections.abc import Iterator

# One thread for each test process, set before torch is loaded: pytest-xdist gives each core a process of its own, and
# threads that wait for a core spin.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest

from sempairs.sources.base import Source
from sempairs.sources.opening import open_source

USERS_CACHE = os.environ.get("SEMPAIRS_CACHE")


@pytest.fixture(scope="session", autouse=True)
def tests_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A cache of the tests' own: they neither read nor fill the user's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEMPAIRS_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def garments(tests_cache: None) -> Source:
    """The 60,000 training images of Fashion-MNIST; a download goes to the user's cache, so that it is made once."""
    with pytest.MonkeyPatch.context() as patch:
        if USERS_CACHE is None:
            patch.delenv("SEMPAIRS_CACHE")
        else:
            patch.setenv("SEMPAIRS_CACHE", USERS_CACHE)
        return open_source("fashion-mnist")
