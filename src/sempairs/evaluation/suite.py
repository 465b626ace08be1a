"""Several evaluations of one encoder on the same features, which are extracted once."""

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path

from sempairs import __version__
from sempairs.core.errors import UserError
from sempairs.core.files import hash_of
from sempairs.core.settings import Spec, build, resolve
from sempairs.encoders.base import Encoder
from sempairs.encoders.extract import encoder_id
from sempairs.evaluation import EVALUATIONS
from sempairs.evaluation.base import Labelled, ReadsFiles, Score
from sempairs.evaluation.files import load_scores, save_scores
from sempairs.sources.base import Source


def run_evaluations(encoder: Encoder, train: Source, test: Source, specs: Sequence[Spec]) -> list[Score]:
    """The scores of `encoder` on `test`, for evaluations that may learn from `train`.

    Raises
    ------
    UserError: two scores of one name, a source without labels where they are needed, or what an evaluation cannot do
        with these images.
    """
    scores: dict[str, Score] = {}
    for spec, found in each_evaluation(encoder, train, test, specs):
        if isinstance(found, UserError):
            raise found
        for score in found:
            if score.metric in scores:
                raise UserError(f"two evaluations give {score.metric!r}", got=spec, todo="ask for it once")
            scores[score.metric] = score
    return list(scores.values())


def each_evaluation(
    encoder: Encoder, train: Source, test: Source, specs: Sequence[Spec], keep: Path | None = None
) -> Iterator[tuple[Spec, list[Score] | UserError]]:
    """The scores of each evaluation as it is done, or why it cannot be done with these images.

    Parameters
    ----------
    keep: a folder for the scores: what is in it is read, not computed again. Everything that decides a score is in its
        file's name.
    """
    sides = Labelled.seen(encoder, train), Labelled.seen(encoder, test)
    seen = [__version__, encoder_id(encoder), train.fingerprint, test.fingerprint] if keep is not None else []
    for spec in specs:
        complete = resolve(EVALUATIONS, spec)
        member = build(EVALUATIONS, complete)
        own = member.contents() if isinstance(member, ReadsFiles) else []
        stem = None if keep is None else keep / f"{spec.name}-{hash_of([*seen, *own, complete.model_dump()])}"
        found = None if stem is None else load_scores(stem, pictures=True)
        if found is None:
            try:
                scores = member(*sides)
            except UserError as error:
                yield complete, error
                continue
            found = [dataclasses.replace(score, evaluation=spec.name) for score in scores]
            if stem is not None:
                save_scores(stem, found)
        yield complete, found
