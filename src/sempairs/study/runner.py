"""Running a study: what is missing is done, what is done is not done again.

STUDY FOLDER
  study.json         the study as it was resolved
  pairs/             one Parquet file for each arm (and seed, where pairs are drawn at random)
  runs/HASH/         one folder for each training, with the scores of its encoder
  results.jsonl      one line for each score
  audits.json        what each arm's pairs hold
  examples.npz       some pairs of each arm as pictures
  comparison.json    what the numbers support
"""

import contextlib
import itertools
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from sempairs.core.errors import UserError
from sempairs.core.files import read_json, write_json
from sempairs.core.progress import say
from sempairs.core.runs import Run, RunStore
from sempairs.core.settings import build, resolve
from sempairs.encoders import ENCODERS
from sempairs.encoders.files import load_encoder
from sempairs.encoders.mining import mine_through
from sempairs.encoders.opening import open_encoder
from sempairs.evaluation import EVALUATIONS
from sempairs.evaluation.suite import run_evaluations
from sempairs.pairs import RULES
from sempairs.pairs.arms import prove_match
from sempairs.pairs.audit import audit
from sempairs.pairs.mining import MINERS
from sempairs.pairs.pairset import PairSet
from sempairs.sources.base import Source
from sempairs.study.compare import compare
from sempairs.study.examples import save_examples
from sempairs.study.images import open_images, train_and_test
from sempairs.study.matrix import Arm, Cell, Study
from sempairs.study.results import Result, Scores, write_results
from sempairs.training.loop import train


def run_study(study: Study, folder: Path) -> None:
    """Run a study into a folder; run it again and it goes on where it was.

    Raises
    ------
    UserError: the folder holds another study, an arm does not match the others, or anything a run raises.
    """
    _claim(study, folder)
    pool = open_images(study.file.pool)
    arms = build_arms(study, pool, folder / "pairs")
    tests = {data: train_and_test(evaluate) for data, evaluate in study.file.evaluate.items()}
    first = arms[study.file.seeds[0]]
    write_json(folder / "audits.json", {name: audit(pairs, pool).to_json() for name, pairs in first.items()})
    save_examples(folder / "examples.npz", first, pool)

    store = RunStore(folder / "runs")
    results: list[Result] = []
    clock = _Clock(len(study.cells))
    for number, cell in enumerate(study.cells, start=1):
        title = f"run {number} of {len(study.cells)}: {cell}"
        with clock.run(title):
            run = train(arms[cell.seed][cell.arm], pool, study.settings(cell), store, title)
            results += score(study, cell, run, tests)
        write_results(folder / "results.jsonl", results)
    write_json(folder / "comparison.json", compare(results, study).to_json())


def _claim(study: Study, folder: Path) -> None:
    """Write the study into its folder, or see that it is the one that is there."""
    path = folder / "study.json"
    if path.exists() and read_json(path) != study.to_json():
        raise UserError(f"{folder} holds another study", got=read_json(path)["title"], todo="use another folder")
    write_json(path, study.to_json())


def build_arms(study: Study, pool: Source, folder: Path) -> dict[int, dict[str, PairSet]]:
    """The pair sets of all arms for each seed, saved, and proved to be matched.

    An arm that does not draw at random has the same pair set for all seeds, made once.
    """
    made: dict[tuple[str, str], PairSet] = {}
    arms: dict[int, dict[str, PairSet]] = {seed: {} for seed in study.file.seeds}
    for seed, (name, arm) in itertools.product(study.file.seeds, study.file.arms.items()):
        recipe = (name, str(study.rule(name, seed)) if arm.rule is not None else "mined")
        if recipe not in made:
            pairs = made[recipe] = _mined(pool, arm) if arm.rule is None else build(RULES, study.rule(name, seed), pool)
            path = folder / f"{name}-{pairs.hash}.parquet"
            if not path.exists():
                pairs.save(path)
        arms[seed][name] = made[recipe]
    for of_seed in arms.values():
        prove_match(of_seed, pool)
    return arms


def _mined(pool: Source, arm: Arm) -> PairSet:
    """The pairs that the miner of an arm finds in the pool through its encoder."""
    encoder = open_encoder(resolve(ENCODERS, arm.features or {}), pool)
    return mine_through(encoder, pool, resolve(MINERS, arm.miner or {}))


def score(study: Study, cell: Cell, run: Run, tests: Mapping[str, tuple[Source, Source]]) -> list[Result]:
    """The scores of a finished run on everything the study evaluates; those that are there are read.

    Parameters
    ----------
    tests: for each data set the images to learn from and those to be tested on.
    """
    results = []
    for data, evaluate in study.file.evaluate.items():
        train_images, test_images = tests[data]
        specs = [resolve(EVALUATIONS, metric) for metric in evaluate.metrics]
        kept = Scores(run, specs, train_images, test_images)
        scores = kept.read()
        if scores is None:
            scores = run_evaluations(load_encoder(run.folder), train_images, test_images, specs)
            kept.write(scores)
        place = (cell.arm, cell.method, cell.seed, data, run.name)
        results += [Result(*place, score, kept.name) for score in scores]
    return results


class _Clock:
    """Says after each run how long the rest will take, judged by the runs that had work to do."""

    def __init__(self, runs: int) -> None:
        self._left = runs
        self._seconds: list[float] = []

    @contextlib.contextmanager
    def run(self, title: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        seconds = time.monotonic() - began
        self._left -= 1
        if seconds > 1:
            self._seconds.append(seconds)
            left = self._left * sum(self._seconds) / len(self._seconds)
            say(f"{title}: done in {seconds:.0f} s" + (f", about {left / 60:.1f} min left" if self._left else ""))
