"""Let a program of your own judge pairs, and see what its verdicts certify.

    python examples/judging_program.py photos

The program here accepts two photos of about the same mean colour. Yours may ask another model, or another tool. Its
votes are declared as simulated: whoever publishes the result says so.
"""

import sys
import tempfile
import uuid
from pathlib import Path

import numpy as np

from sempairs.core.settings import Spec
from sempairs.encoders.mining import find_features, mine_features
from sempairs.review.base import Decision, Kind, Verdict
from sempairs.review.session import Review
from sempairs.review.settings import ReviewSettings
from sempairs.sources.opening import guess_spec, open_source

images = open_source(guess_spec(sys.argv[1]))
features = find_features("pca", {"dim": 8}, images)
pairs = mine_features(features, images, Spec(name="nearest"))

colours = {id: images.images(np.array([at])).mean(axis=(0, 1, 2)) for at, id in enumerate(images.ids)}


def judge(a: str, b: str) -> Verdict:
    return Verdict.accept if np.abs(colours[a] - colours[b]).max() < 20 else Verdict.reject


with tempfile.TemporaryDirectory() as folder:
    settings = ReviewSettings(wanted=0.9, random=0.5)
    url = f"sqlite:///{Path(folder) / 'review.sqlite'}"
    review = Review.create(url, pairs, images, name="by colour", settings=settings, features=features)
    program = review.store.add_person("mean colour", simulated=True)
    while not review.certificate().certified and (tasks := review.lease(program, 25)):
        candidates = review.candidates
        said = [
            Decision(uuid.uuid4().hex, task.id, Kind.verdict, judge(candidates.a[task.pair], candidates.b[task.pair]))
            for task in tasks
        ]
        review.record(program, said)
        review.refresh()
    print("\n".join(review.certificate().sentences))
    print(f"{len(review.result()):,} of {len(pairs):,} pairs may be published")
    review.close()
