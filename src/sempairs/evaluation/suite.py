"""Several evaluations of one encoder on the same features, which are extracted once."""

from collections.abc import Sequence

from sempairs.core.settings import Spec, build
from sempairs.encoders.base import Encoder
from sempairs.encoders.extract import extract
from sempairs.evaluation import EVALUATIONS
from sempairs.evaluation.base import Labelled, Score
from sempairs.sources.base import Source


def run_evaluations(encoder: Encoder, train: Source, test: Source, specs: Sequence[Spec]) -> list[Score]:
    """The scores of `encoder` on `test`, for evaluations that may learn from `train`.

    Raises
    ------
    UserError: a source without labels, or what an evaluation cannot do with these images.
    """
    sides = [
        Labelled(extract(encoder, source, cache=None), source.need_labels("an evaluation"), source.name)
        for source in (train, test)
    ]
    return [score for spec in specs for score in build(EVALUATIONS, spec)(*sides)]
