"""What a report is made from: everything a finished study left in its folder, read and checked."""

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from sempairs.core.errors import UserError
from sempairs.core.files import read_json
from sempairs.core.runs import JsonLines, Run
from sempairs.core.settings import validate
from sempairs.evaluation.base import Score
from sempairs.evaluation.files import load_scores
from sempairs.pairs.audit import Audit
from sempairs.study.compare import Comparison
from sempairs.study.examples import Examples, load_examples
from sempairs.study.matrix import StudyFile
from sempairs.study.results import read_results

GO_ON = "run the study again, it goes on where it was: sempairs study run STUDY.toml --out FOLDER"


@dataclass(frozen=True)
class Training:
    """One finished run and the place it has in the study.

    Parameters
    ----------
    run: its hash.
    settings: everything that decided its weights.
    result: optimizer steps, pairs seen, seconds.
    pairs_seen, losses: the training curve, one value for each logged step.
    """

    arm: str
    method: str
    seed: int
    run: str
    settings: dict[str, Any]
    result: dict[str, Any]
    pairs_seen: tuple[int, ...]
    losses: tuple[float, ...]


@dataclass(frozen=True)
class Contents:
    """A finished study.

    Parameters
    ----------
    protocols: for each metric all the ways its scores say that they were measured.
    scores: of the first method and seed, with pictures, by data set and arm; without a data set whose files are gone.
    """

    study: StudyFile
    comparison: Comparison
    audits: dict[str, Audit]
    examples: dict[str, Examples]
    trainings: tuple[Training, ...]
    protocols: dict[str, tuple[str, ...]]
    scores: dict[str, dict[str, list[Score]]]

    @property
    def controls(self) -> frozenset[str]:
        """The negative controls among the arms."""
        return frozenset(name for name, arm in self.study.arms.items() if arm.control)


def read_contents(folder: Path) -> Contents:
    """Read a study's folder.

    Raises
    ------
    UserError: it is not a study's folder, the study is not finished, or a file is damaged.
    """
    if not (folder / "study.json").is_file():
        raise UserError(f"there is no study in {folder}", got="no study.json in it", todo="give a study's folder")
    study = validate(StudyFile, read_json(folder / "study.json"), "study.json")
    for name in ("comparison.json", "audits.json", "examples.npz", "results.jsonl"):
        if not (folder / name).is_file():
            raise UserError(f"the study in {folder} is not finished", got=f"no {name} in it", todo=GO_ON)
    try:
        comparison = Comparison.from_json(read_json(folder / "comparison.json"))
        audits = TypeAdapter(dict[str, Audit]).validate_python(read_json(folder / "audits.json"))
        examples = load_examples(folder / "examples.npz")
        results = read_results(folder / "results.jsonl")
        places = {(line["arm"], line["method"], line["seed"]): line["run"] for line in results}
        protocols: dict[str, dict[str, None]] = {}
        for line in results:
            protocols.setdefault(line["metric"], {})[line["protocol"]] = None
    except UserError:
        raise
    except (ValidationError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        raise UserError(f"a file of the study in {folder} is damaged", got=reason, todo=GO_ON) from None
    expected = {(arm, method, seed) for arm in study.arms for method in study.methods for seed in study.seeds}
    arms = [set(audits), set(examples), {line.arm for line in comparison.lines}]
    if set(places) != expected or any(own != set(study.arms) for own in arms):
        missing = len(expected - set(places))
        raise UserError(f"the study in {folder} is not finished", got=f"{missing} runs without scores", todo=GO_ON)
    trainings = tuple(
        _training(arm, method, seed, Run(folder / "runs" / places[arm, method, seed]))
        for method in study.methods
        for arm in study.arms
        for seed in study.seeds
    )
    ways = {metric: tuple(own) for metric, own in protocols.items()}
    return Contents(study, comparison, audits, examples, trainings, ways, _first_scores(folder, study, results))


def _first_scores(folder: Path, study: StudyFile, results: list[dict[str, Any]]) -> dict[str, dict[str, list[Score]]]:
    """Of one training of each arm what its evaluations kept, with their pictures."""
    one = next(iter(study.methods)), study.seeds[0]
    files = {
        (line["data"], line["arm"]): folder / "runs" / line["run"] / line["file"]
        for line in results
        if (line["method"], line["seed"]) == one and line.get("file")
    }
    found: dict[str, dict[str, list[Score]]] = {}
    for data in study.evaluate:
        own = {arm: load_scores(files[data, arm].with_suffix(""), True) for arm in study.arms if (data, arm) in files}
        if own and all(scores is not None for scores in own.values()):
            found[data] = {arm: scores for arm, scores in own.items() if scores is not None}
    return found


def _training(arm: str, method: str, seed: int, run: Run) -> Training:
    """One run from its folder."""
    settings, log = run.settings, JsonLines(run.folder / "metrics.jsonl").read()
    batch = int(settings["training"]["batch_size"])
    return Training(
        arm=arm,
        method=method,
        seed=seed,
        run=run.name,
        settings=settings,
        result=run.result,
        pairs_seen=tuple(line["step"] * batch for line in log),
        losses=tuple(line["loss"] for line in log),
    )
