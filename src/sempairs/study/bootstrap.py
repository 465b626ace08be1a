"""Bootstrapping: train on augmented pairs, mine through what was trained, train on what was mined, and so on.

FOLDER
  bootstrap.json            what is done: all that decides pairs and weights
  round-01/pairs.parquet    what round 1 mined; one folder for each round
  runs/HASH/                one folder for each training
  rounds.jsonl              one line for each round, and one for the control
"""

import contextlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from jaxtyping import Int64
from scipy import stats

from sempairs.core.errors import UserError
from sempairs.core.files import read_json, write_json, write_text
from sempairs.core.runs import Run, RunStore
from sempairs.core.settings import Spec
from sempairs.encoders.files import load_encoder
from sempairs.encoders.mining import mine_through
from sempairs.encoders.opening import open_encoder
from sempairs.evaluation.base import Score
from sempairs.evaluation.files import score_json
from sempairs.evaluation.suite import run_evaluations
from sempairs.pairs.audit import audit
from sempairs.pairs.pairset import PairSet
from sempairs.pairs.rules import identity
from sempairs.sources.base import Source
from sempairs.study.scores import Scores
from sempairs.training.loop import train
from sempairs.training.settings import TrainSettings


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a bootstrap does.

    Parameters
    ----------
    rounds: how often to mine; before them, round 0 trains on augmented pairs.
    miner: the mining rule of every round. One with an absolute similarity threshold seldom suits all of them, since
        each encoder has its own scale.
    training: the same for every round. `passes` count over the images, not over the pairs of a round, so that each
        round takes the same steps however many pairs it has.
    start: each round trains from fresh weights, or goes on from the encoder of the round before.
    features: an encoder, such as `pca`, that round 1 mines through in place of round 0's; None for round 0's.
    control: whether to train on augmented pairs for as many steps as all rounds take together. Without it, more
        rounds may look better for no other reason than that they are more training.
    """

    rounds: int
    miner: Spec
    training: TrainSettings
    start: Literal["fresh", "previous"] = "fresh"
    features: Spec | None = None
    control: bool = True

    def __post_init__(self) -> None:
        if self.rounds < 1:
            raise UserError("a bootstrap needs at least one round of mining", got=self.rounds, todo="set 1 or more")

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        plain = {"rounds": self.rounds, "start": self.start, "control": self.control}
        specs = {"miner": self.miner.model_dump(), "features": self.features and self.features.model_dump()}
        return {**plain, **specs, "training": self.training.to_json()}


@dataclass(frozen=True)
class Exam:
    """How the encoder of each round is scored: by k-NN (`knn` has its options), learning from one part of some images
    and tested on the other. It decides nothing of the rounds."""

    learn: Source
    test: Source
    knn: Spec

    def score(self, run: Run) -> Score:
        """The score of a finished run, read if it is there."""
        kept = Scores(run, [self.knn], self.learn, self.test)
        scores = kept.read()
        if scores is None:
            scores = run_evaluations(load_encoder(run.folder), self.learn, self.test, [self.knn])
            kept.write(scores)
        return scores[0]


@dataclass(frozen=True)
class Round:
    """What one round gave. Labels only count here; they never enter mining.

    Parameters
    ----------
    round: 0 for augmented pairs, then the rounds of mining; or the control.
    run, steps: the training.
    pair_set, pairs, coverage: what it trained on; coverage is the share of the images that are in a pair.
    purity, purity_interval: share of pairs of one class, with its exact 95% interval; None without labels.
    balance: entropy of the classes of the covered images, 1 where all classes are equally common; None without labels.
    kept: share of the pairs that the round before mined too, in either direction; None where none was mined before.
    knn: score of the encoder; None without an exam.
    """

    round: int | Literal["control"]
    run: str
    steps: int
    pair_set: str
    pairs: int
    coverage: float
    purity: float | None
    purity_interval: tuple[float, float] | None
    balance: float | None
    kept: float | None
    knn: Score | None

    def to_json(self) -> dict[str, Any]:
        """As plain values, without the outcomes of single test images."""
        shallow = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {**shallow, "knn": self.knn and score_json(self.knn)}


def bootstrap(
    source: Source,
    plan: Plan,
    folder: Path,
    exam: Exam | None = None,
    each: Callable[[Sequence[Round]], None] | None = None,
) -> list[Round]:
    """Bootstrap pairs of `source` into `folder`; run again, it goes on where it was and ends with the same files.

    They differ from those of a run that was not stopped in nothing but the seconds in result.json (same machine, same
    number of threads).

    Parameters
    ----------
    exam: how to score the encoder of each round. It may differ from call to call: nothing is trained again for it.
    each: called after each round with all rounds so far.

    Returns
    -------
    Rounds 0 to `plan.rounds`, then the control if there is one.

    Raises
    ------
    UserError: the folder holds another bootstrap; anything that mining or training raises, with the round it was in.
    """
    _claim(source, plan, folder)
    done: list[Round] = []
    for number, pairs, before, run in _trained(source, plan, folder):
        done.append(_record(number, source, pairs, before, run, exam))
        write_text(folder / "rounds.jsonl", "".join(json.dumps(line.to_json(), sort_keys=True) + "\n" for line in done))
        if each is not None:
            each(done)
    return done


def _claim(source: Source, plan: Plan, folder: Path) -> None:
    """Write the settings into the folder, or see that they are the ones that are there."""
    path, settings = folder / "bootstrap.json", {**plan.to_json(), "images": source.fingerprint}
    there = read_json(path) if path.exists() else settings
    if there != settings:
        other = [name for name in settings if not isinstance(there, dict) or there.get(name) != settings[name]]
        raise UserError(
            f"{folder} holds another bootstrap",
            got=f"other {', '.join(other)} than in {path.name}",
            todo="use another folder; with a copy of runs/ in it, what was trained is not trained again",
        )
    write_json(path, settings)


def _trained(
    source: Source, plan: Plan, folder: Path
) -> Iterator[tuple[int | Literal["control"], PairSet, PairSet | None, Run]]:
    """Each round once it is trained, then the control: its pairs, the pairs mined the round before, and the run."""
    store, budget = RunStore(folder / "runs"), plan.training.training
    steps = budget.steps or budget.passes * (len(source) // budget.batch_size)
    each_round = replace(plan.training, training=replace(budget, steps=steps))
    all_rounds = replace(plan.training, training=replace(budget, steps=steps * (plan.rounds + 1)))

    augmented = identity(source)
    with _naming("round 0"):
        run = train(augmented, source, each_round, store, f"round 0 of {plan.rounds}, augmented pairs")
    yield 0, augmented, None, run
    before = None
    for number in range(1, plan.rounds + 1):
        with _naming(f"round {number}"):
            fixed = plan.features if number == 1 else None
            pairs = _mined(source, plan, run, fixed, folder / f"round-{number:02}" / "pairs.parquet")
            start = run if plan.start == "previous" else None
            run = train(pairs, source, each_round, store, f"round {number} of {plan.rounds}, mined pairs", start)
        yield number, pairs, before, run
        before = pairs
    if plan.control:
        run = train(augmented, source, all_rounds, store, f"control, {plan.rounds + 1} times as long")
        yield "control", augmented, None, run


def _mined(source: Source, plan: Plan, run: Run, fixed: Spec | None, path: Path) -> PairSet:
    """The pairs found through the encoder `fixed`, or else through that of `run`; read if they are there."""
    if path.exists():
        return PairSet.load(path)
    encoder = load_encoder(run.folder) if fixed is None else open_encoder(fixed, source)
    pairs = mine_through(encoder, source, plan.miner)
    pairs.save(path)
    return pairs


@contextlib.contextmanager
def _naming(stage: str) -> Iterator[None]:
    """Say in which round the user's error lies."""
    try:
        yield
    except UserError as error:
        raise UserError(f"{stage}: {error.problem}", got=error.got, todo=error.todo) from None


