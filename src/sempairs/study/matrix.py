"""A study file and the runs it spans: arms x methods x seeds, all under the same conditions.

title = "..."
seeds = [0, 1, 2]
baseline = "augmented"
[pool]                   the images every arm is made from
[arms.NAME]              how the pairs of an arm are made: a rule, or a miner with the features it looks at
[methods.NAME]           a method and its options
[encoder] [views] [training]   the same for every run
[evaluate.NAME]          images to learn from, images to be tested on, and the evaluations
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from sempairs.core.errors import UserError, suggest
from sempairs.core.registry import Registry
from sempairs.core.settings import Spec, resolve, validate
from sempairs.encoders import ENCODERS
from sempairs.evaluation import EVALUATIONS
from sempairs.pairs import RULES
from sempairs.pairs.mining import MINERS
from sempairs.sources import SOURCES
from sempairs.training.settings import TrainSettings

Table = dict[str, Any]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Images(_Closed):
    """Some images of a source: all of them, or a seeded sample with the source's class composition."""

    source: Table
    images: int | None = Field(default=None, ge=1)
    seed: int = 0


class Arm(_Closed):
    """How the pairs of an arm are made.

    Parameters
    ----------
    about: for the report, what a pair of this arm is.
    rule: a pairing rule; or else
    miner: a mining rule, and
    features: the encoder it looks through; one that needs fitting is fitted to the pool.
    control: whether the arm is a negative control, which must not help.
    """

    about: str
    rule: Table | None = None
    miner: Table | None = None
    features: Table | None = None
    control: bool = False


class Evaluate(_Closed):
    """What the encoders are tested on.

    Parameters
    ----------
    title: for the report.
    train: labelled images that an evaluation may learn from.
    test: held-out images; None for those images of `train.source` that `train` did not draw.
    """

    title: str
    train: Images
    test: Images | None = None
    metrics: tuple[Table, ...] = Field(alias="with", min_length=1)


class StudyFile(_Closed):
    """A study as it is written."""

    title: str
    seeds: tuple[int, ...] = Field(min_length=1)
    baseline: str
    pool: Images
    arms: dict[str, Arm] = Field(min_length=2)
    methods: dict[str, Table] = Field(min_length=1)
    encoder: Table
    views: Table
    training: Table
    evaluate: dict[str, Evaluate] = Field(min_length=1)


@dataclass(frozen=True)
class Cell:
    """One training of a study."""

    arm: str
    method: str
    seed: int

    def __str__(self) -> str:
        return f"{self.method} on {self.arm} pairs, seed {self.seed}"


@dataclass(frozen=True)
class Study:
    """A checked study: every name exists, every option is set."""

    file: StudyFile

    @classmethod
    def load(cls, path: Path) -> "Study":
        """Read a study file. Raises UserError if it is missing, not TOML, or names what does not exist."""
        try:
            tables = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise UserError(f"cannot read the study file {path}", got=error.strerror, todo="check the path") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise UserError(f"{path} is not TOML", got=error) from None
        return cls.check(tables, path.name)

    @classmethod
    def check(cls, tables: Table, place: str = "study") -> "Study":
        """A study from its tables, completed with the defaults of every option."""
        file = validate(StudyFile, tables, place)
        if file.baseline not in file.arms:
            raise UserError(
                f"{place}: the baseline {file.baseline!r} is not an arm", todo=suggest(file.baseline, file.arms)
            )
        if len(set(file.seeds)) < len(file.seeds):
            raise UserError(f"{place}: a seed stands twice", got=list(file.seeds), todo="give each seed once")
        study = cls(file)
        for name, arm in file.arms.items():
            study._check_arm(arm, f"{place}: arms.{name}")
        for name, evaluate in file.evaluate.items():
            for metric in evaluate.metrics:
                resolve(EVALUATIONS, metric, f"{place}: evaluate.{name}.with")
        for images in (file.pool, *(e.train for e in file.evaluate.values())):
            resolve(SOURCES, images.source, f"{place}: source")
        for name in file.methods:
            study.settings(Cell(file.baseline, name, file.seeds[0]))
        return study

    @staticmethod
    def _check_arm(arm: Arm, place: str) -> None:
        if (arm.rule is None) == (arm.miner is None) or (arm.miner is None) != (arm.features is None):
            raise UserError(f"{place} needs a rule, or a miner with features", todo='rule = { name = "class" }')
        parts: list[tuple[Registry, Table | None]] = [(RULES, arm.rule), (MINERS, arm.miner), (ENCODERS, arm.features)]
        for registry, table in parts:
            if table is not None:
                resolve(registry, table, place)

    @property
    def cells(self) -> list[Cell]:
        """All trainings, seed by seed, so that a study that is stopped early has whole comparisons."""
        return [Cell(a, m, s) for s in self.file.seeds for m in self.file.methods for a in self.file.arms]

    def settings(self, cell: Cell) -> TrainSettings:
        """The training settings of a cell: its arm does not change them, so arms are matched by construction."""
        return TrainSettings.resolve(
            {
                "method": self.file.methods[cell.method],
                "encoder": self.file.encoder,
                "views": self.file.views,
                "training": {**self.file.training, "seed": cell.seed},
            }
        )

    def rule(self, arm: str, seed: int) -> Spec:
        """The rule of an arm; one that draws at random draws anew for each seed of the study unless its own is set."""
        table = self.file.arms[arm].rule
        assert table is not None, f"the arm {arm} is mined"
        spec = resolve(RULES, table)
        if "seed" in spec.options and "seed" not in table:
            return Spec(name=spec.name, options={**spec.options, "seed": seed})
        return spec

    def to_json(self) -> Table:
        """As plain values, in the form of a study file."""
        return self.file.model_dump(mode="json", by_alias=True)
