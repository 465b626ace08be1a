"""The pairs of each run of a study: made when they are first asked for, kept, and read from then on."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from sempairs import __version__
from sempairs.core.errors import UserError
from sempairs.core.files import hash_of
from sempairs.core.runs import Run
from sempairs.core.settings import build, resolve
from sempairs.encoders import ENCODERS
from sempairs.encoders.files import load_encoder
from sempairs.encoders.mining import mine_features, seen_through
from sempairs.encoders.opening import open_encoder
from sempairs.pairs import RULES
from sempairs.pairs.arm_parts import base_of, beyond_class, beyond_identity, mix, with_false_neighbours
from sempairs.pairs.given import firsts_of, matched_to
from sempairs.pairs.mining import MINERS
from sempairs.pairs.operations import one_each
from sempairs.pairs.pairset import PairSet
from sempairs.study.cells import Cell
from sempairs.study.curation import curated
from sempairs.study.images import open_images
from sempairs.study.matrix import Study

RunOf = Callable[[Cell], Run]


class PairMaker:
    """Makes the pair set of each cell of a study, as a file of `folder` named by all that decides it.

    Parameters
    ----------
    run_of: gives the finished run of a cell, for arms that look through an encoder of the study.
    """

    def __init__(self, study: Study, folder: Path, run_of: RunOf) -> None:
        pool = study.file.pool
        self.study, self._folder, self._run_of = study, folder, run_of
        self.pool = open_images(pool)
        if pool.pairs is not None and pool.pairs > len(self.pool):
            todo = "set pool.pairs below pool.images"
            raise UserError("the pool has fewer images than pairs", got=f"{len(self.pool)} images", todo=todo)
        # Files are read first of all, so that a missing one is missed before hours of training.
        self._given = {arm.file: _load(arm.file) for arm in study.file.arms.values() if arm.file is not None}
        like = None if pool.like is None else _load(pool.like)
        self.base = base_of(self.pool, pool.pairs, pool.seed) if like is None else firsts_of(like, self.pool)
        self._made: dict[str, PairSet] = {}

    def pairs(self, cell: Cell) -> PairSet:
        """The pairs that this cell trains on."""
        name = f"{self.study.file.arms[cell.arm].of}-{hash_of(self._recipe(cell))}"
        if name not in self._made:
            path = self._folder / f"{name}.parquet"
            if not path.is_file():
                self._make(cell).save(path)
            self._made[name] = PairSet.load(path)
        return self._made[name]

    def _recipe(self, cell: Cell) -> dict[str, Any]:
        """All that decides the pairs; arms that draw nothing at random are the same for all seeds."""
        arm = self.study.file.arms[cell.arm]
        recipe = arm.model_dump(mode="json", exclude={"about", "control", "of", "file"})
        if arm.rule is not None:
            recipe["rule"] = self.study.rule(cell.arm, cell.seed).model_dump()
        if arm.beyond is not None or arm.miner is not None or arm.share < 1 or arm.noise != (0.0,):
            recipe["seed"] = cell.seed
        if arm.file is not None:
            recipe |= {"file": self._given[arm.file].hash, "seed": cell.seed}
        if arm.through is not None:
            recipe["through"] = self._run_of(self._teacher(cell)).name
        return {"recipe": recipe, "pool": self.pool.fingerprint, "base": self.base.fingerprint, "by": __version__}

    def _make(self, cell: Cell) -> PairSet:
        arm = self.study.file.arms[cell.arm]
        if arm.rule is not None:
            pairs: PairSet = build(RULES, self.study.rule(cell.arm, cell.seed), self.base)
        elif arm.beyond == "class":
            pairs = beyond_class(self.pool, self.base, cell.seed)
        elif arm.beyond == "identity":
            pairs = beyond_identity(self.pool, self.base, cell.seed)
        elif arm.file is not None:
            pairs = matched_to(self.base, self._given[arm.file], self.pool, cell.seed)
        else:
            pairs = self._mined(cell)
        if arm.share < 1:
            pairs = mix(pairs, self.pool, arm.share, cell.seed)
        (false,) = arm.noise
        return with_false_neighbours(pairs, self.pool, false, cell.seed) if false else pairs

    def _mined(self, cell: Cell) -> PairSet:
        """What the arm's miner finds among the baseline's images; of several partners of an image, one."""
        arm = self.study.file.arms[cell.arm]
        if arm.through is None:
            encoder = open_encoder(resolve(ENCODERS, arm.features or {}), self.base)
        else:
            encoder = load_encoder(self._run_of(self._teacher(cell)).folder)
        features = seen_through(encoder, self.base)
        pairs = mine_features(features, self.base, resolve(MINERS, arm.miner or {}))
        if arm.curate is not None:
            return curated(self.base, pairs, features, **arm.curate.model_dump(), seed=cell.seed).pairs
        return one_each(pairs, seed=cell.seed)

    def _teacher(self, cell: Cell) -> Cell:
        """The cell whose encoder this one's arm looks through."""
        through = self.study.file.arms[cell.arm].through
        assert through is not None, f"{cell.arm} looks through no arm"
        return Cell(through, cell.seed, cell.condition)

    def facts(self, pairs: PairSet) -> dict[str, Any]:
        """What has to be alike between matched runs, and what may differ; see `records.RunRecord`."""
        positions, labels = pairs.positions(self.pool), self.pool.labels
        firsts = np.sort(self.pool.ids[positions[:, 0]].astype(str))
        counts = () if labels is None else np.bincount(labels[positions[:, 0]], minlength=len(self.pool.label_names))
        return {
            "hash": pairs.hash,
            "pairs": len(pairs),
            "images": len(np.unique(positions)),
            "firsts": hash_of(firsts.tolist()),
            "classes": {name: int(n) for name, n in zip(self.pool.label_names, counts, strict=False) if n},
            "purity": None if labels is None else float((labels[positions[:, 0]] == labels[positions[:, 1]]).mean()),
        }


def _load(file: str) -> PairSet:
    """A pair set that the study names as a file."""
    return PairSet.load(Path(file).expanduser())
