"""A review of photos with its server in a process of its own, for tests in a browser."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np

from made_files import encoded
from sempairs.core.seeds import rng
from sempairs.core.settings import Spec
from sempairs.pairs.pairset import PairSet
from sempairs.review.session import Review
from sempairs.review.settings import ReviewSettings
from sempairs.sources.opening import open_source

HOSTILE = '<img src=x onerror="document.title=1">'
"""The name of a class: what would happen if it were taken for HTML is seen in the title."""
CLASSES = ("bag", "coat", "shoe", HOSTILE)


def make_project(folder: Path, pairs: int = 900, **settings: object) -> Path:
    """The store of a review of random pairs of 80 photos in four classes, two sizes among them."""
    for number in range(80):
        file = folder / "photos" / CLASSES[number % 4] / f"{number:03d}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        coarse = rng("photo of a site", number).integers(0, 256, (6, 8, 3), dtype=np.uint8)
        file.write_bytes(encoded(np.kron(coarse, np.ones((40, 40 + 10 * (number % 2), 1), dtype=np.uint8))))
    images = open_source(Spec(name="folder", options={"root": str(folder / "photos")}))
    random = rng("pairs of a site")
    every = np.array([(a, b) for a in range(80) for b in range(a + 1, 80)])
    left, right = random.choice(every, pairs, replace=False).T
    found = PairSet.make(images, left, right, Spec(name="made"), similarity=random.random(pairs))
    store = folder / "review.sqlite"
    chosen = ReviewSettings(**{"again": 0.0, "gold": 0.0, **settings})  # type: ignore[arg-type]
    Review.create(f"sqlite:///{store}", found, images, name="Photos", settings=chosen).close()
    return store


class Site:
    """A running server of a review. It is killed hard: whatever it said is saved has to be."""

    def __init__(self, store: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as door:
            self.port = door.getsockname()[1]
        self.store, self.url = store, f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        """Start the server, and wait until it listens."""
        command = [sys.executable, "-m", "sempairs", "review", "serve", "--store", str(self.store), "--as", "Host"]
        self.process = subprocess.Popen(
            [*command, "--no-browser", "--port", str(self.port)], stdout=subprocess.PIPE, text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )  # fmt: skip
        assert self.process.stdout is not None
        assert self.process.stdout.readline(), "the server ended"  # the link: from now on it listens

    def kill(self) -> None:
        """SIGKILL: no handler runs, nothing is flushed."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def review(self) -> Review:
        """The same review, opened beside the server."""
        return Review.open(f"sqlite:///{self.store}")

    def link(self, name: str) -> str:
        """What lets somebody in."""
        review = self.review()
        try:
            known = {person.name: person for person in review.store.people()}
            person = known.get(name) or review.store.add_person(name)
            return f"{self.url}/enter?token={review.store.make_token(person)}"
        finally:
            review.close()

    def events(self, name: str) -> list[dict[str, object]]:
        """What the store holds of somebody, in the order of the chain."""
        review = self.review()
        try:
            number = next(person.number for person in review.store.people() if person.name == name)
            return [event for event in review.store.events() if event["person"] == number]
        finally:
            review.close()
