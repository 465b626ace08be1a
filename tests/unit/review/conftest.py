"""The store's tests run twice: on SQLite, and on a real PostgreSQL."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from made_postgres import Cluster
from made_postgres import postgres as postgres  # the fixture
from made_store import made_store
from sempairs.review.store import Store

Make = Callable[..., Store]


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where a new store may be made."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/review.db"
    else:
        cluster: Cluster = request.getfixturevalue("postgres")
        with cluster.database() as made:
            yield made


@pytest.fixture
def make(url: str) -> Iterator[Make]:
    """`make(n=..., votes=..., ...)`: a project, closed when the test ends."""
    with ExitStack() as stack:

        def made(**options: Any) -> Store:
            return stack.enter_context(made_store(url, **options))

        yield made
