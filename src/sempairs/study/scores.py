"""Scores as files: beside each run what its encoder scored, and one JSON line for each score of a study."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sempairs.core.errors import UserError
from sempairs.core.files import hash_of, write_text
from sempairs.core.runs import Run
from sempairs.core.settings import Spec
from sempairs.evaluation.base import Score
from sempairs.evaluation.files import load_scores, save_scores, score_json
from sempairs.sources.base import Source


@dataclass(frozen=True)
class Result:
    """One score of one encoder of a study.

    Parameters
    ----------
    arm, method, seed: which training made the encoder.
    data: what it was tested on, by the name in the study file.
    run: hash of the run.
    file: in the folder of the run, the file with this score, its outcomes and its pictures beside it.
    """

    arm: str
    method: str
    seed: int
    data: str
    run: str
    score: Score
    file: str = ""

    def to_json(self) -> dict[str, Any]:
        """As plain values, without the outcomes of single items."""
        place = {"arm": self.arm, "method": self.method, "seed": self.seed, "data": self.data, "run": self.run}
        place |= {"file": self.file}
        return {**place, **score_json(self.score)}


def write_results(path: Path, results: Iterable[Result]) -> None:
    """One JSON line for each result."""
    lines = (json.dumps(result.to_json(), sort_keys=True, allow_nan=False) for result in results)
    write_text(path, "".join(line + "\n" for line in lines))


def read_results(path: Path) -> list[dict[str, Any]]:
    """The lines that `write_results` wrote. Raises UserError if the file is missing."""
    if not path.is_file():
        raise UserError(f"there are no results in {path.parent}", todo="run the study first: sempairs study run")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


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
