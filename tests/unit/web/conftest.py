"""A review with its server, in this process."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from made import made_source
from made_review import browser, made_app, made_review, visitor
from sempairs.review.session import Review
from sempairs.web.security import Guard


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a review of sixty pairs of small images in four classes."""
    folder = tmp_path_factory.mktemp("project")
    made_review(folder, made_source()).close()
    return folder / "review.sqlite"


@pytest.fixture
def review(project: Path, tmp_path: Path) -> Iterator[Review]:
    """A copy of the review, before anybody judged."""
    shutil.copy(project, tmp_path)
    opened = Review.open(f"sqlite:///{tmp_path / project.name}")
    yield opened
    opened.close()


@pytest.fixture
def app(review: Review) -> Guard:
    """Its server."""
    return made_app(review, made_source())


@pytest.fixture
def stranger(app: Guard) -> TestClient:
    """A browser that has not entered."""
    return browser(app)


@pytest.fixture
def visit(app: Guard, review: Review) -> Callable[[str], TestClient]:
    """Gives the browser of somebody who has entered."""
    return lambda name: visitor(app, review, name)


@pytest.fixture
def ada(visit: Callable[[str], TestClient]) -> TestClient:
    """The browser of the first person."""
    return visit("Ada")