def _record(
    number: int | Literal["control"],
    source: Source,
    pairs: PairSet,
    before: PairSet | None,
    run: Run,
    exam: Exam | None,
) -> Round:
    found = audit(pairs, source)
    couples = _couples(pairs, source)
    return Round(
        round=number,
        run=run.name,
        steps=run.result["steps"],
        pair_set=pairs.hash,
        pairs=len(pairs),
        coverage=found.coverage,
        purity=found.purity,
        purity_interval=found.purity_interval,
        balance=_balance(pairs, source),
        kept=None if before is None else float(np.isin(couples, _couples(before, source)).mean()),
        knn=None if exam is None else exam.score(run),
    )


def _couples(pairs: PairSet, source: Source) -> Int64[np.ndarray, " n"]:
    """A number for each pair that does not depend on which of its images is called a."""
    positions = pairs.positions(source)
    numbers: Int64[np.ndarray, " n"] = positions.min(axis=1) * len(source) + positions.max(axis=1)
    return numbers


def _balance(pairs: PairSet, source: Source) -> float | None:
    """Entropy of the classes of the images in these pairs, in units of that of equally common classes."""
    if source.labels is None:
        return None
    covered = source.labels[np.unique(pairs.positions(source))]
    classes = len(np.unique(source.labels))
    return float(stats.entropy(np.bincount(covered), base=classes)) if classes > 1 else 1.0
