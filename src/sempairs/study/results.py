"""Scores as files: beside each run what its encoder scored, and one JSON line for each score of a study."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sempairs.core.errors import UserError
from sempairs.core.files import atomic_write, hash_of, read_json, write_json, write_text
from sempairs.core.runs import Run
from sempairs.core.settings import Spec
from sempairs.evaluation.base import Score
from sempairs.evaluation.pictures import save_pictures
from sempairs.sources.base import Source


@dataclass(frozen=True)
class Result:
    """One score of one encoder of a study.

    Parameters
    ----------
    arm, method, seed: which training made the encoder.
    data: what it was tested on, by the name in the study file.
    run: hash of the run.
    """

    arm: str
    method: str
    seed: int
    data: str
    run: str
    score: Score

    def to_json(self) -> dict[str, Any]:
        """As plain values, without the outcomes of single items."""
        place = {"arm": self.arm, "method": self.method, "seed": self.seed, "data": self.data, "run": self.run}
        return {**place, **score_json(self.score)}


def score_json(score: Score) -> dict[str, Any]:
    """A score as plain values, without its outcomes."""
    return {
        "metric": score.metric,
        "value": score.value,
        "unit": score.unit,
        "n": score.n,
        "over": score.over,
        "interval": list(score.interval),
        "protocol": score.protocol,
        "direction": score.direction,
    }


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

    `scores-HASH.json` holds the numbers, `scores-HASH.npz` the outcome of each test item and `pictures-HASH.npz` what
    there is to be seen; the JSON is written last, so that where it is, all three are whole.
    """

    def __init__(self, run: Run, specs: list[Spec], train: Source, test: Source) -> None:
        identity = [[spec.model_dump() for spec in specs], train.fingerprint, test.fingerprint]
        self._stem = run.folder / f"scores-{hash_of(identity)}"
        self.pictures = run.folder / f"pictures-{hash_of(identity)}.npz"

    def read(self) -> list[Score] | None:
        """What was written, or None."""
        path = self._stem.with_suffix(".json")
        if not path.is_file():
            return None
        with np.load(self._stem.with_suffix(".npz"), allow_pickle=False) as outcomes:
            return [
                Score(**{**line, "interval": tuple(line["interval"])}, outcomes=outcomes[line["metric"]])
                for line in read_json(path)
            ]

    def write(self, scores: list[Score]) -> None:
        """Keep scores for good."""
        with atomic_write(self._stem.with_suffix(".npz")) as file:
            outcomes = {score.metric: score.outcomes for score in scores}
            np.savez_compressed(file, **outcomes)  # type: ignore[arg-type]
        save_pictures(self.pictures, [picture for score in scores for picture in score.pictures])
        write_json(self._stem.with_suffix(".json"), [score_json(score) for score in scores])
