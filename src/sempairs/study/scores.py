"""The scores of one run on one data set, kept beside the run."""

from sempairs.core.files import hash_of
from sempairs.core.runs import Run
from sempairs.core.settings import Spec
from sempairs.evaluation.base import Score
from sempairs.evaluation.files import load_scores, save_scores
from sempairs.sources.base import Source


class Scores:
    """The scores of one run on one data set, named by everything that decides them.

    In the run's folder `scores-HASH.json` holds the numbers, `scores-HASH.npz` the outcome of each test item and
    `scores-HASH-pictures.npz` what there is to be seen.
    """

    def __init__(self, run: Run, specs: list[Spec], train: Source, test: Source) -> None:
        identity = [[spec.model_dump() for spec in specs], train.fingerprint, test.fingerprint]
        self.name = f"scores-{hash_of(identity)}.json"
        self._stem = (run.folder / self.name).with_suffix("")

    def read(self) -> list[Score] | None:
        """What was written, without pictures, or None."""
        return load_scores(self._stem)

    def write(self, scores: list[Score]) -> None:
        """Keep scores for good."""
        save_scores(self._stem, scores)
