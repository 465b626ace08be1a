"""Several evaluations of one encoder on the same features, which are extracted once."""

from collections.abc import Sequence

from sempairs.core.errors import UserError
from sempairs.core.settings import Spec, build
from sempairs.encoders.base import Encoder
from sempairs.evaluation import EVALUATIONS
from sempairs.evaluation.base import Labelled, Score
from sempairs.sources.base import Source


def run_evaluations(encoder: Encoder, train: Source, test: Source, specs: Sequence[Spec]) -> list[Score]:
    """The scores of `encoder` on `test`, for evaluations that may learn from `train`.

    Raises
    ------
    UserError: two scores of one name, a source without labels where they are needed, or what an evaluation cannot do
        with these images.
    """
    sides = Labelled.seen(encoder, train), Labelled.seen(encoder, test)
    scores: dict[str, Score] = {}
    for spec in specs:
        for score in build(EVALUATIONS, spec)(*sides):
            if score.metric in scores:
                raise UserError(f"two evaluations give {score.metric!r}", got=spec, todo="ask for it once")
            scores[score.metric] = score
    return list(scores.values())
