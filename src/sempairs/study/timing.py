"""What a run of a study takes: by the runs that are finished, or by a few steps and an evaluation, then forgotten."""

import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch

from sempairs.core.errors import UserError
from sempairs.core.progress import progress, quiet
from sempairs.core.settings import Spec, build, resolve
from sempairs.encoders import ENCODERS
from sempairs.encoders.base import Encoder
from sempairs.evaluation import EVALUATIONS
from sempairs.evaluation.base import Score
from sempairs.evaluation.files import save_scores
from sempairs.evaluation.suite import each_evaluation
from sempairs.pairs.rules import identity
from sempairs.sources.base import Source
from sempairs.study.cells import Cell, Condition
from sempairs.study.images import train_and_test
from sempairs.study.making import PairMaker
from sempairs.study.matrix import Study
from sempairs.study.records import RunRecord
from sempairs.training import checkpoint, distributed
from sempairs.training.settings import TrainSettings
from sempairs.training.state import TrainState
from sempairs.training.trial import trial

PATIENCE = 30.0  # seconds that are spent on the steps of all trainings of a study, if they can be tried in so few
FEW = 5  # steps
READ = 0.1  # seconds: an evaluation that took fewer was there already, and was read


@dataclass(frozen=True)
class Span:
    """Seconds: the likely number, and between which ones it lay.

    Sums take the ends for ends, so the range of many is wider than chance would have it.
    """

    likely: float = 0.0
    low: float = 0.0
    high: float = 0.0

    @classmethod
    def of(cls, seconds: Iterable[float]) -> "Span":
        """The median and the range of what was measured."""
        ordered = sorted(seconds)
        middle = (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2
        return cls(middle, ordered[0], ordered[-1])

    def __add__(self, other: "Span") -> "Span":
        return Span(self.likely + other.likely, self.low + other.low, self.high + other.high)

    def __mul__(self, factor: int | float) -> "Span":
        return Span(self.likely * factor, self.low * factor, self.high * factor)


@dataclass
class Times:
    """What is known of the time and the disk that runs take.

    Parameters
    ----------
    training: seconds, by condition.
    evaluation, scores: seconds and bytes, by the encoder's name in the study and the data set.
    """

    training: dict[Condition, Span] = field(default_factory=dict)
    evaluation: dict[tuple[str, str], Span] = field(default_factory=dict)
    scores: dict[tuple[str, str], int] = field(default_factory=dict)

    def evaluated(self, study: Study, cell: Cell) -> Span | None:
        """Seconds of all evaluations of a run; None if one of them is not known."""
        own = [self.evaluation.get((cell.condition.encoder, data)) for data in study.file.evaluations(cell)]
        known = [span for span in own if span is not None]
        return sum(known, Span()) if len(known) == len(own) else None

    def whole(self, study: Study, cell: Cell) -> Span | None:
        """Seconds of a run; None if not all is known."""
        training, evaluation = self.training.get(cell.condition), self.evaluated(study, cell)
        return None if training is None or evaluation is None else training + evaluation


def finished_times(done: Mapping[Cell, RunRecord], runs: Path) -> Times:
    """What the finished runs of a study took.

    Parameters
    ----------
    runs: where they are, if they are still there.
    """
    training: dict[Condition, list[float]] = {}
    evaluation: dict[tuple[str, str], list[float]] = {}
    scores: dict[tuple[str, str], int] = {}
    for cell, run in done.items():
        training.setdefault(cell.condition, []).append(float(run.result["seconds"]))
        for data, seconds in run.seconds.items():
            evaluation.setdefault((cell.condition.encoder, data), []).append(seconds)
        files = [path.stat().st_size for path in (runs / run.run).glob("scores-*")]
        if files:  # all data sets together; the same share for each
            scores |= {(cell.condition.encoder, data): sum(files) // len(run.seconds) for data in run.seconds}
    spans = {place: [s for s in own if s > READ] or own for place, own in evaluation.items()}
    return Times(
        {condition: Span.of(own) for condition, own in training.items()},
        {place: Span.of(own) for place, own in spans.items()},
        scores,
    )


def time_runs(study: Study, cells: Iterable[Cell], maker: PairMaker, known: Times) -> None:
    """Add to `known` what is not known of these runs: try steps, and evaluate encoders that learnt nothing.

    Raises
    ------
    UserError: what a run would refuse at once.
    """
    cells = list(cells)
    conditions = [c for c in dict.fromkeys(cell.condition for cell in cells) if c not in known.training]
    pairs, channels = identity(maker.base), maker.pool.shape[2]
    with progress("timing a few steps", len(conditions), "trainings") as advance:
        for condition in conditions:
            settings = study.settings(Cell(study.file.baseline, study.file.seeds[0], condition))
            tried = trial(pairs, maker.pool, settings, patience=PATIENCE / len(conditions))
            known.training[condition] = Span(tried.seconds, tried.fastest, tried.slowest) * tried.steps
            advance()
    asked = {(cell.condition.encoder, data): e for cell in cells for data, e in study.file.evaluations(cell).items()}
    asked = {place: evaluate for place, evaluate in asked.items() if place not in known.evaluation}
    with progress("timing evaluations", len(asked), "data sets") as advance:
        for (name, data), evaluate in asked.items():
            learn, test = train_and_test(evaluate)
            with torch.random.fork_rng():
                encoder = build(ENCODERS, study.file.encoders[name], channels).eval()
            specs = [resolve(EVALUATIONS, metric) for metric in evaluate.metrics]
            with quiet():  # one bar is enough
                seconds, scores = time_evaluations(encoder, learn, test, specs)
            known.evaluation[name, data] = Span(seconds, seconds, seconds)
            with tempfile.TemporaryDirectory() as folder:
                save_scores(Path(folder) / "scores", scores)
                known.scores[name, data] = sum(path.stat().st_size for path in Path(folder).iterdir())
            advance()


def time_evaluations(encoder: Encoder, learn: Source, test: Source, specs: Sequence[Spec]) -> tuple[float, list[Score]]:
    """Seconds of some evaluations of an encoder, and scores as many as theirs.

    One that learns in many steps, as a detector does, takes `FEW` of them and then twice as many: the difference is
    what the others take.
    """
    tried = [(spec, steps) for spec in specs for steps in _tried_steps(spec)]
    asked = [spec if not steps else _with_steps(spec, steps) for spec, steps in tried]
    seconds: dict[int, float] = {}
    scores: list[Score] = []
    before = time.monotonic()
    for (spec, steps), (_, found) in zip(tried, each_evaluation(encoder, learn, test, asked), strict=True):
        now = time.monotonic()
        if isinstance(found, UserError):
            raise found
        if steps == 2 * FEW:
            a_step = max(0.0, now - before - seconds[specs.index(spec)]) / FEW
            seconds[specs.index(spec)] += a_step * (spec.options["steps"] - FEW)
        else:
            seconds[specs.index(spec)] = now - before
            scores += found
        before = time.monotonic()
    return sum(seconds.values()), scores


def _tried_steps(spec: Spec) -> tuple[int, ...]:
    """With how many steps an evaluation is tried; 0 for as many as it has."""
    return (FEW, 2 * FEW) if spec.options.get("steps", 0) > 2 * FEW else (0,)


def _with_steps(spec: Spec, steps: int) -> Spec:
    return Spec(name=spec.name, options={**spec.options, "steps": steps})


@dataclass(frozen=True)
class Size:
    """Bytes of a run.

    Parameters
    ----------
    encoder: kept for good.
    checkpoints: there while it trains, all that are kept at one time.
    """

    encoder: int
    checkpoints: int


def size_of(settings: TrainSettings, channels: int) -> Size:
    """How large the files of a training are, by making its first state; no step is taken."""
    with torch.random.fork_rng():
        state = TrainState.fresh(settings, channels, 1, distributed.own_device())
    learning = sum(p.numel() * p.element_size() for p in state.method.parameters() if p.requires_grad)
    moments = 2 * learning  # Adam's; other optimizers keep fewer
    return Size(_bytes(state.method.encoder), checkpoint.KEEP * (_bytes(state.method) + moments))


def _bytes(module: torch.nn.Module) -> int:
    return sum(tensor.numel() * tensor.element_size() for tensor in module.state_dict().values())
