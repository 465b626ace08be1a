"""The images of a study: its pool, and what its evaluations learn from and are tested on."""

import functools
import json

import numpy as np

from sempairs.core.errors import UserError
from sempairs.sources.base import Source
from sempairs.sources.opening import open_source
from sempairs.sources.sampling import sample, split
from sempairs.study.tables import Evaluate, Images


@functools.lru_cache(maxsize=8)
def _open(spec: str) -> Source:
    """A study names the same source more than once; it is opened once."""
    return open_source(json.loads(spec))


def open_images(images: Images) -> Source:
    """The images that a table of a study file names."""
    source = _open(json.dumps(images.source, sort_keys=True))
    return source if images.images is None else sample(source, images.images, images.seed)


def train_and_test(evaluate: Evaluate) -> tuple[Source, Source]:
    """What an evaluation learns from and what it is tested on; they share no image.

    Raises
    ------
    UserError: an image of the test is among those to learn from, by its content.
    """
    if evaluate.test is not None:
        train, test = open_images(evaluate.train), open_images(evaluate.test)
    else:
        whole = _open(json.dumps(evaluate.train.source, sort_keys=True))
        train, test = split(whole, evaluate.train.images or len(whole), evaluate.train.seed)
    if len(test) == 0:
        raise UserError(
            f"nothing is left to test on in {train.name}",
            got=f"all {len(train)} images are there to learn from",
            todo="set train.images, or name the test images",
        )
    shared = np.isin(test.hashes.astype(str), train.hashes.astype(str))
    if shared.any():
        raise UserError(
            f"{int(shared.sum())} images to be tested on are among those to learn from",
            got=f"{test.ids[shared][0]!r} of {test.name}, by its content",
            todo="test on other images",
        )
    test.need_labels("an evaluation")
    train.need_labels("an evaluation")
    if test.label_names != train.label_names:
        raise UserError(
            "the images to learn from and to be tested on have other classes",
            got=f"{', '.join(train.label_names)} and {', '.join(test.label_names)}",
            todo="use the same classes in both",
        )
    return train, test
