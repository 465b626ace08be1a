"""A small review in a file, and browsers without a window."""

from pathlib import Path

import numpy as np
from starlette.testclient import TestClient

from sempairs.core.seeds import rng
from sempairs.core.settings import Spec
from sempairs.pairs.pairset import PairSet
from sempairs.review.gold import gold_from_labels
from sempairs.review.session import Review
from sempairs.review.settings import ReviewSettings
from sempairs.sources.base import Source
from sempairs.web.app import make_app
from sempairs.web.desk import Desk
from sempairs.web.security import Guard
from sempairs.web.thumbnails import Thumbnails

BASE = "http://127.0.0.1:8321"
HOSTS = ("127.0.0.1:8321", "localhost:8321")


def made_pairs(source: Source, n: int = 60) -> PairSet:
    """Pairs of different images, chosen by chance, with a similarity."""
    random = rng("made pairs", len(source))
    first, second = np.triu_indices(len(source), k=1)
    chosen = random.choice(len(first), n, replace=False)
    return PairSet.make(source, first[chosen], second[chosen], Spec(name="made"), similarity=random.random(n))


def made_review(
    folder: Path, source: Source, *, n: int = 60, name: str = "made", settings: ReviewSettings | None = None
) -> Review:
    """A review of `n` pairs with eight gold questions, in a file of the folder."""
    url, gold = f"sqlite:///{folder / 'review.sqlite'}", gold_from_labels(source, 8)
    pairs = made_pairs(source, n)
    return Review.create(url, pairs, source, name=name, settings=settings or ReviewSettings(), gold=gold)


def browser(app: Guard) -> TestClient:
    """A browser whose requests come from our own pages; nobody has entered with it."""
    headers = {"origin": BASE, "sec-fetch-site": "same-origin"}
    return TestClient(app, BASE, headers=headers, raise_server_exceptions=False, follow_redirects=False)


def made_app(review: Review, source: Source, host: str = "Ada") -> Guard:
    """The server of a review."""
    return make_app(Desk(review, Thumbnails(review.candidates, source), review.person(host)), HOSTS)


def visitor(app: Guard, review: Review, name: str) -> TestClient:
    """The browser of somebody who has entered, perhaps as a new person."""
    client = browser(app)
    token = review.store.make_token(review.person(name))
    assert client.get("/enter", params={"token": token}).status_code == 303
    return client
