"""A folder published once, which each test gets as a copy."""

import shutil

import pytest

from made_published import ALLOWED, SOURCE, answers, judged
from sempairs.pairs.publish import publish


@pytest.fixture(scope="session")
def original(tmp_path_factory):
    """A folder with votes and images."""
    pairs, annotations = judged()
    out = tmp_path_factory.mktemp("published") / "set"
    publish(pairs, out, answers=answers(), annotations=annotations, source=SOURCE, images=True, allow=ALLOWED)
    return out


@pytest.fixture
def folder(original, tmp_path):
    """A copy of it, to be changed."""
    return shutil.copytree(original, tmp_path / "set")
