"""What `sempairs review create`, `serve` and `demo` do."""

import dataclasses
import getpass
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sempairs.core.errors import UserError, suggest
from sempairs.core.settings import Spec, build, check
from sempairs.encoders.mining import find_features, mine_features
from sempairs.pairs import RULES
from sempairs.pairs.mining import Features
from sempairs.pairs.operations import merge, sample_pairs, without_leaks
from sempairs.pairs.pairset import PairSet
from sempairs.review.gold import gold_from_labels
from sempairs.review.session import Review
from sempairs.review.settings import ReviewSettings
from sempairs.sources.base import Source
from sempairs.sources.opening import open_source
from sempairs.sources.sampling import sample


@dataclass(frozen=True)
class Project:
    """One of the demo's projects.

    Parameters
    ----------
    images: where the pairs come from.
    evaluation: images that no pair may show, since encoders are tested on them.
    mined: by an encoder; otherwise by class, with some pairs by chance among them.
    """

    images: Spec
    evaluation: Spec
    mined: bool


DEMO = {
    "fashion-mnist": Project(
        Spec(name="fashion-mnist"), Spec(name="fashion-mnist", options={"split": "test"}), mined=True
    ),
    "shapes": Project(
        Spec(name="shapes", options={"n": 1200}), Spec(name="shapes", options={"n": 600, "seed": 1}), mined=False
    ),
}
DEMO_IMAGES, DEMO_GOLD, DEMO_WANTED = 10_000, 60, 0.95
DEMO_FALSE = 0.15
"""Of the pairs by class, so many by chance: among mined ones about as many are false."""


def store_url(store: str) -> str:
    """The address of a store: a file's path becomes `sqlite:///FILE`."""
    return store if "://" in store else f"sqlite:///{store}"


def make(
    store: str,
    pairs: PairSet,
    images: Source,
    *,
    name: str,
    options: dict[str, dict[str, Any]],
    features: str | None,
    gold: PairSet | None,
    gold_by_label: int | None,
) -> Review:
    """A new review from what the command line was given; it remembers where `images` are."""
    if gold is not None and gold_by_label is not None:
        raise UserError("gold questions come from a pair set or from labels, not from both", todo="leave one out")
    settings = ReviewSettings(**check(ReviewSettings, options.get("review", {}), "review"))
    pairs = PairSet(pairs.table, dataclasses.replace(pairs.origin, source=images.spec))
    seen = None if features is None else find_features(features, options.get("features"), images)
    if gold_by_label is not None:
        gold = gold_from_labels(images, gold_by_label, settings.seed, features=seen, apart=pairs)
    return Review.create(store_url(store), pairs, images, name=name, settings=settings, features=seen, gold=gold)


def make_demo(folder: Path, wanted: str) -> dict[str, Path]:
    """The two projects of the demo, made unless they are there; the path of each by its name."""
    if wanted not in DEMO:
        raise UserError(f"the demo has no pairs {wanted!r}", todo=suggest(wanted, DEMO))
    made = {}
    for name, project in DEMO.items():
        path = made[name] = folder / f"{name}.sqlite"
        if path.exists():
            continue
        folder.mkdir(parents=True, exist_ok=True)
        images = open_source(project.images)
        images = sample(images, min(DEMO_IMAGES, len(images)), 0)
        features = find_features("gradients", None, images)
        pairs = without_leaks(_demo_pairs(project, images, features), images, open_source(project.evaluation))
        pairs.save(folder / f"{name}.parquet")
        settings = ReviewSettings(wanted=DEMO_WANTED)
        gold = gold_from_labels(images, DEMO_GOLD, settings.seed, features=features, apart=pairs)
        url = store_url(str(path))
        Review.create(url, pairs, images, name=name, settings=settings, features=features, gold=gold).close()
    return made


def _demo_pairs(project: Project, images: Source, features: Features) -> PairSet:
    if project.mined:
        return mine_features(features, images, Spec(name="nearest"))
    right, any_two = build(RULES, "class", images), build(RULES, "random", images)
    return merge([right, sample_pairs(any_two, round(DEMO_FALSE * len(right)))])


def serve_review(store: str, person: str | None, address: str, port: int, names: list[str], browser: bool) -> None:
    """Serve a review to the person of this name, who is added if new, until Ctrl-C."""
    from sempairs.web.serving import serve

    review = Review.open(store_url(store))
    try:
        person = person or getpass.getuser()
        serve(review, person=person, address=address, port=port, names=names, open_browser=browser)
    finally:
        review.close()
