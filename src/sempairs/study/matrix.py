"""A study file and the runs it spans: arms x methods x encoders x views x budgets x seeds.

title = "..."
about = "..."            the question, in a sentence
seeds = [0, 1, 2]
baseline = "augmented"
contrasts = [["semantic", "augmented-pool"]]   an arm against another one than the baseline
[pool]                   the images every arm is made from
[arms.NAME]              how the pairs of an arm are made (`tables.Arm`)
[methods.NAME] [encoders.NAME] [views.NAME]    a member of each family and its options
[training]               how long and how fast, for every run; [budgets.NAME] are options that differ from it
[designs.NAME]           which combinations are run (`cells.Design`); without one, all of them
[evaluate.NAME]          images to learn from, images to be tested on, and the evaluations
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pydantic import Field

from sempairs.core.errors import UserError, suggest
from sempairs.core.registry import Registry
from sempairs.core.settings import Spec, resolve, validate
from sempairs.encoders import ENCODERS
from sempairs.evaluation import EVALUATIONS
from sempairs.methods import METHODS
from sempairs.pairs import RULES
from sempairs.pairs.mining import MINERS
from sempairs.sources import SOURCES
from sempairs.study.cells import Cell, Design, cells_of, check_design
from sempairs.study.tables import Arm, Closed, Evaluate, Pool, Table
from sempairs.training.settings import TrainSettings
from sempairs.views import VIEWS


class StudyFile(Closed):
    """A study as it is written; `arms` and `budgets` are completed when it is read."""

    title: str
    about: str = ""
    seeds: tuple[int, ...] = Field(min_length=1)
    baseline: str
    contrasts: tuple[tuple[str, str], ...] = ()
    pool: Pool
    arms: dict[str, Arm] = Field(min_length=2)
    methods: dict[str, Table] = Field(min_length=1)
    encoders: dict[str, Table] = Field(min_length=1)
    views: dict[str, Table] = Field(min_length=1)
    training: Table
    budgets: dict[str, Table] = Field(default={"all": {}}, min_length=1)
    designs: dict[str, Design] = Field(default={"all": Design()}, min_length=1)
    evaluate: dict[str, Evaluate] = Field(min_length=1)

    @property
    def comparisons(self) -> tuple[tuple[str, str], ...]:
        """Each arm and the one it is compared with: the baseline, and then the contrasts."""
        with_baseline = [(arm, self.baseline) for arm in self.arms if arm != self.baseline]
        return tuple(dict.fromkeys([*with_baseline, *self.contrasts]))

    @property
    def levels(self) -> dict[str, tuple[str, ...]]:
        """The names of the levels of each factor of a condition."""
        return {
            "method": tuple(self.methods),
            "encoder": tuple(self.encoders),
            "views": tuple(self.views),
            "budget": tuple(self.budgets),
        }

    def cells_of(self, designs: Mapping[str, Design]) -> list[Cell]:
        """The runs of some designs."""
        return cells_of(designs.values(), self.levels, tuple(self.arms), self.seeds)

    @cached_property
    def cells(self) -> list[Cell]:
        """All runs, seed by seed."""
        return self.cells_of(self.designs)

    def evaluations(self, cell: Cell) -> dict[str, Evaluate]:
        """What the encoder of this run is tested on."""
        return {
            name: evaluate
            for name, evaluate in self.evaluate.items()
            if not evaluate.designs or cell in self._of_designs[evaluate.designs]
        }

    @cached_property
    def _of_designs(self) -> dict[tuple[str, ...], frozenset[Cell]]:
        chosen = {evaluate.designs for evaluate in self.evaluate.values()}
        return {names: frozenset(self.cells_of({name: self.designs[name] for name in names})) for names in chosen}


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
        written = validate(StudyFile, tables, place)
        for name, arm in written.arms.items():
            _check_arm(arm, name, written, f"{place}: arms.{name}")
        file = written.model_copy(update={"arms": _with_noise(written.arms)})
        _check_names(file, place)
        _check_members(file, place)
        study = cls(file)
        for condition in dict.fromkeys(cell.condition for cell in file.cells):
            study.settings(Cell(file.baseline, file.seeds[0], condition))
        return study

    @property
    def cells(self) -> list[Cell]:
        """All trainings, seed by seed."""
        return self.file.cells

    def settings(self, cell: Cell) -> TrainSettings:
        """The training settings of a cell: its arm does not change them, so arms are matched by construction."""
        file, condition = self.file, cell.condition
        budget = {**file.training, **file.budgets[condition.budget], "seed": cell.seed}
        return TrainSettings.resolve(
            {
                "method": file.methods[condition.method],
                "encoder": file.encoders[condition.encoder],
                "views": file.views[condition.views],
                "training": budget,
            }
        )

    def rule(self, arm: str, seed: int) -> Spec:
        """The rule of an arm; one that draws at random draws anew for each seed of the study unless its own is set."""
        table = self.file.arms[arm].rule
        assert table is not None, f"the arm {arm} has no rule"
        spec = resolve(RULES, table)
        if "seed" in spec.options and "seed" not in table:
            return Spec(name=spec.name, options={**spec.options, "seed": seed})
        return spec

    def to_json(self) -> Table:
        """As plain values, in the form of a study file."""
        return self.file.model_dump(mode="json", by_alias=True)


def _with_noise(arms: Mapping[str, Arm]) -> dict[str, Arm]:
    """The arms with one for each share of false neighbours: "semantic", "semantic, 20% false"."""
    expanded: dict[str, Arm] = {}
    for name, arm in arms.items():
        if arm.of is not None:  # the study was expanded before it was written
            expanded[name] = arm
            continue
        for share in arm.noise:
            about = f"{arm.about}; {100 * share:g}% of the partners are of another class" if share else arm.about
            label = f"{name}, {100 * share:g}% false" if share else name
            expanded[label] = arm.model_copy(update={"noise": (share,), "about": about, "of": name})
    return expanded


def _check_arm(arm: Arm, name: str, file: StudyFile, place: str) -> None:
    """See that an arm is made in one way, of members that exist."""
    if sum(way is not None for way in (arm.rule, arm.beyond, arm.miner, arm.file)) != 1:
        raise UserError(f"{place} needs one of rule, beyond, miner and file", todo='rule = { name = "class" }')
    if (arm.miner is None) != (arm.features is None and arm.through is None) or None not in (arm.features, arm.through):
        raise UserError(f"{place}: a miner needs features, or an arm to look through, and nothing else has them")
    if arm.curate is not None and arm.miner is None:
        raise UserError(f"{place}: only what a miner proposes is curated", todo="give a miner, or leave curate")
    if arm.beyond is not None and not file.pool.has_more:
        todo = "set pool.pairs below pool.images"
        raise UserError(f"{place}: the pool has no image that the baseline does not show", todo=todo)
    if not all(0 <= share <= 1 for share in arm.noise):
        raise UserError(f"{place}: a share of false neighbours is between 0 and 1", got=list(arm.noise))
    if len(set(arm.noise)) < len(arm.noise):
        raise UserError(f"{place}: a share stands twice", got=list(arm.noise), todo="give each share once")
    usable = [other for other, its in file.arms.items() if its.through is None and 0.0 in its.noise]
    if arm.through is not None and arm.through not in usable:
        raise UserError(
            f"{place}: cannot look through {arm.through!r}", got="no arm that is made without training",
            todo=suggest(arm.through, usable),
        )  # fmt: skip
    parts: list[tuple[Registry, Table | None]] = [(RULES, arm.rule), (MINERS, arm.miner), (ENCODERS, arm.features)]
    for registry, table in parts:
        if table is not None:
            resolve(registry, table, place)


def _check_members(file: StudyFile, place: str) -> None:
    """See that what the tables name exists, also where no design asks for it."""
    families: list[tuple[str, Registry, dict[str, Table]]] = [
        ("methods", METHODS, file.methods), ("encoders", ENCODERS, file.encoders), ("views", VIEWS, file.views),
    ]  # fmt: skip
    for title, registry, members in families:
        for name, table in members.items():
            resolve(registry, table, f"{place}: {title}.{name}")
    for name, evaluate in file.evaluate.items():
        for metric in evaluate.metrics:
            resolve(EVALUATIONS, metric, f"{place}: evaluate.{name}.with")
        for part, images in (("train", evaluate.train), ("test", evaluate.test)):
            if images is not None:
                resolve(SOURCES, images.source, f"{place}: evaluate.{name}.{part}.source")
    resolve(SOURCES, file.pool.source, f"{place}: pool.source")


def _check_names(file: StudyFile, place: str) -> None:
    """See that what the study names is in it."""
    arms = tuple(file.arms)
    if file.baseline not in arms:
        raise UserError(f"{place}: the baseline {file.baseline!r} is not an arm", todo=suggest(file.baseline, arms))
    for name in (name for pair in file.contrasts for name in pair):
        if name not in arms:
            raise UserError(f"{place}: contrasts: {name!r} is not an arm", todo=suggest(name, arms))
    if None not in (file.pool.pairs, file.pool.like):
        raise UserError(f"{place}: the baseline's images are given by pool.pairs or by pool.like", todo="leave one out")
    if len(set(file.seeds)) < len(file.seeds):
        raise UserError(f"{place}: a seed stands twice", got=list(file.seeds), todo="give each seed once")
    for name, design in file.designs.items():
        check_design(design, file.levels, arms, file.seeds, f"{place}: designs.{name}")
        if design.arms and file.baseline not in design.arms:
            raise UserError(
                f"{place}: designs.{name} lacks the baseline", got=", ".join(design.arms), todo=f"add {file.baseline!r}"
            )
    for name, evaluate in file.evaluate.items():
        for design_name in evaluate.designs:
            if design_name not in file.designs:
                raise UserError(
                    f"{place}: evaluate.{name}.designs: there is no design {design_name!r}",
                    todo=suggest(design_name, file.designs),
                )
